# Postern. BENCH_POSTERN_BIN: the folder with
# posternd, postern and sendmail; default: this tree's release build.
BENCH_POSTERN_BIN=${BENCH_POSTERN_BIN:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../.." && pwd)/build/release/bin}

peer_install() {
  in_root_apt libboost-json1.81.0 libyaml-cpp0.7 libidn12 libidn2-0 libfmt9 libsystemd0 libssl3
  chroot "$ROOT" useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin postern
}
peer_config() { # plain|tls
  # Copied each time, so that a new build is measured without making the root anew.
  install -D "$BENCH_POSTERN_BIN/posternd" "$ROOT/usr/sbin/posternd"
  install -D "$BENCH_POSTERN_BIN/postern" "$ROOT/usr/bin/postern"
  install -D "$BENCH_POSTERN_BIN/sendmail" "$ROOT/usr/sbin/sendmail"
  ln -sf ../sbin/sendmail "$ROOT/usr/bin/mailq"
  mkdir -p "$ROOT/etc/postern" "$ROOT/run/postern" "$ROOT/var/spool/postern"
  cat >"$ROOT/etc/postern/postern.yaml" <<C
hostname: bench.example.org
domain: example.org
listen: { smtp: ["127.0.0.1:$SMTP_PORT"] }
C
  if [[ $1 == tls ]]; then
    cat >>"$ROOT/etc/postern/postern.yaml" <<C
smarthosts:
  - { host: $SMARTHOST, port: $UPS_PORT, tls: implicit, user: $AUTH_USER, password_file: /etc/postern/password }
C
    (umask 077; printf '%s' "$AUTH_PASS" >"$ROOT/etc/postern/password")
  else
    printf 'smarthosts: [{ host: 127.0.0.1, port: %s, tls: none }]\n' "$UP_PORT" >>"$ROOT/etc/postern/postern.yaml"
  fi
  chroot "$ROOT" chown -R postern:postern /var/spool/postern /run/postern /etc/postern
  chmod 700 "$ROOT/var/spool/postern"
}
peer_start() {
  in_pod_bg setpriv --reuid postern --regid postern --clear-groups \
    --inh-caps +net_bind_service --ambient-caps +net_bind_service /usr/sbin/posternd
}
peer_stop() {
  local p
  for p in $(peer_pids); do kill "$p" 2>/dev/null; done
  for _ in $(seq 500); do [[ -z $(peer_pids) ]] && break; sleep 0.02; done
}
peer_flush() { in_pod /usr/sbin/sendmail -q; }
peer_clear() { rm -rf "$ROOT"/var/spool/postern/*; }
peer_count() { find "$ROOT/var/spool/postern/queue" -type f | wc -l; }

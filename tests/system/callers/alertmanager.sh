#!/bin/bash
# Alertmanager, told of an alert as Prometheus does.
set -euo pipefail
cat >/run/alertmanager.yml <<END
global: { smtp_smarthost: "127.0.0.1:$PORT", smtp_from: "Alarm <web@example.org>", smtp_require_tls: false, smtp_hello: web1 }
route: { receiver: mail, group_wait: 0s }
receivers:
  - name: mail
    email_configs: [ { to: "$TO", headers: { Subject: "$SUBJECT" }, send_resolved: false } ]
END
# Of those that run at once each has a port of its own.
port=$((PORT + 10000))
prometheus-alertmanager --config.file=/run/alertmanager.yml --storage.path=/run/alertmanager --cluster.listen-address= \
  --web.listen-address="127.0.0.1:$port" &
until curl -s "http://127.0.0.1:$port/-/ready" >/dev/null; do sleep 0.1; done
curl -sS -H 'Content-Type: application/json' -d '[{"labels":{"alertname":"größer"},"annotations":{"summary":"Grüße"}}]' "http://127.0.0.1:$port/api/v2/alerts"
# Counted when the mail is handed in, not when that begins.
until curl -s "http://127.0.0.1:$port/metrics" | grep -q '^alertmanager_notification_requests_total{integration="email"} [1-9]'; do sleep 0.1; done
kill $!
wait || true

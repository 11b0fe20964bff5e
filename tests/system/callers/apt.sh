#!/bin/bash
# apt.sh PROGRAM: a machine with one package of which there is a newer one, and a program that tells of it by mail.
set -euo pipefail
mkdir /run/repository
cp -a /var/lib/dpkg /run/dpkg
mount --bind /run/dpkg /var/lib/dpkg
# What the package brings is its own as well: the same is called several times at once.
mount -t tmpfs tmpfs /usr/share/doc
mount -t tmpfs tmpfs /var/lib/apt
mount -t tmpfs tmpfs /var/cache/apt
mkdir -p /var/lib/apt/lists/partial /var/cache/apt/archives/partial
package() { # VERSION
  local dir=/run/package-$1
  mkdir -p "$dir/DEBIAN" "$dir/usr/share/doc/geraet"
  printf 'Package: geraet\nVersion: %s\nArchitecture: all\nMaintainer: Jörg Müller <a@example.org>\nDescription: Gerät\n' "$1" >"$dir/DEBIAN/control"
  for version in 2 1; do
    [[ $version -gt $1 ]] || printf 'geraet (%s) stable; urgency=high\n\n  * größere Änderungen\n\n -- Jörg Müller <a@example.org>  Mon, 23 Nov 2026 10:00:0%s +0000\n\n' "$version" "$version"
  done | gzip >"$dir/usr/share/doc/geraet/changelog.gz"
  dpkg-deb -b "$dir" "/run/repository/geraet_$1_all.deb" >/dev/null
}
package 1
package 2
dpkg --force-unsafe-io -i /run/repository/geraet_1_all.deb >/dev/null
rm /run/repository/geraet_1_all.deb
deb=/run/repository/geraet_2_all.deb
(dpkg-deb -f "$deb"; printf 'Filename: ./geraet_2_all.deb\nSize: %s\nSHA256: %s\n' "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)") >/run/repository/Packages
mount -t tmpfs -o mode=755 tmpfs /etc/apt/sources.list.d
echo 'deb [trusted=yes] copy:/run/repository ./' >/run/sources
if [[ -e /etc/apt/sources.list ]]; then mount --bind /run/sources /etc/apt/sources.list; else cp /run/sources /etc/apt/sources.list.d/own.list; fi
case $1 in
  apt-listchanges) apt-listchanges --frontend=mail --email-address="$TO" --which=both "$deb" ;;
  apticron)
    mkdir /run/apticron
    echo "EMAIL=$TO" >/run/apticron/apticron.conf
    mount --bind /run/apticron /etc/apticron
    apticron
    ;;
  cron-apt)
    printf 'MAILTO=%s\nMAILON=always\nRUNSLEEP=0\n' "$TO" >/run/cron-apt
    cron-apt /run/cron-apt
    ;;
esac

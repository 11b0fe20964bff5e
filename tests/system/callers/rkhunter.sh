#!/bin/bash
# rkhunter with the tests of files, on a machine with a hidden file in /dev.
set -euo pipefail
printf 'MAIL-ON-WARNING=%s\nLOGFILE=/run/rkhunter.log\nPKGMGR=NONE\n' "$TO" >/run/rkhunter.local
cat /etc/rkhunter.conf /run/rkhunter.local >/run/rkhunter.conf
hidden=$(mktemp -d /dev/.geraet.XXXX)
trap 'rmdir "$hidden"' EXIT
rkhunter --check --sk --configfile /run/rkhunter.conf --enable filesystem --nocolors >/run/rkhunter.out || true

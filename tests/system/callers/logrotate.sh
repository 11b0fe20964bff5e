#!/bin/bash
# logrotate that mails what it throws away.
set -euo pipefail
mkdir -m 755 /run/rotated
cp "$TEXTS/umlauts" /run/rotated/Log
printf '/run/rotated/Log {\n  mail %s\n  mailfirst\n  rotate 1\n}\n' "$TO" >/run/logrotate.conf
chmod 644 /run/logrotate.conf
logrotate -f -s /run/logrotate.state /run/logrotate.conf

#!/bin/bash
# logcheck over the log of a machine where something odd has happened.
set -euo pipefail
cp -a /etc/logcheck /run/logcheck-conf
echo "$(LC_ALL=C date '+%b %e %H:%M:%S') web1 kernel: Gerät is größer than expected" >/run/odd.log
cp -a /var/lib/logcheck /run/logcheck-state
chmod 644 /run/odd.log
mkdir -p /run/lock/logcheck
chown logcheck /run/lock/logcheck
cd /run/logcheck-state
setpriv --reuid=logcheck --regid=logcheck --init-groups logcheck -c /run/logcheck-conf/logcheck.conf -m "$TO" -l /run/odd.log -S /run/logcheck-state

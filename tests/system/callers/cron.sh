#!/bin/bash
# cron.sh [MAILTO]: a real cron with jobs of its start: to MAILTO, and where that is not said alone, to nobody in particular
# and of a user's own.
set -euo pipefail
read -r short long command <<<"$TO"
cat >/run/crontab <<END
PATH=/usr/bin:/bin
MAILTO=$short
@reboot root cat $TEXTS/umlauts
MAILTO=$long
@reboot root cat $TEXTS/long
MAILTO=$command
@reboot root : Gerät; cat $TEXTS/umlauts
END
mount --bind /run/crontab /etc/crontab
mount -t tmpfs -o mode=755 tmpfs /etc/cron.d
if [[ ${1:-} != MAILTO ]]; then
  echo "@reboot root : to root; cat $TEXTS/umlauts" >/etc/cron.d/root
  echo "@reboot : to alice; cat $TEXTS/umlauts" | crontab -u alice -
fi
cron -f &
sleep 1
while pgrep -P $! >/dev/null; do sleep 0.1; done
kill $!

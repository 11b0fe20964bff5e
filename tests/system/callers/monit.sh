#!/bin/bash
# monit that misses a file, and tells so by SMTP.
set -euo pipefail
cat >/run/monitrc <<END
set daemon 1
set pidfile /run/monit.pid
set idfile /run/monit.id
set statefile /run/monit.state
set logfile /run/monit.log
set mailserver 127.0.0.1 port $PORT
set mail-format {
  from: Gerät <monit@example.org>
  subject: monit alert -- größer
  message: Grüße: \$DESCRIPTION
}
set alert $TO only on { nonexist }
check file geraet with path /run/nothing
END
chmod 600 /run/monitrc
monit -c /run/monitrc -I &
until grep -q "doesn't exist" /run/monit.log 2>/dev/null; do sleep 0.1; done
sleep 2
kill $!
wait || true

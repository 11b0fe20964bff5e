#!/bin/bash
# A real atd with a job of root's and one of alice's.
set -euo pipefail
atd -f &
sleep 0.3
echo "cat $TEXTS/umlauts" | at now
echo "cat $TEXTS/long" | setpriv --reuid=alice --regid=alice --init-groups env LOGNAME=alice USER=alice at now
while [[ -n $(atq) ]] || pgrep -P $! >/dev/null; do sleep 0.1; done
kill $!

#!/bin/bash
# logwatch.sh FORMAT: logwatch by mail, over the log of a machine where somebody has tried to log in.
set -euo pipefail
mkdir /run/log
echo "$(LC_ALL=C date '+%b %e %H:%M:%S') web1 sshd[1]: Failed password for invalid user größer from 192.0.2.1 port 22 ssh2" >/run/log/auth.log
logwatch --output mail --format "$1" --mailto "$TO" --service sshd --range today --logdir /run/log --detail high

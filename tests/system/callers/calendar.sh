#!/bin/bash
# calendar -a: each user's own appointments by mail.
set -euo pipefail
mkdir -m 755 /run/homes
install -d -o alice -g alice /run/homes/alice
mount --bind /run/homes/alice /home/alice
printf '%s\tGerät wird größer\n' "$(LC_ALL=C date '+%b %d')" >/home/alice/calendar
chown alice /home/alice/calendar
calendar -a

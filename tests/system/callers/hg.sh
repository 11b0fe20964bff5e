#!/bin/bash
# Mercurial's patches by mail: sendmail, and SMTP.
set -euo pipefail
mkdir /run/hg
cd /run/hg
export HGENCODING=utf-8 HGRCPATH=
hg init
printf 'größer\n' >a
hg commit -q -A -u 'Jörg Müller <a@example.org>' -m "$SUBJECT"
read -r sendmail smtp <<<"$TO"
send() { # TO CONFIGURATION...
  local to=$1
  shift
  hg email -q --config extensions.patchbomb= -r tip -f 'Jörg Müller <a@example.org>' -t "Gerät <$to>" -c '' --desc /dev/null "$@"
}
send "$sendmail" --config email.method=/usr/sbin/sendmail
send "$smtp" --config email.method=smtp --config smtp.host=127.0.0.1 --config smtp.port="$PORT"

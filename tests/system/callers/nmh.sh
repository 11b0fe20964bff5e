#!/bin/bash
# nmh's send by each of its three ways: sendmail -t, sendmail -bs, and SMTP.
set -euo pipefail
mkdir /run/mh
echo 'Path: /run/mh' >/run/mh/profile
export MH=/run/mh/profile
read -r pipe session smtp <<<"$TO"
draft() { # TO
  printf 'From: Jörg Müller <a@example.org>\nTo: Gerät <%s>\nSubject: %s\n\n' "$1" "$SUBJECT" >/run/mh/draft
  cat "$TEXTS/umlauts" >>/run/mh/draft
}
draft "$pipe"
/usr/bin/mh/send -mts sendmail/pipe /run/mh/draft
draft "$session"
/usr/bin/mh/send -mts sendmail/smtp /run/mh/draft
draft "$smtp"
/usr/bin/mh/send -mts smtp -server 127.0.0.1 -port "$PORT" /run/mh/draft

#!/bin/bash
# mlmmj: a list with two readers, to which somebody writes.
set -euo pipefail
list=/run/geraet
mkdir -p "$list"/{incoming,queue/discarded,archive,text,subconf,unsubconf,bounce,control,moderation,subscribers.d,digesters.d,requeue,nomailsubs.d}
cp /usr/share/mlmmj/text.skel/en/* "$list/text/"
touch "$list/index"
echo geraet@example.org >"$list/control/listaddress"
echo "$PORT" >"$list/control/smtpport"
echo 127.0.0.1 >"$list/control/relayhost"
touch "$list/control/nosubonlypost"
printf '%s\n' $TO >"$list/subscribers.d/g"
(printf 'Return-Path: <a@example.org>\nFrom: Jörg Müller <a@example.org>\nTo: geraet@example.org\nSubject: %s\nMessage-ID: <1@example.org>\nDate: %s\n\n' "$SUBJECT" "$(LC_ALL=C date -R)"; cat "$TEXTS/umlauts") |
  /usr/bin/mlmmj-receive -F -L "$list"

#!/bin/bash
# maildrop that passes mail on, and that answers with mailbot.
set -euo pipefail
read -r forward answer <<<"$TO"
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
mail() { # FROM
  printf 'From: Jörg Müller <%s>\nTo: alice@example.net\nSubject: %s\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <1@example.org>\n\n' "$1" "$SUBJECT"
  cat "$TEXTS/umlauts"
}
echo "to \"!$forward\"" >"$dir"/filter
chmod 600 "$dir"/filter
mail a@example.org | maildrop -f a@example.org "$dir"/filter
echo 'Ich bin im Urlaub' >"$dir"/text
echo "cc \"| mailbot -t $dir/text -c utf-8 -A 'From: alice@example.net' /usr/sbin/sendmail -t -oi\"
to /dev/null" >"$dir"/filter
mail "$answer" | maildrop -f "$answer" "$dir"/filter

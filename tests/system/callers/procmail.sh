#!/bin/bash
# procmail that passes mail on, and that answers with formail.
set -euo pipefail
read -r forward answer <<<"$TO"
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
mail() { # FROM
  printf 'From: Jörg Müller <%s>\nTo: alice\nSubject: %s\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <1@example.org>\n\n' "$1" "$SUBJECT"
  cat "$TEXTS/umlauts"
}
printf 'DEFAULT=/dev/null\n:0\n! %s\n' "$forward" >"$dir"/forward.rc
mail a@example.org | procmail -f a@example.org -m "$dir"/forward.rc
cat >"$dir"/answer.rc <<'END'
DEFAULT=/dev/null
:0
| (formail -r -A "X-Loop: alice@example.net"; echo Ich bin im Urlaub) | /usr/sbin/sendmail -t -oi
END
mail "$answer" | procmail -f "$answer" -m "$dir"/answer.rc

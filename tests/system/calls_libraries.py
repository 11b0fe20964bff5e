"""Libraries of languages, and the programs that people write mail with; see calls.py."""

from calls import HERE, ROOT, SUBJECT, WORDS, Caller, Row, one, script, texts

CALLERS = [
    Caller("aiosmtplib", "python3-aiosmtplib", script("python3", "aiosmtplib_mail.py"),
           [*texts("bytes", "a@example.org", ("umlauts", "long")), *texts("EmailMessage", "a@example.org", ("html",))]),
    Caller("Python sendmail", "python3", script("python3", "sendmail_mail.py"), [
        Row("EmailMessage, sendmail -t -oi", says="..two dots", author="a@example.org", sender=ROOT),
        Row("EmailMessage, a line of 5,000 octets", text="long", author="a@example.org", sender=ROOT),
        Row("logging's SMTPHandler", says="..two dots", author="web@example.org", note="writes >From")]),
    Caller("Net::SMTP and MailTools", "perl", script("perl", "net_smtp.pl"), [
        *texts("Net::SMTP", "a@example.org", ("umlauts", "long")),
        *texts("Mail::Send", "a@example.org", ("umlauts",), sender=ROOT),
        *texts("Mail::Mailer, SMTP", "a@example.org", ("umlauts",), sender=("root@web1.example.net", ROOT))]),
    Caller("Ruby Net::SMTP", "ruby", script("ruby", "net_smtp.rb"), texts("send_message", "a@example.org", ("umlauts", "long"))),
    Caller("Go net/smtp", "golang", "/usr/local/bin/go-net-smtp", texts("SendMail", names=("umlauts", "long"))),
    Caller("PHP mail() in the wild", "php-cli", script("php", "php_forms.php"), [
        *[Row(f"Cc and Bcc, LF in the header: {which}", text="umlauts", author="web@example.org", sender=ROOT)
          for which in ("To", "Cc", "Bcc")],
        Row("a name with umlauts in To", text="umlauts", author="web@example.org", sender=ROOT),
        *[Row(f"two recipients: the {which}", text="umlauts", author="web@example.org", sender=ROOT) for which in ("first", "second")],
        Row("-oi -f", text="umlauts", author="web@example.org", sender="bounces@example.org"),
        Row("CR LF in the text", text="umlauts", author="web@example.org", sender=ROOT),
        Row("a lone dot in the text", says="last line", author="web@example.org", sender=ROOT),
        Row("base64 by hand", text="long", author="web@example.org", own=WORDS, sender=ROOT),
        Row("an attachment by hand", text="umlauts", author="web@example.org", sender=ROOT)]),
    *[Caller(f"PHP mail() {words}", "php-cli", f"php {ini} {HERE}/php_ini.php", one(words, author="web@example.org", **more))
      for words, ini, more in [
          ("sendmail_path: -f", '-d sendmail_path="/usr/sbin/sendmail -t -i -f bounces@example.org"', {"sender": "bounces@example.org"}),
          ("mail.add_x_header", "-d mail.add_x_header=On", {"sender": ROOT}),
          ("mail.mixed_lf_and_crlf", "-d mail.mixed_lf_and_crlf=On", {"sender": ROOT})]],
    Caller("nmh", "nmh", f"{HERE}/nmh.sh", [
        Row(way, text="umlauts", author="a@example.org", sender=ROOT if way == "sendmail -t" else None)
        for way in ("sendmail -t", "sendmail -bs", "SMTP")]),
    Caller("Mercurial", "mercurial", f"{HERE}/hg.sh", [
        Row(f"hg email, {way}", subject="[PATCH] " + SUBJECT, says="größer", author="a@example.org", own=WORDS)
        for way in ("sendmail", "SMTP")]),
    *[Caller(f"git send-email {words}", "git-email", "git -c user.name=A -c user.email=a@example.org send-email --quiet --confirm=never "
             "--suppress-cc=all --8bit-encoding=UTF-8 --from='Jörg Müller <a@example.org>' --to=\"Gerät <${TO%% *}>\" "
             + arguments + " $TEXTS/patch",
             [Row(which, subject="[PATCH] ", says="größer", author="a@example.org", own=WORDS, **more) for which in rows])
      for words, arguments, rows, more in [
          ("by SMTP", "--smtp-server=127.0.0.1 --smtp-server-port=$PORT", ["--smtp-server"], {}),
          ("by a command", "--sendmail-cmd='/usr/lib/sendmail -oi'", ["--sendmail-cmd"], {"sender": ROOT}),
          ("with an envelope", "--envelope-sender=b@example.org --cc=$(cut -d ' ' -f 2 <<<$TO) --bcc=${TO##* }",
           ["--envelope-sender: To", "--envelope-sender: Cc", "--envelope-sender: Bcc"], {"sender": "b@example.org"}),
          ("quoted-printable", "--transfer-encoding=quoted-printable", ["--transfer-encoding=quoted-printable"], {"sender": ROOT})]],
    *[Caller(f"{name} {words}", name, f"{command} <$TEXTS/{text}", one(words, text=text, author=author, **more), user=user)
      for name, command, words, text, user, author, more in [
          ("neomutt", 'neomutt -s "$SUBJECT" -- $TO', "-s", "umlauts", "alice", None, {}),
          ("neomutt", 'neomutt -e "set use_8bitmime=yes" -s "$SUBJECT" -- $TO', "use_8bitmime", "long", "alice", None, {}),
          ("neomutt", 'neomutt -e "set from=\'Jörg Müller <a@example.org>\' use_from=yes use_envelope_from=yes" -s "$SUBJECT" '
           '-a "$TEXTS/Gerät.txt" -- $TO', "use_envelope_from -a", "umlauts", "root", "a@example.org", {}),
          ("swaks", 'swaks --server 127.0.0.1 --port $PORT --pipeline --from a@example.org --to $TO --h-Subject "$SUBJECT" '
           '--attach "$TEXTS/Gerät.txt" --body -', "--pipeline --attach", "umlauts", "root", "a@example.org", {"charset": False}),
      ]],
]

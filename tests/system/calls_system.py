"""What a machine of Debian runs by itself, each with the commands that were called; see calls.py."""

from calls import ALICE, HERE, Caller, Row, one

CALLERS = [
    Caller("rkhunter", "rkhunter", f"{HERE}/rkhunter.sh",
           [Row("MAIL-ON-WARNING", subject="[rkhunter] Warnings found for web1", says="Please inspect this machine")], slow=True),
    Caller("apticron", "apticron", f"{HERE}/apt.sh apticron",
           [Row("a package can be upgraded", subject="1 Debian package update(s) for ", says="geraet 2")]),
    Caller("cron-apt", "cron-apt", f"{HERE}/apt.sh cron-apt",
           [Row("MAILON=always", subject="CRON-APT completed on web1", says="geraet")]),
    Caller("apt-listchanges", "apt-listchanges", f"{HERE}/apt.sh apt-listchanges",
           [Row("--frontend=mail", subject="apt-listchanges: changelogs for ", says="größere Änderungen")]),
    Caller("logcheck", "logcheck", f"{HERE}/logcheck.sh", [
        Row("-m -l", subject="System Events", says="größer", sender="logcheck@example.net", charset=False)]),
    Caller("logrotate", "logrotate", f"{HERE}/logrotate.sh", one("mail, mailfirst", subject="/run/rotated/Log")),
    Caller("monit", "monit", f"{HERE}/monit.sh", [
        Row("a file is missing", subject="monit alert -- größer", says="Grüße", author="monit@example.org")]),
    Caller("rsyslog", "rsyslog", f"{HERE}/rsyslog.sh", [Row("ommail", says="größer", author="web@example.org")]),
    Caller("calendar", "calendar", f"{HERE}/calendar.sh",
           [Row("-a", to="alice@example.net", subject="'s Calendar", says="Gerät wird größer", sender=ALICE)]),
    Caller("mlmmj", "mlmmj", f"{HERE}/mlmmj.sh", [
        Row(f"a list, to its {which} reader", text="umlauts", author="a@example.org",
            sender=f"geraet+bounces-1-mlmmj-{number}=example.com@example.org")
        for number, which in enumerate(("first", "second"), 1)]),
    Caller("procmail", "procmail", f"{HERE}/procmail.sh", [
        Row("! address", text="umlauts", author="a@example.org", sender=ALICE),
        Row("formail -r | sendmail -t", subject="Re: ", says="Ich bin im Urlaub")], user="alice"),
    Caller("maildrop", "maildrop", f"{HERE}/maildrop.sh", [
        Row("to \"!address\"", text="umlauts", author="a@example.org", sender="", note="gives the null reverse-path"),
        Row("mailbot | sendmail -t", subject="Re: ", says="Ich bin im Urlaub")], user="alice"),
    Caller("Alertmanager", "prometheus-alertmanager", f"{HERE}/alertmanager.sh",
           [Row("email_configs, Go's net/smtp", says="größer", author="web@example.org")]),
    Caller("bsmtp", "bacula-common", 'bsmtp -h 127.0.0.1:$PORT -f "Gerät <web@example.org>" -s "$SUBJECT" $TO <$TEXTS/umlauts',
           one("-h -f -s", author="web@example.org", charset=False)),
    Caller("msmtp", "msmtp", "msmtp --host=127.0.0.1 --port=$PORT --from=a@example.org --read-recipients <$TEXTS/raw",
           [Row("--read-recipients", to="raw@example.com", says="größer", author="a@example.org")]),
    Caller("msmtp to a recipient", "msmtp", "(printf 'Subject: %s\\n\\n' \"$SUBJECT\"; cat $TEXTS/umlauts) | "
           "msmtp --host=127.0.0.1 --port=$PORT --from=a@example.org $TO", one("a recipient, no From", author="a@example.org")),
]

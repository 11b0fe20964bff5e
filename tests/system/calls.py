"""The programs that send mail, as Debian has them, each with the commands that were called. What a command gets in its
environment: TO (a recipient for each of its rows that has none of its own), SUBJECT, TEXTS (a directory), PORT and MODULES."""

import collections
import os
import re

SUBJECT = "Prüfung: das Gerät im Keller meldet größere Abweichungen als üblich, bitte heute noch prüfen"

TEXTS = {
    "umlauts": "Grüße vom Gerät.\n..two dots\nFrom here\n\nlast line\n",
    "long": "one line of 5,000 octets\n" + ("größer " * 625)[:-1] + "\nlast line\n",
    "html": "<html><body>" + "<p>Größere Abweichungen als üblich</p>" * 1300 + "</body></html>\n",
    "Gerät.txt": "ein Anhang für alle\n",
    "raw": f"From: Jörg Müller <a@example.org>\nTo: Gerät <raw@example.com>\nSubject: {SUBJECT}\n\nGrüße\n" + "größer " * 700 + "\n",
    "patch": "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\nFrom: Jörg Müller <a@example.org>\n"
             f"Date: Mon, 23 Nov 2026 10:00:00 +0000\nSubject: [PATCH] {SUBJECT}\n\nGrüße\n---\n a | 1 +\n\n" + "+größer " * 700
             + "\n-- \n2.39.5\n",
}

# One mail that must arrive: the words of the table, and what it must be. `to` is the address that the smarthost gets; where it
# is None the command is given one of this row's own. `text` is a name of TEXTS: the body decodes to it; `says` only stands
# somewhere in the body, where the program itself changes the text. `author` is whom an answer must reach; None: a user of this
# machine. `charset` False: the program says a charset that its text is not in, so that only the octets can be compared. `own`:
# what the program itself does that a smarthost may remark. `sender` is the reverse-path that the program gives (or
# several, one of which it must be); None: the author's, or its user's where there is none. `note`: what it does to the mail
# itself. `times`: how many mails it sends.
Row = collections.namedtuple("Row", "words to subject text says author charset own sender note times",
                             defaults=(None, SUBJECT, None, None, None, True, None, None, None, 1))
WORDS = "encoded word too long"
# Of programs that give none.
ROOT, ALICE = "root@example.net", "alice@example.net"


class Caller:
    """`slow`: called by the long tests alone."""

    def __init__(self, name, package, command, rows, user="root", slow=False, **environment):
        self.name, self.package, self.command, self.user, self.environment = name, package, command, user, environment
        self.slow = slow
        local = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
        self.rows = [row._replace(to=row.to or f"{local}-{number}@example.com") for number, row in enumerate(rows, 1)]
        self.given = [row.to for row, asked in zip(self.rows, rows) if not asked.to]


def one(words, **more):
    return [Row(words, **{"text": "umlauts", **more})]


def texts(way, author="web@example.org", names=("umlauts", "long", "html"), **more):
    return [Row(f"{way}, {name}", text=name, author=author, **more) for name in names]


HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "callers")
CRON = "Cron <root@web1> "


def _of_mailutils(user):
    """It completes the user's name itself, by the name of the host."""
    return f"{user}@web1.example.net", f"{user}@example.net"


def script(program, name):
    return f"{program} {HERE}/{name}"


CALLERS = [
    # What takes longest is first.
    Caller("fail2ban", "fail2ban", f"{HERE}/fail2ban.sh", [
        Row(f"action sendmail: {what}", to="fail2ban@example.com", subject=f"[Fail2Ban] Gerät: {what}", says="Gerät",
            sender="fail2ban@example.net")
        for what in ("started", "banned", "stopped")], TO="fail2ban@example.com"),
    *[Caller(f"logwatch {form}", "logwatch", f"{HERE}/logwatch.sh {form}",
             [Row(f"--output mail --format {form}", subject="Logwatch for web1", says="größer: 1 Time")]) for form in ("text", "html")],
    Caller("cron", "cron", f"{HERE}/cron.sh", [
        Row("MAILTO", subject=CRON + "cat", text="umlauts"),
        Row("MAILTO, a line of 5,000 octets", subject=CRON + "cat", text="long"),
        Row("MAILTO, umlauts in the command", subject=CRON + ": Gerät", text="umlauts"),
        Row("to root", to="admin@example.com", subject=CRON + ": to root", text="umlauts"),
        Row("to alice", to="alice@example.net", subject="Cron <alice@web1> : to alice", text="umlauts", sender=ALICE)]),
    Caller("cron without a locale", "cron", f"LC_ALL=C {HERE}/cron.sh MAILTO", [
        Row("LC_ALL=C, MAILTO", subject=CRON + "cat", text="umlauts", charset=False),
        Row("LC_ALL=C, MAILTO, a line of 5,000 octets", subject=CRON + "cat", text="long", charset=False),
        Row("LC_ALL=C, MAILTO, umlauts in the command", subject=CRON + ":", text="umlauts", charset=False)]),
    Caller("at", "at", f"{HERE}/at.sh", [
        Row("a job of root's", to="admin@example.com", subject="Output from your job", text="umlauts"),
        Row("a job of alice's, a line of 5,000 octets", to=ALICE, subject="Output from your job", text="long", sender=ALICE)]),
    Caller("anacron", "anacron", "echo \"1 0 job cat $TEXTS/umlauts\" | sed \"1i MAILTO=$TO\" >/run/tab; mkdir /run/stamps; "
           "anacron -d -f -n -t /run/tab -S /run/stamps", one("MAILTO", subject="Anacron job 'job' on web1")),
    Caller("unattended-upgrades", "unattended-upgrades", script("python3", "unattended.py"), [
        Row(f"by {way}", subject="unattended-upgrades result for", says="größer") for way in ("sendmail", "mail")]),
    Caller("Symfony Mailer", "php-symfony-mailer", script("php", "symfony.php"),
           [row for way in ("sendmail -bs", "sendmail -oi -t", "SMTP") for row in texts(way)]),
    Caller("PHPMailer", "libphp-phpmailer", script("php", "phpmailer.php"),
           [*texts("isMail"), *texts("isSendmail", own=WORDS), *texts("isSMTP", own=WORDS)]),
    Caller("nodemailer", "nodemailer", script("node", "nodemailer.js"),
           [row for way in ("sendmail", "sendmail, newline: windows", "SMTP", "SMTP, pool") for row in texts(way)]),
    Caller("Ruby mail", "ruby-mail", script("ruby", "mail.rb"), [*texts("sendmail", own=WORDS), *texts("SMTP", own=WORDS)]),
    Caller("Django", "python3-django", script("python3", "django_mail.py"),
           [*texts("send_mail", names=("umlauts", "long"), own=WORDS), *texts("EmailMultiAlternatives", names=("html",), own=WORDS),
            Row("mail_admins", subject="[Django] " + SUBJECT, text="umlauts", own=WORDS, sender=("root@localhost", ROOT))]),
    Caller("Python smtplib", "python3", script("python3", "smtplib_mail.py"), [
        *texts("bytes", "a@example.org", ("umlauts", "long")),
        Row("bytes without From, SMTPUTF8 asked for", text="umlauts", author="a@example.org"),
        # Its generator writes ">From".
        *[Row(f"EmailMessage, {policy}", says="..two dots", author="a@example.org") for policy in ("default", "SMTPUTF8")],
        Row("EmailMessage, SMTPUTF8, to a domain with umlauts", to="admin@xn--exmple-cua.com", text="umlauts", author="a@example.org"),
        Row("MIMEText from root", text="long")]),
    Caller("Email::Sender", "libemail-sender-perl", script("perl", "email_sender.pl"),
           [row for way in ("sendmail", "SMTP") for row in texts(way, "a@example.org", ("umlauts", "long"))]),
    Caller("MIME::Lite", "libmime-lite-perl", script("perl", "mime_lite.pl"),
           # It breaks the line at 990 octets itself, in the middle of a letter.
           [*texts("8bit", "a@example.org", ("umlauts",)), Row("8bit, long", says="one line", author="a@example.org"),
            Row("multipart", text="umlauts", author="a@example.org")]),
    Caller("Mail::Sendmail and Mail::Mailer", "libmail-sendmail-perl", script("perl", "mail_sendmail.pl"),
           [Row(f"{way}, {name}", text=name, author="a@example.org", charset=way != "SMTP", sender=None if way == "SMTP" else ROOT)
            for name in ("umlauts", "long") for way in ("SMTP", "sendmail")]),
    Caller("PHP mail()", "php-cli", script("php", "php_mail.php"), [
        Row("subject and text as they are", text="umlauts"), *texts("umlauts in From", names=("long",), sender=ROOT),
        *texts("one line of HTML", names=("html",), sender=ROOT),
        Row("umlauts in every field, -f", text="umlauts", author="joerg@example.org", sender="bounces@example.org")]),
    Caller("git send-email", "git-email", "git -c user.name=A -c user.email=a@example.org send-email --quiet --confirm=never "
           "--suppress-cc=all --8bit-encoding=UTF-8 --from='Jörg Müller <a@example.org>' --to=\"Gerät <$TO>\" $TEXTS/patch",
           [Row("--8bit-encoding=UTF-8", subject="[PATCH] " + SUBJECT, says="größer", author="a@example.org", own=WORDS, sender=ROOT)]),
    Caller("git send-email as it is", "git-email", "git -c user.name=A -c user.email=a@example.org send-email --quiet --confirm=never "
           "--suppress-cc=all --8bit-encoding=UTF-8 --transfer-encoding=8bit --no-validate --from='Jörg Müller <a@example.org>' "
           "--to=\"Gerät <$TO>\" $TEXTS/patch",
           [Row("--transfer-encoding=8bit --no-validate", subject="[PATCH] " + SUBJECT, says="größer", author="a@example.org", own=WORDS,
                sender=ROOT)]),
    *[Caller(f"{name} {words}", package, f"{command} <$TEXTS/{text}",
             one(words, text=text, author=author, sender=_of_mailutils(user) if name == "mailutils" and not author else None), user=user)
      for name, package, command, words, text, user, author in [
          ("bsd-mailx", "bsd-mailx", 'bsd-mailx -s "$SUBJECT" $TO', "-s", "umlauts", "root", None),
          ("bsd-mailx", "bsd-mailx", 'bsd-mailx -s "$SUBJECT" $TO', "-s as alice", "long", "alice", None),
          ("bsd-mailx", "bsd-mailx", 'bsd-mailx -r "Jörg Müller <a@example.org>" -s "$SUBJECT" $TO', "-r -s", "umlauts", "root",
           "a@example.org"),
          ("bsd-mailx", "bsd-mailx", 'bsd-mailx -a "Content-Type: text/html; charset=utf-8" -s "$SUBJECT" $TO', "-a text/html",
           "html", "root", None),
          ("s-nail", "s-nail", 's-nail -s "$SUBJECT" $TO', "-s", "umlauts", "root", None),
          ("s-nail", "s-nail", 's-nail -r "Jörg Müller <a@example.org>" -a "$TEXTS/Gerät.txt" -s "$SUBJECT" $TO', "-r -a -s", "long",
           "alice", "a@example.org"),
          ("mailutils", "mailutils", 'mail.mailutils -s "$SUBJECT" $TO', "-s", "umlauts", "root", None),
          ("mailutils", "mailutils", 'mail.mailutils -s "$SUBJECT" $TO', "-s as alice", "long", "alice", None),
          ("mailutils", "mailutils", 'mail.mailutils -a "From: Jörg Müller <a@example.org>" -s "$SUBJECT" $TO', "-a From -s",
           "umlauts", "root", "a@example.org"),
          ("mailutils", "mailutils", 'mail.mailutils -A "$TEXTS/Gerät.txt" -s "$SUBJECT" $TO', "-A -s", "long", "root", None),
          ("mutt", "mutt", 'mutt -s "$SUBJECT" -- $TO', "-s", "umlauts", "alice", None),
          ("mutt", "mutt", 'mutt -e "set use_8bitmime=yes" -s "$SUBJECT" -- $TO', "use_8bitmime", "long", "alice", None),
          ("mutt", "mutt", 'mutt -e "set from=\'Jörg Müller <a@example.org>\' use_from=yes use_envelope_from=yes" -s "$SUBJECT" '
           '-a "$TEXTS/Gerät.txt" -- $TO', "use_envelope_from -a", "umlauts", "root", "a@example.org"),
      ]],
    Caller("mime-construct", "mime-construct", 'mime-construct --to $TO --subject "$SUBJECT" --type "text/plain; charset=utf-8" '
           '--encoding 8bit --file-auto "$TEXTS/umlauts" --file-attach "$TEXTS/Gerät.txt"', one("--file-auto --file-attach")),
    Caller("mpack", "mpack", 'mpack -s "$SUBJECT" -d "$TEXTS/umlauts" "$TEXTS/Gerät.txt" $TO', [Row("-s -d", says="Grüße")]),
    *[Caller(f"sudo {form}", "sudo", f"{HERE}/sudo.sh {form}", [Row(words, subject=subject, says="alice", sender=ALICE, **more)])
      for form, words, subject, more in [
        ("may-not", "alice may not", "*** SECURITY information for", {}),
        ("password", "mail_badpass", "*** SECURITY information for", {}),
        ("always", "mail_always", "*** SECURITY information for", {"times": 2, "note": "tells of begin and end"}),
        ("words", "mail_all_cmnds, mailfrom, mailsub", "Gerät ", {"author": "alarm@example.org"})]],
    Caller("smartd", "smartmontools", "/usr/share/smartmontools/smartd_warning.sh",
           [Row("smartd_warning.sh", subject="SMART error (EmailTest) detected on host: web1", says="größer")],
           SMARTD_MESSAGE="TEST EMAIL from smartd for a device that is größer", SMARTD_FAILTYPE="EmailTest", SMARTD_PREVCNT="0",
           SMARTD_DEVICEINFO="Gerät, S/N:1, 10 GB", SMARTD_DEVICE="/dev/sda", SMARTD_DEVICESTRING="/dev/sda", SMARTD_DEVICETYPE="auto",
           SMARTD_ADDRESS="smartd-1@example.com", SMARTD_TFIRST="", SMARTD_NEXTDAYS=""),
    Caller("mdadm", "mdadm", "mdadm --monitor --test --oneshot --mail=$TO /dev/md0",
           [Row("--monitor --test", subject="TestMessage event on /dev/md0:web1", says="TestMessage")]),
    Caller("swaks", "swaks", 'swaks --server 127.0.0.1 --port $PORT --from a@example.org --to $TO --header "Subject: $SUBJECT" '
           "--body @$TEXTS/umlauts", one("--header --body", author="a@example.org")),
    Caller("swaks long", "swaks", 'swaks --socket /run/postern/submit.sock --from a@example.org --to $TO --header "Subject: $SUBJECT" '
           "--body @$TEXTS/long", one("--socket, a line of 5,000 octets", text="long", author="a@example.org")),
    Caller("curl", "curl", "curl -sS smtp://127.0.0.1:$PORT --crlf --mail-from a@example.org --mail-rcpt $TO -T $TEXTS/raw",
           [Row("-T a file", says="größer", author="a@example.org")]),
    # Those that Debian does not have, by their command lines.
    Caller("cronie", None, r"""(printf 'From: "(Cron Daemon)" <root>\nTo: %s\nSubject: Cron <root@web1> true\n"""
           r"""Content-Type: text/plain; charset=UTF-8\nAuto-Submitted: auto-generated\nPrecedence: bulk\n\n' $TO; cat $TEXTS/umlauts) | """
           "sendmail -FCronDaemon -i -odi -oem -oi -t -f root", one("replayed: its command line", subject=CRON + "true")),
    Caller("BusyBox crond", None, r"(printf 'To: %s\nSubject: cron: true\n\n' $TO; cat $TEXTS/long) | sendmail -ti",
           one("replayed: its command line", subject="cron: true", text="long")),
    Caller("OnFailure= of systemd", None, r"""(printf 'To: %s\nFrom: systemd <root@web1>\nSubject: %s\nContent-Transfer-Encoding: """
           r"""8bit\nContent-Type: text/plain; charset=UTF-8\n\n' $TO "$SUBJECT"; cat $TEXTS/long) | sendmail -t""",
           one("a script with sendmail -t", text="long")),
    # Texts that have troubled others.
    Caller("script, one recipient in letters", None, r"(printf 'From: letters@example.org\nTo: %s, jürgen@example.com\nSubject: %s\n\n' "
           r"""$TO "$SUBJECT"; cat $TEXTS/umlauts) | sendmail -t -f letters@example.org""",
           one("sendmail -t, another recipient is jürgen@", author="letters@example.org")),
    Caller("script, a domain in letters", None, r"(printf 'From: r@web1.example.net\nTo: Gerät <admin@bücher.example>\nSubject: %s\n\n' "
           r""""$SUBJECT"; cat $TEXTS/umlauts) | sendmail -t""", one("sendmail -t to a@bücher.example", to="admin@xn--bcher-kva.example")),
    Caller("script, mail taken from a mailbox", None, r"(printf 'From r@example.org Mon Nov 23 10:00:00 2026\nReturn-Path: <b@example.org>\n"
           r"Content-Length: 999\nStatus: RO\nDelivered-To: x@example.org\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-Id: <1@x.example.org>\n"
           r"""From: r@example.org (Jörg)\nTo: %s\nSubject: %s\n\n' $TO "$SUBJECT"; cat $TEXTS/umlauts) | sendmail -t""",
           one("sendmail -t, Return-Path, Content-Length, Status", author="r@example.org", sender=ROOT)),
    Caller("script, no fields at all", None, "cat $TEXTS/umlauts | sendmail $TO", one("sendmail", subject="", says="last line")),
]

_SENT = 'From: Jörg Müller <a@example.org>\\nTo: Gerät <%s>\\nSubject: %s\\n\\n'


def _report(number, words, arguments, text, whom):
    return Caller(f"report {number}", None, f"(printf '{_SENT}' {whom} \"$SUBJECT\"; cat $TEXTS/{text}) | sendmail {arguments} {whom}",
                  [Row(words, subject="", says=whom)])


# Postern's own mail: to `TO`, about mail that the smarthost did not take.
REPORTS = [
    _report(1, "of a refused recipient", "-f $TO", "umlauts", "gone-1@example.com"),
    _report(2, "of a refused recipient, a line of 5,000 octets", "-f $TO", "long", "gone-2@example.com"),
    _report(3, "of a refused recipient, only the header", "-R hdrs -f $TO", "umlauts", "gone-3@example.com"),
    _report(4, "of mail that was passed on", "-N success -f $TO", "umlauts", "there-4@example.com"),
    _report(5, "of mail that is late", "-N delay -f $TO", "umlauts", "slow-5@example.com"),
]

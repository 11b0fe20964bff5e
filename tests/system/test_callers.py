"""Programs that send mail, by their own hands where Debian has them and else with their exact command lines."""

import os
import pwd
import smtplib
import subprocess

import pytest

from postern import BUILT, message, smarthost


@pytest.fixture
def running(postfix, posternd):
    posternd.configure(smarthost(2500))
    posternd.start()
    return posternd


@pytest.fixture
def installed(running):
    """The shim where callers look for it. Everything of this run's root is thrown away afterwards."""
    for path in ("/usr/sbin/sendmail", "/usr/lib/sendmail", "/usr/bin/mailq"):
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink(f"{BUILT}/sendmail", path)
    return running


def _well_formed(headers):
    for name in ("From", "Date", "Message-ID"):
        assert len(headers.get_all(name)) == 1, headers
    assert headers["Bcc"] is None
    assert "@" in headers["From"]


# caller: (arguments, header and body)
INVOCATIONS = {
    "debian cron": (["-i", "-FCronDaemon", "-B8BITMIME", "-oem", "{to}"],
                    "From: root (Cron Daemon)\nTo: {to}\nSubject: Cron <root@web1> true\nMIME-Version: 1.0\n"
                    "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
                    "X-Cron-Env: <SHELL=/bin/sh>\n\n"),
    "cronie": (["-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root"],
               "From: \"(Cron Daemon)\" <root>\nTo: {to}\nSubject: Cron <root@web1> true\n"
               "Content-Transfer-Encoding: 8bit\nAuto-Submitted: auto-generated\nPrecedence: bulk\n\n"),
    "mdadm": (["-t"], "From: mdadm monitoring <root>\nTo: {to}\nSubject: Fail event on /dev/md0:web1\n\n"),
    "busybox crond": (["-ti"], "To: {to}\nSubject: cron: true\n\n"),
    "anacron": (["-FAnacron", "-odi", "{to}"], "From: Anacron <root>\nTo: {to}\nSubject: Anacron job\n\n"),
    "php": (["-t", "-i"], "To: {to}\r\nSubject: php\r\nFrom: web@example.net\r\n\r\n"),
    "mutt": (["-oem", "-oi", "-f", "a@example.net", "--", "{to}"], "From: a@example.net\nTo: {to}\nSubject: m\n\n"),
    "git send-email": (["-f", "a@example.net", "-i", "{to}"], "From: a@example.net\nTo: {to}\nSubject: [PATCH]\n\n"),
    "glued sender": (["-oem", "-oi", "-froot", "{to}"], "From: root\nTo: {to}\nSubject: g\n\n"),
    "bcc": (["-t", "-oi"], "From: a@example.net\nTo: other@example.com\nBcc: {to}\nSubject: b\n\n"),
}


@pytest.mark.parametrize("caller", INVOCATIONS)
def test_c01_the_shim_takes_the_invocation_of(running, postfix, inbox, caller):
    arguments, head = INVOCATIONS[caller]
    to = f"{inbox}@example.com"
    body = "line one\nGrüße\n..two dots\n" + ("" if caller in ("mdadm", "anacron") else ".\n") + "last\n"
    text = (head.format(to=to) + body).encode()
    running.sendmail(text, *[argument.format(to=to) for argument in arguments], user="alice")
    ((headers, got),) = postfix.mail.wait(inbox)
    assert got == body.encode()
    _well_formed(headers)
    running.wait_empty()
    assert len(postfix.mail.raw(inbox)) == 1


BODIES = {
    "dots": b".\n..\n...\n.a\n\n.\n",
    "long lines": b"x" * 997 + b"\n" + b"y" * 998 + b"\n",
    "8-bit": bytes(range(0xA0, 0x100)) + b"\n\xc3\xa9\n",
    "crlf": b"one\r\ntwo\r\n\r\nthree\r\n",
    "no last line end": b"one\ntwo",
    "empty": b"",
    "large": b"".join(b"%07d %s\n" % (n, b"z" * 60) for n in range(40000)),
}


@pytest.mark.parametrize("through", ["shim", "smtp"])
@pytest.mark.parametrize("kind", BODIES)
def test_c02_c21_the_body_arrives_as_it_was(running, postfix, inbox, kind, through):
    to = f"{inbox}@example.com"
    body = BODIES[kind]
    head = f"From: a@example.net\nTo: {to}\nSubject: bytes\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <1@x>\n\n"
    if through == "shim":
        running.sendmail(head.encode() + body, "-i", to)
    else:
        # smtplib doubles dots after a bare LF too when it is given bytes, so it gets CR LF throughout.
        wire = (head.encode() + body).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        with running.smtp() as client:
            client.sendmail("a@example.net", [to], wire)
    ((_, got),) = postfix.mail.wait(inbox)
    expected = body.replace(b"\r\n", b"\n")
    if expected and not expected.endswith(b"\n"):
        expected += b"\n"
    assert got == expected
    running.wait_empty()
    assert len(postfix.mail.raw(inbox)) == 1


def test_swaks(running, postfix, inbox):
    run = subprocess.run(["swaks", "--server", "127.0.0.1", "--port", str(running.port), "--from", "a@example.net",
                          "--to", f"{inbox}@example.com", "--pipeline", "--body", "from swaks"], capture_output=True)
    assert run.returncode == 0, run.stdout.decode()
    ((_, body),) = postfix.mail.wait(inbox)
    assert body.strip() == b"from swaks"


def test_swaks_over_the_unix_socket(running, postfix, inbox):
    run = subprocess.run(["swaks", "--socket", f"{running.directory}/submit.sock", "--from", "a@example.net",
                          "--to", f"{inbox}@example.com", "--body", "x"], capture_output=True)
    assert run.returncode == 0, run.stdout.decode()
    postfix.mail.wait(inbox)


def test_smtplib_with_several_recipients(running, postfix, inbox):
    with running.smtp() as client:
        refused = client.sendmail("a@example.net", [f"{inbox}@example.com", f"{inbox}2@example.com"],
                                  message("list@example.com", "hi\n"))
        assert refused == {}
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("a@example.net", ["not an address@@"], message("x@example.com", "hi\n"))
    postfix.mail.wait(inbox)
    postfix.mail.wait(f"{inbox}2")


def test_s_nail(installed, postfix, inbox):
    run = subprocess.run(["s-nail", "-n", "-S", "mta=/usr/sbin/sendmail", "-S", "sendwait", "-r", "a@example.net",
                          "-s", "from s-nail", f"{inbox}@example.com"], input=b"nail body\n", capture_output=True,
                         env={**os.environ, **installed.environment, "MAILRC": "/dev/null"})
    assert run.returncode == 0, run
    ((headers, body),) = postfix.mail.wait(inbox)
    assert body.strip() == b"nail body" and headers["Subject"] == "from s-nail"


def test_php_mail(installed, postfix, inbox):
    code = f'exit(mail("{inbox}@example.com", "from php", "php body\\n.\\nend\\n", "From: web@example.net\\r\\nBcc: {inbox}2@example.com") ? 0 : 1);'
    run = subprocess.run(["php", "-d", "sendmail_path=/usr/sbin/sendmail -t -i", "-r", code], capture_output=True,
                         env={**os.environ, **installed.environment})
    assert run.returncode == 0, run
    for box in (inbox, f"{inbox}2"):
        ((headers, body),) = postfix.mail.wait(box)
        assert body.strip() == b"php body\n.\nend"
        _well_formed(headers)


def test_git_send_email(installed, postfix, work, inbox):
    patch = f"{work}/0001-a-change.patch"
    with open(patch, "w") as out:
        out.write("From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\nFrom: A <a@example.net>\n"
                  "Date: Mon, 23 Nov 2026 10:00:00 +0000\nSubject: [PATCH] a change\n\nWhy.\n---\n a | 1 +\n\n-- \n2.39.5\n")
    run = subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@example.net", "send-email", "--quiet",
                          "--confirm=never", "--suppress-cc=all", "--from=A <a@example.net>", f"--to={inbox}@example.com",
                          patch], capture_output=True, cwd=work, env={**os.environ, **installed.environment, "HOME": work})
    assert run.returncode == 0, run
    ((headers, body),) = postfix.mail.wait(inbox)
    assert headers["Subject"] == "[PATCH] a change" and b"-- \n2.39.5\n" in body
    _well_formed(headers)


def test_c11_the_shim_speaks_bs(running, postfix, inbox):
    dialogue = (f"EHLO x\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<{inbox}@example.com>\r\nDATA\r\n"
                f"Subject: bs\r\n\r\nover stdin\r\n.\r\nQUIT\r\n").encode()
    run = running.run("-bs", program="sendmail", input=dialogue)
    assert run.returncode == 0 and b"221" in run.stdout, run
    ((_, body),) = postfix.mail.wait(inbox)
    assert body == b"over stdin\n"


def test_u01_the_caller_is_known_by_the_kernel(running, postfix, inbox):
    running.sendmail(f"To: {inbox}@example.com\n\nx\n", "-t", user="alice")
    ((headers, _),) = postfix.mail.wait(inbox)
    assert any(f"userid {pwd.getpwnam('alice').pw_uid}" in line for line in headers.get_all("Received")), headers

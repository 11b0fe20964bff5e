"""The relay against real smarthosts: TLS and its troubles, every mechanism, fallback, a second kind of server."""

import os
import re
import time

import pytest

from ports import NOBODY_LISTENS
from postern import message, smarthost
from servers import HASHED_USER, PASSWORD, Exim
from waiting import wait_for

SENDS = ["-i", "-f", "a@example.net"]


def _deliver(posternd, server, inbox, body="hello\n"):
    posternd.start()
    to = f"{inbox}@example.com"
    posternd.sendmail(message(to, body), *SENDS, to)
    (found,) = server.mail.wait(inbox)
    posternd.wait_empty()
    return found


@pytest.mark.parametrize("port,tls", [(2500, "starttls"), (2501, "implicit")])
def test_delivers_over_tls_and_auth(postfix, posternd, inbox, port, tls):
    posternd.configure(smarthost(port, tls=tls))
    headers, body = _deliver(posternd, postfix, inbox)
    assert body == b"hello\n"
    assert "TLSv1.3" in str(headers) and headers["Message-ID"] and headers["Date"]


@pytest.mark.parametrize("port,mechanism", [(2502, "PLAIN"), (2503, "LOGIN"), (2504, "CRAM-MD5")])
def test_each_mechanism_alone(postfix, dovecot, posternd, inbox, port, mechanism):
    posternd.configure(smarthost(port))
    before = len(dovecot.attempts())
    _deliver(posternd, postfix, inbox)
    wait_for(lambda: len(dovecot.attempts()) > before, 10, "the line in Dovecot's log")
    assert [name for name, _ in dovecot.attempts()[before:]] == [mechanism]


@pytest.mark.parametrize("port,tls", [(Exim.starttls, "starttls"), (Exim.implicit, "implicit")])
def test_exim_is_a_smarthost_too(exim, posternd, inbox, port, tls):
    posternd.configure(smarthost(port, tls=tls, host="smtp2.example.com"))
    _, body = _deliver(posternd, exim, inbox)
    assert body == b"hello\n"


TROUBLES = {
    "other name": [(2510, "starttls"), (2511, "implicit")],
    "expired": [(2512, "starttls"), (2513, "implicit")],
    "self-signed": [(2514, "starttls"), (2515, "implicit")],
}
WORDS = {"other name": ("name", "mismatch"), "expired": ("expired",), "self-signed": ("self-signed", "self signed")}


@pytest.mark.parametrize("trouble,port,tls", [(t, *p) for t, ports in TROUBLES.items() for p in ports])
def test_h25_h26_h28_h30_a_bad_certificate_defers_and_gets_no_credential(postfix, dovecot, posternd, inbox, trouble, port, tls):
    sessions, attempts = len(postfix.sessions(port)), len(dovecot.attempts())
    posternd.configure(smarthost(port, tls=tls))
    posternd.start()
    to = f"{inbox}@example.com"
    posternd.sendmail(message(to, "secret\n"), *SENDS, to)
    reason = posternd.wait_reason()
    assert any(word in reason.lower() for word in WORDS[trouble]), reason
    (entry,) = posternd.queue()
    # While it is being tried there is no reason to show.
    wait_for(lambda: any(word in posternd.run("queue", "show", entry["id"]).stdout.decode().lower() for word in WORDS[trouble]), 10,
             "the trouble in what is shown of the message")
    status = posternd.status()
    assert any(word in str(status["smarthosts"]).lower() for word in WORDS[trouble]), status
    for session in postfix.wait_session(port, sessions):
        assert "auth" not in session and "mail" not in session
    assert len(dovecot.attempts()) == attempts
    assert PASSWORD not in posternd.read_log()
    assert not postfix.mail.raw(inbox)


def test_a_wrong_password_defers_and_pauses(postfix, dovecot, posternd, inbox):
    posternd.password("not it")
    posternd.configure(smarthost(2500))
    posternd.start()
    to = f"{inbox}@example.com"
    before = len(dovecot.attempts())
    posternd.sendmail(message(to, "x\n"), *SENDS, to)
    reason = posternd.wait_reason()
    assert "535" in reason, reason
    assert "not it" not in posternd.read_log()
    assert any(site["trouble"]["login_refused"] for site in posternd.status()["smarthosts"])
    # Another process of Dovecot's writes the log: PLAIN, LOGIN and CRAM-MD5.
    tried = wait_for(lambda: (now := len(dovecot.attempts()) - before) >= 3 and now, 10, "Dovecot's log to tell of a whole round")
    for _ in range(10):
        posternd.sendmail(message(to, "x\n"), *SENDS, to)
    time.sleep(3)
    assert len(dovecot.attempts()) - before <= 2 * tried, "a refused login is not to be hammered"
    posternd.password(PASSWORD)
    assert posternd.run("queue", "retry", "all").returncode == 0
    postfix.mail.wait(inbox, 11)


def test_a_thousand_messages_outlast_a_refused_login(postfix, dovecot, posternd, inbox):
    """An hour of it is in tests/unit/queue/alarm_judge_test.cc; here the words and the real login."""
    program = posternd.private("page", "#!/bin/sh\necho \"$*\" >>$0.told")
    told = f"{program}.told"
    os.chmod(program, 0o700)
    posternd.extra = f"notify: {{ command: [{program}] }}\n"
    posternd.password("not it")
    posternd.configure(smarthost(2500))
    posternd.start()
    to = f"{inbox}@example.com"
    before = len(dovecot.attempts())
    with posternd.smtp() as client:
        for _ in range(1000):
            client.sendmail("a@example.net", [to], message(to, "x\n"))
    wait_for(lambda: os.path.exists(told), 20, "the alarm")
    status = posternd.run("status")
    first, below = status.stdout.decode().splitlines()[:2]
    assert status.returncode == 2
    assert re.fullmatch(r"1000 messages wait since (\S+ )?\S+: .*smtp\.example\.com.*535 5\.7\.8 .*", first), first
    assert below.startswith("  what to do: "), below
    assert len(posternd.queue_files()) == 1000 and posternd.status()["queue"]["bounced"] == 0
    assert len(dovecot.attempts()) - before <= 6, "one round of logins, however many messages"

    posternd.password(PASSWORD)
    assert posternd.run("queue", "retry", "all").returncode == 0
    posternd.wait_empty(120)
    assert len(postfix.mail.wait(inbox, 1000)) == 1000
    assert posternd.run("status").returncode == 0
    with open(told) as source:
        (alarm,) = [line for line in source if line.startswith("trouble ")]
    assert "main refuses the login" in alarm and "535 5.7.8" in alarm


def test_broken_cram_md5_falls_to_the_next(postfix, posternd, inbox):
    # Without TLS, because inside it PLAIN and LOGIN come first: here CRAM-MD5 is the first choice.
    posternd.configure(smarthost(2520, tls="none", user=HASHED_USER, allow_cleartext_auth="true"))
    posternd.start()
    report = next(line for line in posternd.json("check") if line.get("kind") == "check")
    assert {name.upper() for name in report["offered"]} == {"PLAIN", "LOGIN", "CRAM-MD5"}
    assert [(one["mechanism"], one["succeeded"]) for one in report["tried"]] == [("CRAM-MD5", False), ("PLAIN", True)]
    assert report["mechanism"] == "PLAIN", report
    assert "CRAM-MD5" in posternd.run("check").stdout.decode()
    to = f"{inbox}@example.com"
    posternd.sendmail(message(to, "x\n"), *SENDS, to)
    postfix.mail.wait(inbox)


def test_broken_cram_md5_alone_defers(postfix, posternd, inbox):
    posternd.configure(smarthost(2504, user=HASHED_USER))
    posternd.start()
    to = f"{inbox}@example.com"
    posternd.sendmail(message(to, "x\n"), *SENDS, to)
    assert "535" in posternd.wait_reason()
    report = next(line for line in posternd.json("check") if line.get("kind") == "check")
    assert not report.get("mechanism") and report["tried"][0]["mechanism"] == "CRAM-MD5", report


def test_check_names_everything(postfix, posternd):
    posternd.configure(smarthost(2500))
    posternd.start()
    report = next(line for line in posternd.json("check") if line.get("kind") == "check")
    assert report["mechanism"] == "PLAIN" and report["tried"][0]["succeeded"], report
    text = posternd.run("check").stdout.decode()
    for word in ("TLSv1.3", "smtp.example.com", "PLAIN", "LOGIN", "CRAM-MD5"):
        assert word in text, text


def test_no_password_goes_in_clear(postfix, dovecot, posternd, inbox):
    before = len(dovecot.attempts())
    posternd.configure(smarthost(2521, tls="none"))
    posternd.start()
    to = f"{inbox}@example.com"
    posternd.sendmail(message(to, "x\n"), *SENDS, to)
    assert posternd.wait_reason()
    assert len(dovecot.attempts()) == before


def test_cram_md5_goes_in_clear(postfix, posternd, inbox):
    posternd.configure(smarthost(2522, tls="none"))
    _deliver(posternd, postfix, inbox)


def test_a_server_without_starttls_gets_nothing(postfix, dovecot, posternd, inbox):
    before = len(dovecot.attempts())
    posternd.configure(smarthost(2520, tls="starttls"))
    posternd.start()
    to = f"{inbox}@example.com"
    posternd.sendmail(message(to, "x\n"), *SENDS, to)
    assert "starttls" in posternd.wait_reason().lower()
    assert len(dovecot.attempts()) == before


def test_a_stopped_smarthost_says_so_and_gets_the_mail_later(postfix, posternd, inbox):
    posternd.configure(smarthost(NOBODY_LISTENS))
    posternd.start()
    to = f"{inbox}@example.com"
    posternd.sendmail(message(to, "x\n"), *SENDS, to)
    assert "refused" in posternd.wait_reason()
    listing = posternd.run(program="mailq").stdout.decode()
    assert to in listing and "refused" in listing, listing
    posternd.configure(smarthost(2500))
    posternd.reload()
    postfix.mail.wait(inbox)
    posternd.wait_empty()


def test_send_test_follows_to_the_reply(postfix, posternd, inbox):
    posternd.configure(smarthost(2500))
    posternd.start()
    run = posternd.run("send-test", f"{inbox}@example.com")
    assert run.returncode == 0 and b"250" in run.stdout, run
    postfix.mail.wait(inbox)

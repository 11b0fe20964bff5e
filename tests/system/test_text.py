"""What programs write as the text of a message, through every door and up to the smarthost: stray CRs and NULs, other line ends,
lines of any length; and that no text ends early for a client of CR LF (SMTP smuggling)."""

import email
import os
import pwd
import re
import shutil
import socket
import subprocess
import time

import pytest

from dropping import frame
from postern import smarthost
from waiting import wait_for

SENDER = "a@example.net"


class Delivering:
    """The daemon, and what arrives at the practice smarthost for one recipient."""

    def __init__(self, posternd, server, local):
        self.posternd, self.server, self.to = posternd, server, f"{local}@example.com"
        posternd.configure(smarthost(server.port, tls="implicit", tls_ca_file=server.ca))
        os.makedirs(f"{posternd.spool}/drop")  # a directory that comes later is looked for once in a while
        shutil.chown(f"{posternd.spool}/drop", "postern")
        posternd.start()

    def arrived(self, to=None):
        """The messages, without what the smarthost puts before them."""
        found = []
        directory = f"{self.server.directory}/Maildir/new"
        for name in sorted(os.listdir(directory)):
            with open(f"{directory}/{name}", "rb") as mail:
                head, _, text = mail.read().partition(b"\nX-Session: ")
            if f"X-Envelope-To: <{to or self.to}>".encode() in head:
                found.append(text.partition(b"\n")[2])
        return found

    def one(self):
        wait_for(self.arrived, 20, f"the message\n{self.posternd.read_log()[-2000:]}")
        self.posternd.wait_empty()
        (text,) = self.arrived()
        assert max(map(len, text.split(b"\n"))) <= 998 and b"\r" not in text and b"\0" not in text
        return text


@pytest.fixture
def delivering(posternd, practice, inbox):
    return Delivering(posternd, practice, inbox)


def connect(posternd, door):
    if door.startswith("socket"):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(60)
        sock.connect(f"{posternd.directory}/submit.sock")
        return sock
    return socket.create_connection(("127.0.0.1", posternd.port), 60)


def talk(posternd, door, data):
    """All of it at once, as a script does, and the answers."""
    if door.startswith("-bs"):
        return posternd.sendmail(data, "-bs", check=False).stdout
    with connect(posternd, door) as sock:
        sock.sendall(data)
        return sock.makefile("rb").read()


def session(to, text, end, sender=SENDER):
    """As a client speaks that ends lines so, and makes such an end of each LF of the text."""
    lines = re.sub(rb"(?m)^\.", b"..", text)
    lines = lines if lines.endswith(b"\n") else lines + b"\n"
    commands = f"EHLO h\nMAIL FROM:<{sender}>\nRCPT TO:<{to}>\nDATA\n".encode()
    return (commands + lines + b".\nQUIT\n").replace(b"\n", end)


def drop(posternd, to, text):
    """A file as postern-drop leaves it."""
    directory = f"{posternd.spool}/drop"
    alice = pwd.getpwnam("alice").pw_uid
    name = os.urandom(16).hex()
    with open(f"{posternd.spool}/.{name}", "wb") as out:
        out.write(frame(text, [to], SENDER, os.urandom(16).hex()))
    os.chmod(out.name, 0o604)
    os.chown(out.name, alice, alice)
    os.rename(out.name, f"{directory}/{name}")


ENDS = {"CRLF": b"\r\n", "LF": b"\n", "CRCRLF": b"\r\r\n"}
DOORS = ["sendmail -i", "sendmail -oi", "sendmail -t", "drop", *(f"{place} {end}" for place in ("smtp", "socket", "-bs") for end in ENDS)]


def hand_in(delivering, door, text):
    posternd = delivering.posternd
    if door == "drop":
        drop(posternd, delivering.to, text)
    elif door == "sendmail -t":
        first, rest = text.split(b"\n", 1) if text.startswith(b"From ") else (b"", text)
        bcc = f"Bcc: {delivering.to}\n".encode()
        posternd.sendmail((first + b"\n" if first else b"") + bcc + rest, "-t", "-i", "-f", SENDER)
    elif door.startswith("sendmail"):
        posternd.sendmail(text, door.split()[1], "-f", SENDER, delivering.to)
    else:
        answer = talk(posternd, door, session(delivering.to, text, ENDS[door.split()[1]]))
        assert b"250 2.0.0 queued as" in answer, answer


HEAD = b"From: r@example.net\nTo: x@example.com\nSubject: x\n"
TEXTS = {
    "01-cron-output-with-cr": (HEAD + b"\nsending incremental file list\n  1,024  50%\r  2,048 100%\nERROR: backup failed\n",
                               b"sending incremental file list\n  1,024  50%   2,048 100%\nERROR: backup failed\n"),
    "01c-crcrlf": (HEAD + b"\nline1\r\r\nline2\n", b"line1\nline2\n"),
    "01d-nul": (HEAD + b"\nline1 \0 nul\n", b"line1  nul\n"),
    "01f-crcrlf-from-the-first-line": (HEAD.replace(b"\n", b"\r\r\n") + b"\r\r\nBody\n", b"Body\n"),
    "nul-and-cr-in-a-field": (HEAD + b"X-Odd: a\0b\rc\n\nbody\n", b"body\n"),
    "crs-everywhere": (HEAD + b"\n\r\r\rx\r\r\r\n\ry\r\n\n\r\nz\r", b"   x\n y\n\n\nz\n"),
    "utf-16": (HEAD + b"\n" + "no\r\nmore".encode("utf-16-le") + b"\n", b"no\nmore\n"),
    "06-line-5000": (HEAD + b"\n" + b"y" * 5000 + b"\n", b"y" * 5000 + b"\n"),
    "06-line-70000": (HEAD + b"\n" + b"x" * 70000 + b"\nend\n", b"x" * 70000 + b"\nend\n"),
    "a-field-of-70000": (HEAD + b"X-Long: " + b"word " * 14000 + b"\n\nbody\n", b"body\n"),
    "13-dots": (HEAD + b"\none\n.\n..\n.two\n", b"one\n.\n..\n.two\n"),
    "no-final-newline": (HEAD + b"\nbody", b"body\n"),
    "no-blank-line": (HEAD + b"body without it\n", b"body without it\n"),
    "an-empty-field": (HEAD + b"X-Empty:\nCc:\n\nbody\n", b"body\n"),
    "mailbox-line": (b"From r@example.net Mon Nov 23 17:04:05 2026\n" + HEAD + b"\nbody\nFrom here on\n", b"body\nFrom here on\n"),
    "empty": (b"", b""),
    "header-alone": (HEAD, b""),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_arrives_the_same_by_every_door(delivering, name, door):
    given, body = TEXTS[name]
    hand_in(delivering, door, given)
    mail = email.message_from_bytes(delivering.one())
    assert mail.get_payload(decode=True) == body
    if given:
        assert mail["Subject"] == "x" and mail["From"] == "r@example.net" and mail["To"] == "x@example.com"
    if name == "nul-and-cr-in-a-field":
        assert mail["X-Odd"] == "ab c"
    assert not mail.defects


def test_the_log_says_what_was_mended(delivering):
    for door in ("sendmail -i", "drop", "smtp CRLF"):
        hand_in(delivering, door, HEAD + b"\na\rb\r\r\nc\0\n")
    wait_for(lambda: len(delivering.arrived()) == 3, 20, "the messages")
    said = re.findall(r"text mended (.*)", delivering.posternd.read_log())
    assert said == ["cr_to_blank=1 cr_cr_lf=1 nul_left_out=1 bare_lf=0"] * 3, said


@pytest.mark.parametrize("door", ["smtp", "socket", "-bs"])
def test_08_a_client_of_lf_waits_for_nothing(delivering, door):
    began = time.monotonic()
    answer = talk(delivering.posternd, door, b"EHLO h\nMAIL FROM:<a@example.com>\nRCPT TO:<%s>\nDATA\nSubject: lf\n\nbody\n.\nQUIT\n"
                  % delivering.to.encode())
    assert b"250 2.0.0 queued as" in answer and answer.rstrip().split(b"\n")[-1].startswith(b"221 ")
    assert time.monotonic() - began < 9
    assert b"\nSubject: lf\n" in delivering.one()


@pytest.mark.parametrize("name", [b"M\xc3\x9cLLER-PC", b"M\xdcLLER-PC", b"my pc at home", b"x" * 1000, b"a\x01b"])
def test_12_any_words_are_a_name(delivering, name):
    answer = talk(delivering.posternd, "smtp", session(delivering.to, b"Subject: x\n\nx\n", b"\r\n").replace(b"EHLO h", b"EHLO " + name))
    assert b"250 2.0.0 queued as" in answer
    (received,) = re.findall(rb"Received: from (\S+) \(\[127.0.0.1\]\)\n", delivering.one())
    assert re.fullmatch(rb"[A-Za-z0-9._-]{1,255}", received)


def test_10_11_what_must_not_leave_does_not_and_what_is_missing_is_there(delivering):
    text = b"Return-Path: <b@example.org>\nContent-Length: 999\nDelivered-To: x@example.org\nSubject: temp high\n\nb\n"
    hand_in(delivering, "smtp CRLF", text)
    mail = email.message_from_bytes(delivering.one())
    assert not mail["Return-Path"] and not mail["Content-Length"] and mail["Delivered-To"] and mail["From"] == SENDER


ENDINGS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r", b"\r.\n", b"\r\n.\r\r\n", b"\r\r.\r\r\n",
           b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\n.\r\0\n", b"\n\n.\n\n", b"\n\r.\n\r"]
# What an LF client means by a lone dot, and nothing else, ends its text.
LONE_DOT = re.compile(rb"\n\.\r?\n")


@pytest.mark.parametrize("door", ["smtp", "socket"])
@pytest.mark.parametrize("ending", ENDINGS, ids=lambda one: one.hex())
@pytest.mark.parametrize("end", [b"\r\n", b"\n"], ids=["crlf", "lf"])
def test_s36_no_text_becomes_commands(delivering, door, ending, end):
    victim = f"victim-{delivering.to}"
    hidden = b"MAIL FROM:<evil@example.net>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n" % victim.encode()
    front = b"EHLO h\nMAIL FROM:<a@example.net>\nRCPT TO:<%s>\nDATA\nSubject: first\n\nfirst" % delivering.to.encode()
    answer = talk(delivering.posternd, door, front.replace(b"\n", end) + ending + hidden + b"QUIT\r\n")
    own_end = end == b"\n" and LONE_DOT.search(ending) is not None
    assert answer.count(b"queued as") == (2 if own_end else 1), answer
    delivering.one()
    assert len(delivering.arrived(victim)) == (1 if own_end else 0)


@pytest.mark.parametrize("door", ["smtp", "socket", "-bs"])
def test_s37_a_lone_dot_that_ends_nothing_is_answered_after_ten_seconds(delivering, door):
    data = session(delivering.to, b"Subject: x\n\nbody", b"\r\n").replace(b"\r\n.\r\nQUIT\r\n", b"\n.\n")
    began = time.monotonic()
    if door == "-bs":
        client = subprocess.Popen([f"{delivering.posternd.programs}/sendmail", "-bs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, env={**os.environ, **delivering.posternd.environment})
        client.stdin.write(data)
        client.stdin.flush()
        answer, words = client.stdout.read(), client.stderr.read()
        assert client.wait(20) == 75 and b"sendmail: the message was not stored; the mail daemon said: 421 4.4.2" in words
    else:
        answer = talk(delivering.posternd, door, data)
    assert 9.5 < time.monotonic() - began < 40
    last = answer.rstrip().split(b"\n")[-1]
    assert last.startswith(b"421 4.4.2 ") and b"nothing but a dot" in last and b"nothing was stored" in last
    # The client may hear of it before the log does.
    wait_for(lambda: "message not accepted" in delivering.posternd.read_log(), 20, "the line in the log")
    assert not delivering.posternd.queue_files()


@pytest.mark.parametrize("cut", [b"MAIL FROM:<a@example.net>\n", b"MAIL FROM:<a@example.net>\nRCPT TO:<b@example.com>\nDATA\n",
                                 b"MAIL FROM:<a@example.net>\nRCPT TO:<b@example.com>\nDATA\nSubject: x\n\nbody\n"])
def test_a_bs_session_that_ends_before_its_message_is_an_error(delivering, cut):
    run = delivering.posternd.sendmail(b"EHLO h\n" + cut, "-bs", check=False)
    assert run.returncode == 65 and b"sendmail: the session ended before its message did" in run.stderr, run
    assert not delivering.posternd.queue_files()


def test_a_bs_session_whose_recipient_is_refused_is_an_error(delivering):
    run = delivering.posternd.sendmail(b"EHLO h\nMAIL FROM:<a@example.net>\nRCPT TO:<>\nDATA\nx\n.\nQUIT\n", "-bs", check=False)
    assert run.returncode == 65 and b"the message was not stored; the mail daemon said: 501 5.1.3" in run.stderr, run
    assert delivering.posternd.sendmail(b"EHLO h\nVRFY\nQUIT\n", "-bs").stderr == b""


def test_what_sendmail_refuses_stands_in_the_daemons_log(delivering):
    posternd = delivering.posternd
    assert posternd.sendmail(b"Subject: x\n\nx\n", "-t", check=False, user="alice").returncode == 64
    assert posternd.sendmail(b"x", "-%", check=False).returncode == 64
    # It waits a second for the daemon to take that, and no longer.
    wait_for(lambda: posternd.read_log().count("sendmail took no message") >= 2, 20, "the lines in the log")
    log = posternd.read_log()
    uid = pwd.getpwnam("alice").pw_uid
    assert re.search(rf'sendmail took no message client="uid {uid} pid \d+" exit=64 reason="no recipients', log), log
    assert log.count("sendmail took no message") == 2


def test_the_settings_can_reject_what_is_mended_else(posternd):
    posternd.configure()
    with open(posternd.config) as source:
        text = source.read()
    posternd.write(text.replace("listen: { ", "listen: { bare_newline: reject, "))
    posternd.start()
    for wrong in (b"a\rb\r\n", b"a\nb\r\n", b"a\0b\r\n", b"a\r\r\n"):
        data = session("b@example.com", b"Subject: x\n\nDATA", b"\r\n").replace(b"\r\nDATA\r\n.", b"\r\n" + wrong + b".")
        for door in ("smtp", "socket"):
            assert b"\n550 5." in talk(posternd, door, data)
    assert not posternd.queue_files()
    posternd.sendmail(b"Subject: x\n\na\rb\n", "b@example.com")
    assert len(posternd.queue_files()) == 1

"""Recipients and senders as callers write them, at every door, looked at behind the practice smarthost: who gets a copy, what
sendmail says, and the report of what could not be read. Rows 04, 05 and 09 of cases/submission/expected.md and their relatives."""

import email
import email.policy
import os
import socket
import zlib

import pytest

from dropping import frame
from postern import smarthost
from waiting import wait_for

LONG = "reply+000aaaa1111bbbb2222cccc3333dddd4444eeee5555ffff6666aaaa7777bbbb8888cccc9999@reply.example.com"


class Mailbox:
    """What the practice smarthost took since then."""

    def __init__(self, practice):
        self.directory = f"{practice.directory}/Maildir/new"
        self.before = set(os.listdir(self.directory))

    def new(self):
        """(envelope sender, sorted recipients, message), oldest first."""
        found = []
        for name in sorted(set(os.listdir(self.directory)) - self.before):
            with open(f"{self.directory}/{name}", "rb") as source:
                text = email.message_from_bytes(source.read(), policy=email.policy.compat32)
            found.append((text["X-Envelope-From"].strip("<>"), sorted(str(one)[1:-1] for one in text.get_all("X-Envelope-To")), text))
        return found

    def wait(self, count):
        """All of them, when so many are there."""
        wait_for(lambda: len(self.new()) >= count, 30, f"{count} messages at the smarthost")
        return self.new()


@pytest.fixture
def running(posternd, practice):
    posternd.configure(smarthost(practice.port, tls="implicit", tls_ca_file=practice.ca))
    posternd.start()
    return posternd


@pytest.fixture
def mailbox(practice):
    return Mailbox(practice)


def report_of(text):
    """Of a report: (Final-Recipient, Status) of each."""
    assert text.get_content_type() == "multipart/report", text
    _, status, _ = text.get_payload()
    return [(one["Final-Recipient"], one["Status"]) for one in status.get_payload()[1:]]


def expect(posternd, mailbox, recipients, slips, sender):
    """The copy for those, and the report to the sender."""
    got = mailbox.wait(1 + bool(slips))
    posternd.wait_empty()
    got = mailbox.new()
    assert len(got) == 1 + bool(slips), [one[:2] for one in got]
    copies = [one for one in got if one[0] == sender]
    assert [one[1] for one in copies] == [sorted(recipients)], got
    if slips:
        ((_, to, text),) = [one for one in got if one[0] == ""]
        assert to == [sender]
        assert report_of(text) == [(f"unknown; {slip}", "5.1.3") for slip in slips]
    return copies[0][2]


# Field, who gets it, what the sender is told of.
SLIPS = [
    # expected.md
    ("Web \\ Team <a@example.com>", ["a@example.com"], []),
    ("a@example.com b@example.com", ["a@example.com", "b@example.com"], []),
    ("a@example.com\nCc: <>", ["a@example.com"], ["<>"]),
    ('"X X" x@example.com, "Y Y" y@example.com', ["x@example.com", "y@example.com"], []),
    ("one@example.com; two@example.com", ["one@example.com", "two@example.com"], []),
    ("Web Team (sales <a@example.com>", ["a@example.com"], []),
    ('"Web Team <a@example.com>', ["a@example.com"], []),
    ("taro..y@docomo.example", ['"taro..y"@docomo.example'], []),
    (f"a@example.com, {LONG}", ["a@example.com", LONG], []),
    ("a@example.com.", ["a@example.com"], []),
    # relatives
    ("<a@example.com><b@example.com>", ["a@example.com", "b@example.com"], []),
    ("a@example.com,, b@example.com;;", ["a@example.com", "b@example.com"], []),
    ("a@example.com, Bob Smith", ["a@example.com"], ["Bob Smith"]),
    ("a@example.com, Bob <>", ["a@example.com"], ["Bob <>"]),
    ("a@example.com, @example.com, c@", ["a@example.com"], ["@example.com", "c@"]),
    ('"Web Team <a@example.com>, "Ops" <b@example.com>', ["a@example.com", "b@example.com"], []),
    ("Bob <b@example.com, a@example.com>", ["a@example.com", "b@example.com"], []),
    ("[a@example.com]", ["a@example.com"], []),
    ("'a@example.com', <mailto:b@example.com>", ["a@example.com", "b@example.com"], []),
    ("=?utf-8?Q?B=C3=B6b,_x?= <b@example.com>", ["b@example.com"], []),
    ("Bööb Ltd <b@example.com>, a@example.com", ["a@example.com", "b@example.com"], []),
    ("undisclosed-recipients:;\nCc: a@example.com", ["a@example.com"], []),
    ("Team: a@example.com, b@example.com", ["a@example.com", "b@example.com"], []),
    ("<@route.example:a@example.com>", ["a@example.com"], []),
    ("Dr. house@example.com", ["house@example.com"], ["Dr."]),
    ("a@[b>1], a@example.com", ["a@example.com"], ["a@[b>1]"]),
    (".a@example.com, a.@example.com", ['".a"@example.com', '"a."@example.com'], []),
    ("a@my_host.example.", ["a@my_host.example"], []),
    (f"{'v' * 200}@example.com", [f"{'v' * 200}@example.com"], []),
]

@pytest.mark.parametrize("number", range(len(SLIPS)))
def test_a_slip_in_the_header_costs_itself_alone(running, mailbox, number):
    field, recipients, slips = SLIPS[number]
    sender = f"slip{number}@example.net"
    run = running.sendmail(f"To: {field}\nFrom: {sender}\nSubject: x\n\nb\n", "-t", "-i", "-f", sender)
    for slip in slips:
        assert f'"{slip}"'.encode() in run.stderr, run.stderr
    assert bool(run.stderr) == bool(slips), run.stderr
    expect(running, mailbox, recipients, slips, sender)
    if slips:
        assert "recipients cannot be read" in running.read_log()


@pytest.mark.parametrize("number", range(0, len(SLIPS), 3))
def test_a_slip_in_an_argument_costs_itself_alone(running, mailbox, number):
    field, recipients, slips = SLIPS[number]
    arguments = [one.removeprefix("Cc: ") for one in field.split("\n")]
    sender = f"argument{number}@example.net"
    running.sendmail("Subject: x\n\nb\n", "-i", "-f", sender, "--", *arguments)
    expect(running, mailbox, recipients, slips, sender)


@pytest.mark.parametrize("to", ["Two words", "<>", "Bob <>", "a@b@c", "@x", "a@x..y"])
def test_nothing_is_sent_where_nobody_can_be_reached(running, to):
    for run in (running.sendmail(f"To: {to}\nSubject: x\n\nb\n", "-t", check=False),
                running.sendmail("Subject: x\n\nb\n", "-i", "--", to, check=False)):
        assert run.returncode == 65 and f'"{to}"'.encode() in run.stderr, run
        assert b"nothing was sent" in run.stderr
    assert not running.queue_files()


# 05-*, as sender, at each door.
MAILBOXES = [("taro..y@docomo.example", '"taro..y"@docomo.example'), ("taro.@docomo.example", '"taro."@docomo.example'),
             (LONG, LONG), ("a@example.com.", "a@example.com"), ("a@my_host.example", "a@my_host.example")]


def talk(sock, lines):
    with sock:
        sock.sendall(b"\r\n".join(lines) + b"\r\n")
        return sock.makefile("rb").read().decode().splitlines()


def local(posternd):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(20)
    sock.connect(f"{posternd.directory}/submit.sock")
    return sock


def session(posternd, door, commands):
    """The replies to these and to a message."""
    lines = [b"EHLO h", *(one.encode() for one in commands), b"DATA", b"Subject: x", b"", b"b", b".", b"QUIT"]
    if door == "sendmail -bs":
        return posternd.sendmail(b"\r\n".join(lines) + b"\r\n", "-bs").stdout.decode().splitlines()
    return talk(local(posternd) if door == "socket" else socket.create_connection(("127.0.0.1", posternd.port), 20), lines)


@pytest.mark.parametrize("door", ["smtp", "sendmail -bs", "socket"])
def test_mailboxes_in_use_are_taken_in_every_dialogue(running, mailbox, door):
    for given, written in MAILBOXES:
        replies = session(running, door, [f"MAIL FROM:<{given}>", f"RCPT TO:<{given}>"])
        assert any(one.startswith("250 2.0.0 queued") for one in replies), replies
        running.wait_empty()
        sender, recipients, _ = mailbox.wait(1)[-1]
        assert sender == written and recipients == [written]


def test_mailboxes_in_use_are_taken_as_the_sender_of_sendmail(running, mailbox):
    for count, (given, written) in enumerate(MAILBOXES, 1):
        run = running.sendmail("Subject: x\n\nb\n", "-i", "-f", given, "b@example.com")
        assert run.stderr == b""
        assert mailbox.wait(count)[-1][0] == written


@pytest.mark.parametrize("sender", ["two words", "a@b, c@d", "a@", "<a@b", "Bob <>"])
def test_a_sender_that_cannot_be_read_costs_no_message(running, mailbox, sender):
    run = running.sendmail("Subject: x\n\nb\n", "-i", "-f", sender, "b@example.com", user="alice")
    ((given, recipients, _),) = mailbox.wait(1)
    assert recipients == ["b@example.com"]
    if sender == "<a@b":
        assert given == "a@b" and run.stderr == b""
        return
    assert given == "alice@example.net", "the caller's own name"
    assert b"-f: no single address can be read" in run.stderr
    assert "the sender cannot be read" in running.read_log()


def test_09_blanks_between_the_brackets_are_skipped_and_what_is_no_path_is_refused_at_once(running, mailbox):
    good = ["TO:< b@example.com>", "TO:<b@example.com >", "TO: b@example.com", "TO:<@route.example:user@example.com>",
            "TO:< c @ example . com >", "TO:<\td@example.com>"]
    bad = ['TO:<"Bob" <b@example.com>>', "TO:Bob <b@example.com>", "TO:<@route.example user@example.com>", "TO:<b@example.com>;",
           "TO:<b c@example.com>", "TO:<b@example.com", "TO:< >"]
    for door in ("smtp", "sendmail -bs"):
        replies = session(running, door, ["MAIL FROM:< a@example.com >", *(f"RCPT {one}" for one in good + bad)])
        replies = [one for one in replies if not one.startswith("250-")]
        answers = replies[replies.index("250 2.1.0 sender OK") + 1:]
        assert all(one.startswith("250 ") for one in answers[:len(good)]), answers
        assert all(one.startswith("501 ") for one in answers[len(good):len(good) + len(bad)]), answers
    running.wait_empty()
    expected = ["b@example.com", "c@example.com", "d@example.com", "user@example.com"]
    assert [one[:2] for one in mailbox.wait(2)] == [("a@example.com", expected)] * 2


def test_the_private_parameters_are_for_our_own_sendmail(running):
    for parameter in ("XUNREAD=x", "XSENDER=x", "XMENDED=1,0,0", "XSUBMISSION=" + "0" * 32):
        replies = session(running, "smtp", [f"MAIL FROM:<a@example.com> {parameter}"])
        assert any(one.startswith("555 5.5.4") for one in replies), replies
    replies = session(running, "smtp", ["XREFUSED 65 words"])
    assert any(one.startswith("500 5.5.1") for one in replies), replies
    replies = session(running, "socket", ["MAIL FROM:<a@example.com> XUNREAD=a+00b"])
    assert any(one.startswith("501 5.5.4") for one in replies), replies


def test_an_address_that_the_daemon_refuses_of_our_sendmail_is_told_of_as_well(running, mailbox):
    replies = session(running, "socket", [f"MAIL FROM:<s@example.net> XSUBMISSION={'1' * 32}", "RCPT TO:<b@example.com>",
                                          "RCPT TO:<c@example..com>"])
    assert any(one.startswith("501 5.1.3") for one in replies), replies
    expect(running, mailbox, ["b@example.com"], ["<c@example..com>"], "s@example.net")


def test_the_queue_shows_what_could_not_be_read(posternd):
    posternd.configure()
    posternd.start()
    posternd.sendmail("Subject: x\n\nb\n", "-i", "-f", "a@example.net", "b@example.com", "Two words", "<>")
    (entry,) = posternd.queue()
    assert entry["unread"] == ["Two words", "<>"]
    assert [one["address"] for one in entry["recipients"]] == ["b@example.com"]
    shown = posternd.run("queue", "show", entry["id"]).stdout.decode()
    assert "Two words" in shown
    with open(f"{posternd.spool}/queue/{entry['id']}") as source:
        assert source.readline() == "postern-spool: 2\n"
    posternd.sendmail("Subject: x\n\nb\n", "-i", "b@example.com")
    (other,) = set(posternd.queue_files()) - {entry["id"]}
    with open(f"{posternd.spool}/queue/{other}") as source:
        assert source.readline() == "postern-spool: 1\n", "what a program of before can read"


def test_the_report_survives_a_kill_and_comes_once(posternd, practice, mailbox):
    posternd.configure()
    posternd.start()
    posternd.sendmail("Subject: x\n\nb\n", "-i", "-f", "killed@example.net", "b@example.com", "Two words")
    posternd.kill()
    posternd.configure(smarthost(practice.port, tls="implicit", tls_ca_file=practice.ca))
    posternd.start()
    expect(posternd, mailbox, ["b@example.com"], ["Two words"], "killed@example.net")


def test_a_dropped_message_keeps_what_could_not_be_read(posternd, practice, mailbox):
    posternd.configure(smarthost(practice.port, tls="implicit", tls_ca_file=practice.ca))
    drop = f"{posternd.spool}/drop"
    os.mkdir(drop)
    os.chmod(drop, 0o1777)
    data = frame(sender="dropped@example.net", recipients=("b@example.com", "c@example..com"), more=" XUNREAD=two+20words+0A<>")
    with open(f"{drop}/{zlib.crc32(data):08x}", "wb") as out:
        out.write(data)
    posternd.start()
    expect(posternd, mailbox, ["b@example.com"], ["two words", "<>", "<c@example..com>"], "dropped@example.net")


@pytest.mark.parametrize("how", ["arguments", "-t", "-bs"])
def test_1001_recipients_of_one_call_are_stored(posternd, how):
    posternd.configure()
    posternd.start()
    many = [f"user{number}@example.com" for number in range(1001)]
    if how == "-bs":
        replies = session(posternd, "sendmail -bs", ["MAIL FROM:<a@example.net>", *(f"RCPT TO:<{one}>" for one in many)])
        assert any(one.startswith("250 2.0.0 queued") for one in replies), replies[-5:]
    elif how == "-t":
        posternd.sendmail("To: " + ",\n ".join(many) + "\nSubject: x\n\nb\n", "-t")
    else:
        posternd.sendmail("Subject: x\n\nb\n", "-i", *many)
    (entry,) = posternd.queue()
    assert entry["recipient_count"] == 1001

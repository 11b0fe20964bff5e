"""The strict smarthost refuses each fault that its rules name, and nothing else: a rule that cannot fail is none."""

import re

import pytest

from strict_rules import RULES, House, Transaction, faults, recipient_faults, sender_faults

ACCOUNT = "alerts@example.com"
OWN = House(account=ACCOUNT)
SEVEN = House(eight_bit=False, utf8=False, account=ACCOUNT, null=False)

GOOD = (b"Received: from localhost by web1.example.net; Mon, 23 Nov 2026 10:00:00 +0000\r\n"
        b"From: \"root at web1 (Cron Daemon)\" <alerts@example.com>\r\n"
        b"Reply-To: a@example.net\r\n"
        b"To: =?utf-8?q?Ger=C3=A4t?= <admin@example.com>, b@example.com (a comment),\r\n list: c@example.com;\r\n"
        b"Subject: =?utf-8?b?R2Vyw6R0?= and more\r\n"
        b"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n"
        b"Message-ID: <1@web1.example.net>\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
        b"\r\nHello\r\n" + b"x" * 998 + b"\r\n")
EIGHT = "Gerät\r\n".encode()
MIXED = GOOD.replace(b"text/plain; charset=utf-8", b"multipart/mixed; boundary=\"b\"")
PARTS = b"--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: %s\r\n\r\n%s--b--\r\n"


def transaction(**more):
    return Transaction(**{"sender": ACCOUNT, "recipients": ["admin@example.com"], "eight_bit": True, **more})


def changed(*pairs, of=GOOD):
    for old, new in pairs:
        assert old in of
        of = of.replace(old, new, 1)
    return of


def without(name):
    return re.sub(rb"(?m)^" + name + rb": .*\r\n(?: .*\r\n)*", b"", GOOD)


GOOD_ONES = {
    "good": GOOD,
    "8-bit body": GOOD + EIGHT,
    "8-bit part": MIXED + PARTS % (b"8bit", EIGHT),
    "undisclosed": changed((b"To: ", b"To: undisclosed-recipients:;\r\nX-To: ")),
    "dots in a name": changed((b"=?utf-8?q?Ger=C3=A4t?=", b"John Q. Public")),
    "quoted local part": changed((b" b@example.com", b" \"b c\"@example.com")),
    "literal": changed((b" b@example.com", b" b@[192.0.2.1]")),
    "several authors": changed((b"<alerts@example.com>", b"<alerts@example.com>, alerts@example.com\r\nSender: " + ACCOUNT.encode())),
    "comment in MIME-Version": changed((b"MIME-Version: 1.0", b"MIME-Version: 1.0 (mime-construct 1.11)")) + EIGHT,
    "no words": changed((b"Hello", b"=?utf-8?b?!?=" + b"x" * 80)),
}


@pytest.mark.parametrize("name", GOOD_ONES)
def test_what_is_right_is_taken(name):
    assert faults(GOOD_ONES[name], transaction(), OWN) == []


def test_seven_bits_are_taken_in_both_modes():
    assert faults(GOOD, transaction(eight_bit=False), SEVEN) == []


def test_utf8_is_taken_where_it_was_asked_for():
    text = changed((b"=?utf-8?q?Ger=C3=A4t?=", "Gerät".encode()), (b"b@", "bä@".encode()))
    assert faults(text, transaction(utf8=True), OWN) == []


def _list(value):
    return changed((b" b@example.com (a comment)", value))


# (rule, text[, transaction])
SEEDED = [
    ("line too long", GOOD + b"x" * 999 + b"\r\n"),
    ("line too long", changed((b"Subject: ", b"Subject: " + b"x " * 500))),
    ("bare CR or LF", GOOD + b"a\nb\r\n"),
    ("bare CR or LF", GOOD + b"a\rb\r\n"),
    ("bare CR or LF", GOOD + b"a\r\r\n"),
    ("control", GOOD + b"a\0b\r\n"),
    ("control", changed((b"and more", b"and\x07more"))),
    ("8-bit body without BODY=8BITMIME", GOOD + EIGHT, transaction(eight_bit=False)),
    ("no field", changed((b"Subject:", b"From root Mon Nov 23 10:00:00 2026\r\nSubject:"))),
    ("no field", changed((b"Subject:", b"Subject :"))),
    ("no field", changed((b"Subject:", b" \r\nSubject:"))),
    ("no field", b" folded into nothing\r\n" + GOOD),
    ("no field", changed((b"Subject:", "Gerät:".encode()))),
    ("8-bit header", changed((b"and more", "für".encode()))),
    ("8-bit header", changed((b"and more", b"f\xfcr")), transaction(utf8=True, recipients=["ä@example.com"])),
    ("8-bit header", changed((b"(a comment)", "(für)".encode()))),
    ("SMTPUTF8 for nothing", GOOD, transaction(utf8=True)),
    ("SMTPUTF8 for nothing", GOOD + EIGHT, transaction(utf8=True)),
    *(("missing field", without(name)) for name in (b"From", b"Date", b"Message-ID", b"To")),
    *(("doubled field", changed((name, value + name))) for name, value in [
        (b"From:", b"From: alerts@example.com\r\n"), (b"Date:", b"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n"),
        (b"Message-ID:", b"message-id: <2@x>\r\n"), (b"To: =", b"To: b@example.com\r\n"), (b"Subject:", b"SUBJECT: x\r\n")]),
    *(("leftover field", name + b": x\r\n" + GOOD) for name in (b"Return-Path", b"Content-Length", b"Status")),
    *(("date", changed((b"Date: Mon, 23 Nov 2026 10:00:00 +0000", b"Date: " + value))) for value in [
        b"today", b"2026-11-23 10:00", b"Mon Nov 23 10:00:00 UTC 2026", b"Montag, 23 Nov 2026 10:00:00 +0000", b""]),
    *(("message-id", changed((b"<1@web1.example.net>", value))) for value in [b"1", b"<1>", b"<1@a b>", b"<1@a> <2@a>", b"1@a"]),
    *(("address list", _list(value)) for value in [
        b" b@example.com c@example.com", b" <b@example.com", b" b@@example.com", b" b..c@example.com", b" b.@example.com",
        b" b@example.com.", b" b@exa mple.com", b" (a b@example.com", b" \"a b@example.com", b"", b" B, C: <b@example.com>",
        b" b@example.com; d@example.com", b" a@b <b@example.com>", b" <b@example.com> b", b" b@-example.com", b" <>"]),
    ("address list", changed((b'"root at web1 (Cron Daemon)" <alerts@example.com>', b"no addresses:;"))),
    ("address list", changed((b"<alerts@example.com>", b"<alerts@example.com>, alerts@example.com"))),
    *(("bare address", _list(value)) for value in [b" root", b" <root>", b" Root <root>", b" root@localhost"]),
    ("bare address", changed((b"<alerts@example.com>", b"<root>"))),
    ("bare address", changed((b"a@example.net", b"root"))),
    ("foreign sender", changed((b"<alerts@example.com>", b"<a@example.net>"))),
    ("foreign sender", changed((b"Subject:", b"Sender: a@example.net\r\nSubject:"))),
    ("encoded word too long", changed((b"and more", b"=?utf-8?q?" + b"x" * 64 + b"?="))),
    *(("encoded word that does not decode", changed((b"=?utf-8?b?R2Vyw6R0?=", value))) for value in [
        b"=?utf-8?b?R2Vyw6?=", b"=?utf-8?b?R2Vyw6R0!?=", b"=?nothing?q?a?=", b"=?utf-8?q?a=C3?=", b"=?utf-8?q?a=ZZ?="]),
    ("encoded word where none may stand", changed((b"root at web1", b"=?utf-8?q?a?="))),
    ("encoded word where none may stand", changed((b"charset=utf-8", b"charset=utf-8;\r\n name=\"=?utf-8?q?a?=\""))),
    ("undeclared 8-bit body", changed((b"MIME-Version: 1.0\r\n", b"")) + EIGHT),
    ("undeclared 8-bit body", changed((b"Content-Type", b"X-Type")) + EIGHT),
    *(("undeclared 8-bit body", changed((b"Encoding: 8bit", b"Encoding: " + value)) + EIGHT) for value in
      [b"7bit", b"quoted-printable", b"base64"]),
    ("undeclared 8-bit body", MIXED + PARTS % (b"7bit", EIGHT)),
    ("undeclared 8-bit body", MIXED + PARTS % (b"8bit\r\nContent-Type: message/rfc822", b"Subject: x\r\n\r\n" + EIGHT)),
    ("8-bit header of a part", MIXED + PARTS % (b"8bit\r\nContent-Disposition: attachment; filename=\"" + b"\xc3\xa4\"", b"x\r\n")),
]


@pytest.mark.parametrize("number", range(len(SEEDED)))
def test_a_seeded_fault_is_named(number):
    rule, text, *more = SEEDED[number]
    assert {one.rule for one in faults(text, *(more or [transaction()]), OWN)} == {rule}, text


def test_eight_bits_are_a_fault_at_a_server_of_seven():
    found = {one.rule for one in faults(GOOD + EIGHT, transaction(), SEVEN)}
    assert found == {"8-bit text at a 7-bit server"}


def test_every_rule_has_its_fault():
    assert set(RULES) == {rule for rule, *_ in SEEDED} | {"8-bit text at a 7-bit server"}


@pytest.mark.parametrize("address,rule", [
    ("root", "bare address"), ("root@localhost", "bare address"), ("a@example.net", "foreign sender"),
    ("a..b@example.com", "bare address"), ("ä@example.com", "bare address"), ("a@exämple.com", "bare address"),
    (ACCOUNT, None), ("ALERTS@example.COM", None), ("", None)])
def test_the_sender_is_judged(address, rule):
    assert [one.rule for one in sender_faults(address, transaction(), OWN)] == ([rule] if rule else [])


def test_the_null_sender_and_eight_bits_are_refused_by_the_second_mode():
    assert [one.rule for one in sender_faults("", transaction(), SEVEN)] == ["BODY=8BITMIME", "foreign sender"]


@pytest.mark.parametrize("address,right", [("admin@example.com", True), ("root", False), ("a@web1", False), ("ä@example.com", False)])
def test_the_recipient_is_judged(address, right):
    assert (list(recipient_faults(address, transaction())) == []) == right

"""What real programs send, behind a smarthost that takes everything, and behind two that refuse whatever a provider may refuse.
By the first it is seen as it was given; by the others, with `from: { policy: account }`, every mail and every report is
taken, readable and answerable. What became of each is kept in callers/table.txt: with POSTERN_WRITE_GOLDEN in the environment
that is written anew. POSTERN_CALLERS: a pattern of the names of those that are called; POSTERN_SLOW_CALLERS: the slow ones too."""

import collections
import concurrent.futures
import email
import email.policy
import email.utils
import functools
import json
import os
import re
import subprocess
import time

import pytest

import calls_libraries
import calls_replayed
import calls_system
from calls import CALLERS, HERE, REPORTS, SUBJECT, TEXTS
from limit_servers import MODULES
from matrix import CallerTable
from plain import PlainServer
from ports import PLAIN, POSTERND, POSTERND_SECOND, POSTERND_THIRD
from postern import BUILT, Posternd, smarthost
from servers import USER
from strict import PORTS, StrictServer
from strict_rules import fields_of
from waiting import PATIENCE, wait_for

MODES = CallerTable.MODES
STRICT_MODES = MODES[1:]
DAEMONS = dict(zip(MODES, (POSTERND_THIRD, POSTERND, POSTERND_SECOND)))


def _called(caller):
    wanted = os.environ.get("POSTERN_CALLERS")
    if wanted:
        return re.search(wanted, caller.name) is not None
    return not caller.slow or bool(os.environ.get("POSTERN_SLOW_CALLERS"))


# What takes longest is first in each; the kinds by turns would not be quicker.
KNOWN = [*calls_system.CALLERS, *CALLERS, *calls_libraries.CALLERS, *calls_replayed.CALLERS, *REPORTS]
EVERYBODY = [one for one in KNOWN if _called(one)]
ROWS = {f"{number:03}-{caller.name}-{index:02}": (caller, row)
        for number, caller in enumerate(EVERYBODY) for index, row in enumerate(caller.rows, 1)}
TRIED = [(key, mode) for key, (caller, _) in ROWS.items() for mode in MODES if mode != "plain" or caller not in REPORTS]
SHIMS = ("/usr/sbin/sendmail", "/usr/lib/sendmail")

ATTACHED = ("Gerät.txt", TEXTS["Gerät.txt"].strip())

House = collections.namedtuple("House", "daemon server failures")


def _house(work, certificates, watch, mode):
    directory = f"{work}/{mode}-smarthost"
    server = PlainServer(directory) if mode == "plain" else StrictServer(directory, mode, certificates.pem("good"))
    server.start()
    daemon = Posternd(f"{work}/{mode}-postern", certificates.ca, retry="{ min: 1s, max: 2s, expire: 5d, warn_after: 3s }")
    daemon.port, daemon.watch = DAEMONS[mode], watch
    watch.directories.append(daemon.directory)
    if mode == "plain":
        daemon.configure(smarthost(PLAIN, tls="implicit", tls_ca_file=server.ca))
    else:
        daemon.configure(smarthost(PORTS[mode], **{"from": "{ policy: account }"}))
    daemon.start()
    return House(daemon, server, {})


def _call(house, texts, caller):
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TO": " ".join(caller.given), "SUBJECT": SUBJECT,
                   "TEXTS": texts, "PORT": str(house.daemon.port), "MODULES": MODULES, **caller.environment}
    begun = time.monotonic()
    try:
        run = subprocess.run([f"{HERE}/enter", house.daemon.directory, caller.user, caller.command], env=environment,
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=600 if caller.slow else 120)
        if run.returncode:
            house.failures[caller.name] = f"exit {run.returncode}: {(run.stderr or run.stdout).decode(errors='replace')[-2000:]}"
    except subprocess.TimeoutExpired as expired:
        house.failures[caller.name] = f"did not end: {(expired.stderr or b'').decode(errors='replace')[-2000:]}"
    return time.monotonic() - begun, caller.name


def _settle(houses):
    """Waits until all has arrived, or nothing has come for a while."""
    def arrived():
        return sum(bool(_arrived(houses[mode], ROWS[key][1])) for key, mode in TRIED)
    last, since = -1, time.monotonic()
    while last < len(TRIED) and time.monotonic() < since + 8 * PATIENCE:
        now = arrived()
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(0.3)


@pytest.fixture(scope="module")
def houses(work, certificates, watch):
    """All three, after everybody has sent."""
    for path in SHIMS:
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink(f"{BUILT}/sendmail", path)
    texts = f"{work}/strict-texts"
    os.makedirs(texts)
    for name, text in TEXTS.items():
        with open(f"{texts}/{name}", "w") as out:
            out.write(text)
    houses = {mode: _house(work, certificates, watch, mode) for mode in MODES}
    begun, calls = time.monotonic(), []
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for caller in EVERYBODY:
            for mode, house in houses.items():
                if mode != "plain" or caller not in REPORTS:
                    calls.append(pool.submit(_call, house, texts, caller))
    called = time.monotonic()
    _settle(houses)
    print(f"\n{len(ROWS)} mails of {len(EVERYBODY)} callers in three modes: called after {called - begun:.0f} s, "
          f"arrived after {time.monotonic() - begun:.0f} s")
    longest = sorted((call.result() for call in calls), reverse=True)[:9]
    print("the longest: " + ", ".join(f"{name} {seconds:.0f} s" for seconds, name in longest))
    yield houses
    for house in houses.values():
        status = house.daemon.stop()
        house.server.stop()
        assert status == 0, house.daemon.read_log()[-4000:]
        assert not house.daemon.faults()


@functools.lru_cache(maxsize=None)
def _parsed(text):
    return email.message_from_bytes(text, policy=email.policy.default)


def _mail(kept):
    return _parsed(kept.text)


def _arrived(house, row):
    found = [one for one in house.server.taken() if row.to in one.recipients]
    return [one for one in found if row.subject in str(_mail(one)["Subject"])]


def _plain(text):
    # Ruby's mail writes quoted-printable with =0D before each line end.
    return "\n".join(line.rstrip() for line in re.sub("\r+\n", "\n", text).splitlines()).strip()


def _body(mail, row):
    wanted = ("html", "plain") if row.text == "html" else ("plain", "html")
    part = mail.get_body(wanted)
    return part.get_content() if row.charset else part.get_payload(decode=True).decode()


def _unreadable(mail, row):
    body = _body(mail, row)
    if row.text and _plain(body) != _plain(TEXTS[row.text]):
        return f"the text is another: {body[:300]!r}"
    if row.says and row.says not in body:
        return f"nothing of {row.says!r} in the text: {body[:300]!r}"
    # Python's Header leaves the first line of a long subject empty.
    subject = str(mail["Subject"]).strip()
    if row.subject == SUBJECT and subject != SUBJECT:
        return f"the subject is another: {subject!r}"
    for part in mail.walk():
        name = part.get_filename()
        if name and name.startswith("Ger"):
            text = part.get_payload(decode=True).decode(part.get_content_charset("utf-8"), "replace").strip()
            if (name, text) != ATTACHED:
                return f"the attachment is another: {name!r}, {text!r}"
    return None


def _unanswerable(mail, row):
    senders = mail["From"].addresses
    if [one.addr_spec for one in senders] != [USER]:
        return f"From is {mail['From']}"
    if mail["Bcc"] is not None:
        return "Bcc has left"
    if row.author:
        answers = mail["Reply-To"].addresses if mail["Reply-To"] else []
        if [one.addr_spec for one in answers] != [row.author]:
            return f"an answer goes to {mail['Reply-To']} and not to {row.author}"
    elif mail["Reply-To"] is not None and any(one.domain != "example.net" for one in mail["Reply-To"].addresses):
        return f"an answer goes to {mail['Reply-To']}"
    if not senders[0].display_name:
        return "nobody sees who it was"
    return None


def _altered(kept, caller, row):
    """What is wrong with the mail of a program behind a smarthost without rules: it is to be what was given, no more than completed."""
    sender = row.sender if row.sender is not None else row.author or f"{caller.user}@example.net"
    if kept.sender not in ([sender] if isinstance(sender, str) else sender):
        return f"the reverse-path is {kept.sender} and not {sender}"
    head, _, body = kept.text.partition(b"\n\n")
    if b"\r" in kept.text or b"\0" in kept.text:
        return "a CR or a NUL is left"
    fields, strays = fields_of(head.split(b"\n"))
    if strays:
        return f"no field: {strays[0]!r}"
    for name in ("from", "date", "message-id"):
        if len([one for one, _ in fields if one == name]) != 1:
            return f"there is not one {name}"
    if {"bcc", "return-path", "content-length"} & {one for one, _ in fields}:
        return "Bcc, Return-Path or Content-Length has left"
    text = TEXTS.get(row.text, "")
    in_parts = _mail(kept).is_multipart() or b"\nContent-Transfer-Encoding" in head
    if row.charset and text and not in_parts and text.encode().strip() not in body:
        return "the octets of the text are others"
    if row.author and row.author not in [one.addr_spec for one in [*_mail(kept)["From"].addresses, *_reply_to(_mail(kept))]]:
        return f"From is {_mail(kept)['From']} and not {row.author}"
    return None


def _reply_to(mail):
    return mail["Reply-To"].addresses if mail["Reply-To"] else []


def _misreported(mail):
    """What is wrong with a report: it has the mail that it is about, as far as it may, and that can be read."""
    if mail.get_content_type() != "multipart/report":
        return f"a report is {mail.get_content_type()}"
    *_, original = mail.iter_parts()
    if original.get_content_type() == "message/rfc822":
        original = original.get_content()
    else:
        original = _parsed(original.get_payload(decode=True))
    return None if str(original["Subject"]) == SUBJECT else f"the subject of what is reported is {original['Subject']!r}"


def _why_not(house, row):
    refused = [one for one in house.server.refused() if row.to in one.recipients]
    faults = sorted({(fault.rule, fault.words) for one in refused for fault in one.faults})
    waiting = [one.get("reason") for one in house.daemon.queue() if row.to in json.dumps(one)]
    rules = ", ".join(sorted({rule for rule, _ in faults})) or (waiting and "waits") or "did not arrive"
    return f"{rules}\n{faults}\nin the queue: {waiting}"


def _judge(house, mode, caller, row):
    """What is wrong with the mail of this row, or None."""
    if caller.name in house.failures:
        return house.failures[caller.name]
    found = _arrived(house, row)
    if not found:
        return _why_not(house, row)
    if len(found) != row.times:
        return f"arrived {len(found)} times"
    mail = _mail(found[0])
    if mode == "plain":
        return _unreadable(mail, row) or _altered(found[0], caller, row)
    wrong = _unreadable(mail, row) or _unanswerable(mail, row)
    if caller in REPORTS:
        return wrong or _misreported(mail)
    foreign = [one for one in found[0].remarks if one.rule != row.own]
    if foreign:
        return f"{foreign[0].rule}: {foreign[0].words}"
    return wrong or (None if mail["X-Original-From"] else "no X-Original-From")


def _version(package):
    """The first two numbers, which stay as long as the Debian release does."""
    if package is None:
        return "-"
    if package == "nodemailer":
        with open(f"{MODULES}/nodemailer/package.json") as source:
            whole = json.load(source)["version"]
    elif package == "golang":
        with open("/usr/local/share/go-net-smtp.version") as source:
            whole = re.search(r"go(\d+\.\d+)", source.read())[1]
    else:
        whole = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], check=True, capture_output=True, text=True).stdout
    return re.match(r"(?:\d+:)?(\d+(?:\.\d+)?)", whole)[1]


@pytest.mark.parametrize(("key", "mode"), TRIED)
def test_it_arrives_readable_and_answerable(houses, caller_table, key, mode):
    caller, row = ROWS[key]
    if caller.package == "nodemailer" and not os.path.isdir(MODULES):
        pytest.skip("npm could not install nodemailer when the test roots were made")
    wrong = _judge(houses[mode], mode, caller, row)
    own = row.note or (mode != "plain" and row.own)
    good = f"ok; its own: {own}" if own else "ok"
    caller_table.fill(key, (caller.name, _version(caller.package), row.words), mode, wrong.splitlines()[0][:60] if wrong else good)
    if mode == "plain":
        caller_table.senders[key] = " ".join(one.sender or "<>" for one in _arrived(houses[mode], row))
    assert not wrong, wrong


def test_the_table_is_the_kept_one(houses, caller_table):
    """Where everybody was called it can be written anew; else what was called is as it stands there."""
    if os.environ.get("POSTERN_WRITE_GOLDEN"):
        assert os.environ.get("POSTERN_SLOW_CALLERS") and not os.environ.get("POSTERN_CALLERS"), "the kept table has everybody"
        caller_table.keep()
    assert not caller_table.unlike_kept()
    assert sorted((row[0], row[2]) for row in caller_table.kept()) == sorted((caller.name, row.words) for caller in KNOWN for row in caller.rows)


@pytest.mark.parametrize("mode", STRICT_MODES)
def test_nothing_is_refused(houses, mode):
    """But for the null sender, by the one that does not take it."""
    refused = collections.Counter((fault.rule, fault.words) for one in houses[mode].server.refused() for fault in one.faults)
    assert set(refused) <= {("foreign sender", "the null sender is not owned by the user")}, refused


def test_smtputf8_is_used_for_the_recipient_that_needs_it(houses):
    """jürgen@example.com is one of two recipients: where it cannot be reached the other is, and the sender hears of it."""
    if os.environ.get("POSTERN_CALLERS"):
        pytest.skip("not everybody was called")
    def to(house, recipient):
        return [one for one in house.server.taken() if recipient in one.recipients]
    assert [one.utf8 for one in to(houses["strict"], "jürgen@example.com")] == [True]
    assert not to(houses["strict7"], "jürgen@example.com")
    wait_for(lambda: to(houses["strict7"], "letters@example.org"), 20, "the report about jürgen@example.com")
    for house in (houses[mode] for mode in STRICT_MODES):
        (other,) = [one for one in to(house, "script-one-recipient-in-letters-1@example.com")]
        assert other.utf8 <= ("jürgen@example.com" in other.recipients)


@pytest.mark.parametrize("mode", STRICT_MODES)
def test_the_mail_of_a_script_arrives(houses, mode):
    """printf 'From: root\\nTo: root\\nSubject: Gerät\\n\\n<5000 octets with umlauts>' | sendmail -t"""
    house = houses[mode]
    text = "größer " * 625
    house.daemon.sendmail(f"From: root\nTo: root\nSubject: Gerät\n\n{text}", "-t")

    def arrived():
        return [one for one in house.server.taken() if str(_mail(one)["Subject"]) == "Gerät"]
    wait_for(arrived, 20, "the mail of the script")
    (kept,) = arrived()
    mail = _mail(kept)
    assert (kept.sender, kept.recipients) == (USER, ["admin@example.com"])
    assert [one.addr_spec for one in mail["From"].addresses] == [USER]
    assert "root" in mail["From"].addresses[0].display_name
    assert [one.domain for one in mail["To"].addresses][0] in ("example.net", "example.com")
    assert "root" in mail["X-Original-From"]
    assert mail.get_content().strip() == text.strip()
    assert email.utils.parsedate_to_datetime(str(mail["Date"])) and mail["Message-ID"]


def test_the_server_is_what_it_says(houses):
    """A fault that a client makes on purpose is refused with its name."""
    with open("/srv/postern/strict-probe", "w") as out:
        out.write("From: root\nTo: admin@example.com\nSubject: x\n\nGerät\n")
    for mode, server in ((mode, houses[mode].server) for mode in STRICT_MODES):
        run = subprocess.run(["curl", "-sS", "-v", f"smtp://127.0.0.1:{server.port}", "--ssl-reqd", "-k", "--user",
                              f"{USER}:correct horse&battery", "--crlf", "--mail-from", USER, "--mail-rcpt", "admin@example.com",
                              "-T", "/srv/postern/strict-probe"], capture_output=True, text=True)
        offered = "8BITMIME" in run.stderr and "SMTPUTF8" in run.stderr
        assert offered == (mode == "strict"), run.stderr
        eight_bit = {"strict": "undeclared 8-bit body", "strict7": "8-bit text at a 7-bit server"}[mode]
        for words in ("554 5.6.0", "bare address", "missing field", eight_bit):
            assert words in run.stderr, run.stderr

"""What callers do to the two ways in: half-closed sockets, descriptors, forged fields, closed standard streams."""

import array
import contextlib
import os
import socket
import subprocess
import time

import pytest

from ports import SINK
from postern import message, smarthost
from sink import Sink
from waiting import wait_for

SENDS = ["-i", "-f", "a@example.net"]
ENVELOPE = b"EHLO me\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"


@pytest.fixture
def sink(work):
    with Sink(f"{work}/intake-sink-{len(os.listdir(work))}") as one:
        yield one.subjects


@pytest.fixture
def running(posternd, sink):
    posternd.configure(smarthost(SINK, tls="none", user=None))
    posternd.start()
    return posternd


@pytest.fixture
def holding(posternd):
    """The daemon without a smarthost: what it takes can be looked at."""
    posternd.configure()
    posternd.start()
    return posternd


def local(posternd):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(20)
    sock.connect(f"{posternd.directory}/submit.sock")
    return sock


def stored(posternd):
    found = []
    for name in posternd.queue_files():
        with open(f"{posternd.spool}/queue/{name}", "rb") as source:
            found.append(source.read())
    return found


def test_u11_a_client_that_shuts_its_half_down_gets_the_answer(running, sink):
    with local(running) as sock:
        sock.sendall(ENVELOPE + b"Subject: u11\r\n\r\nx\r\n.\r\n")
        sock.shutdown(socket.SHUT_WR)
        assert b"250 2.0.0 queued as" in sock.makefile("rb").read()
    wait_for(lambda: "u11" in sink(), 20, "the message")


def test_u16_descriptors_sent_along_are_closed(running, sink):
    def count():
        return len(os.listdir(f"/proc/{running.process.pid}/fd"))
    with local(running) as sock:
        sock.recv(200)
        before = count()
        for _ in range(20):
            with open("/etc/hostname") as given:
                sock.sendmsg([b"NOOP\r\n"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [given.fileno()] * 10))])
            sock.recv(200)
        # It opens files of its own for a moment, too.
        wait_for(lambda: count() <= before + 1, 20, "the descriptors to be closed")
        sock.sendall(b"QUIT\r\n")


@pytest.mark.parametrize("declared,lines", [(1, 1000), (1_000_000, 1)])
def test_s13_u18_a_declared_size_that_is_not_true_cuts_nothing(holding, declared, lines):
    with holding.smtp() as client:
        client.ehlo()
        assert client.mail("a@example.net", [f"SIZE={declared}"])[0] == 250
        client.rcpt("b@example.com")
        assert client.data("Subject: x\r\n\r\n" + "a line\r\n" * lines)[0] == 250
    (found,) = stored(holding)
    assert found.count(b"\na line") == lines


def test_s06_a_client_that_talks_before_the_greeting(running, sink):
    sock = socket.create_connection(("127.0.0.1", running.port), timeout=20)
    sock.sendall(ENVELOPE + b"Subject: s06\r\n\r\nx\r\n.\r\nQUIT\r\n")
    answer = sock.makefile("rb").read()
    assert answer.startswith(b"220 ") and answer.count(b"250 2.0.0 queued as") == 1
    wait_for(lambda: sink() == ["s06"], 20, "one message")


def test_v26_forged_trace_fields_stand_below_our_own(holding):
    forged = "Received: from forged by forged; Mon, 23 Nov 2026 00:00:00 +0000\nX-Postern-Uid: 0\n"
    holding.sendmail(forged + message("b@example.com", "x\n"), *SENDS, "b@example.com", user="alice")
    (found,) = stored(holding)
    envelope, _, text = found.partition(b"\n\n")
    assert text.startswith(b"Received: ") and text.index(b"web1.example.net") < text.index(b"forged")
    uid = subprocess.run(["id", "-u", "alice"], capture_output=True, text=True).stdout.strip()
    assert uid.encode() in envelope and f'uid {uid} ' in holding.read_log()


def test_q10_fifty_control_clients_and_one_that_hangs(holding):
    hanging = []
    for _ in range(15):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(f"{holding.directory}/control.sock")
        hanging.append(sock)
    runs = [subprocess.Popen([f"{holding.programs}/postern", "status", "--json"], stdout=subprocess.DEVNULL, user="alice",
                             env={**os.environ, **holding.environment}) for _ in range(15)]
    assert {run.wait(60) for run in runs} <= {0, 1, 2}
    for _ in range(50):
        assert holding.run("status").returncode in (0, 1, 2)
    for sock in hanging:
        sock.close()


def test_c15_an_empty_group_and_an_argument(holding):
    holding.sendmail("To: undisclosed-recipients:;\nSubject: x\n\nx\n", "-t", "-f", "a@example.net", "b@example.com")
    (entry,) = holding.queue()
    assert [one["address"] for one in entry["recipients"]] == ["b@example.com"]


@pytest.mark.parametrize("text", [b"Subject: a\0b\n\nx\n", b"Subject: x\n\na\0b\n"])
def test_c22_nul_is_left_out(holding, text):
    holding.sendmail(text, *SENDS, "b@example.com")
    (found,) = stored(holding)
    assert b"\0" not in found and b"ab\n" in found


@pytest.mark.parametrize("option", ["-X{}", "-oX{}", "-X {}", "-O LogFile={}"])
def test_c29_no_option_makes_a_file(holding, tmp_path, option):
    path = str(tmp_path / "log")
    holding.sendmail(message("b@example.com", "x\n"), *option.replace("{}", path).split(" "), *SENDS, "b@example.com", check=False)
    assert not os.path.exists(path)


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-", "1>&- 2>&-"])
def test_c34_closed_standard_streams(holding, closed):
    before = len(holding.queue_files())
    text = "" if "0<&-" in closed else "printf 'Subject: x\\n\\nx\\n' | "
    run = subprocess.run(["sh", "-c", f"{text}{holding.programs}/sendmail -i b@example.com {closed}"], capture_output=True,
                         env={**os.environ, **holding.environment}, timeout=30)
    if "0<&-" in closed:
        assert run.returncode in (66, 71, 74, 75) or len(holding.queue_files()) == before + 1, run
    else:
        assert run.returncode == 0 and len(holding.queue_files()) == before + 1, run
    for found in stored(holding):
        assert b"sendmail:" not in found


@pytest.mark.parametrize("stdin", ["directory", "ended", "closed pipe"])
def test_c35_odd_standard_input(holding, stdin):
    reading, writing = os.pipe()
    os.close(writing)
    source = {"directory": os.open("/", os.O_RDONLY), "ended": os.open("/dev/null", os.O_RDONLY), "closed pipe": reading}[stdin]
    with open("/dev/full", "w") as full:
        run = subprocess.run([f"{holding.programs}/sendmail", *SENDS, "b@example.com"], stdin=source, stdout=full, stderr=full,
                             env={**os.environ, **holding.environment}, timeout=30)
    if stdin == "directory":
        assert run.returncode in (66, 74, 75) and not holding.queue_files(), run
    else:  # an empty message is one: cron's jobs without output do not come here, but mail -E-less ones do
        assert run.returncode == 0 and len(holding.queue_files()) == 1, run


def test_c35_a_late_writer_is_waited_for_where_standard_input_does_not_block(holding):
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with subprocess.Popen([f"{holding.programs}/sendmail", *SENDS, "b@example.com"], stdin=reading, stderr=subprocess.PIPE,
                          env={**os.environ, **holding.environment}) as sendmail:
        for piece in (b"Subject: late\n", b"\nx\n"):
            time.sleep(0.3)
            os.write(writing, piece)
        os.close(writing)
        assert sendmail.wait(30) == 0, sendmail.stderr.read()
    assert [b"Subject: late\n" in text and b"\n\nx\n" in text for text in stored(holding)] == [True]


def test_c36_standard_input_fails_at_each_read(holding, work):
    # LeakSanitizer cannot work under strace.
    environment = {**os.environ, **holding.environment, "ASAN_OPTIONS": "detect_leaks=0"}
    text = message("b@example.com", ("x" * 69 + "\n") * 3000).encode()

    # Of a file: how much a read of a pipe gives is a matter of time.
    with open(f"{work}/c36-text", "wb") as out:
        out.write(text)

    def sent(*inject):
        with open(f"{work}/c36-text", "rb") as source:
            return subprocess.run(["strace", "-o", f"{work}/c36", "-e", "trace=read", *inject, f"{holding.programs}/sendmail",
                                   *SENDS, "b@example.com"], stdin=source, capture_output=True, env=environment, timeout=60)
    assert sent().returncode == 0
    with open(f"{work}/c36") as trace:
        numbers = [number for number, line in enumerate(trace, 1) if line.startswith("read(0,")]
    assert len(numbers) > 3
    for number in numbers:
        run = sent("-e", f"inject=read:error=EIO:when={number}")
        assert run.returncode == 74 and b"cannot be read: Input/output error" in run.stderr, (number, run)
    assert len(holding.queue_files()) == 1


def test_h06_h07_one_address_does_not_answer_and_a_name_does_not_exist(posternd, sink):
    with open("/etc/hosts") as source:
        before = source.read()
    with open("/etc/hosts", "a") as out:
        out.write("127.0.0.9 two.example.org\n127.0.0.1 two.example.org\n")
    try:
        posternd.configure(smarthost(SINK, host="two.example.org", tls="none", user=None))
        posternd.start()
        posternd.sendmail(message("b@example.com", "x\n", subject="h07"), *SENDS, "b@example.com")
        wait_for(lambda: "h07" in sink(), 30, "the mail through the second address")
        posternd.configure(smarthost(SINK, host="missing.example.org", tls="none", user=None))
        assert posternd.run("reload").returncode == 0
        posternd.sendmail(message("b@example.com", "x\n", subject="h06"), *SENDS, "b@example.com")
        assert "cannot resolve missing.example.org" in posternd.wait_reason()
    finally:
        with open("/etc/hosts", "w") as out:
            out.write(before)


def test_v13_no_descriptor_of_the_daemon_is_inherited(running, sink):
    running.sendmail(message("b@example.com", "x\n", subject="v13"), *SENDS, "b@example.com")
    wait_for(lambda: "v13" in sink(), 20, "the message")
    directory = f"/proc/{running.process.pid}/fdinfo"
    inherited = []
    for name in os.listdir(directory):
        with contextlib.suppress(FileNotFoundError), open(f"{directory}/{name}") as source:  # or it was closed meanwhile
            flags = next(int(line.split()[1], 8) for line in source if line.startswith("flags:"))
            if int(name) > 2 and not flags & os.O_CLOEXEC:
                inherited.append((name, flags))
    assert inherited == []


def test_v19_the_unit_is_hardened():
    unit = "/srv/tree/packaging/systemd/postern.service"
    run = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15", unit], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-300:] + run.stderr


def test_sendmail_takes_thousands_of_recipients_in_one_call_under_one_message_id_of_the_settings(posternd):
    posternd.configure()
    posternd.start()

    def call(count):
        many = ",\n ".join(f"user{number}@example.com" for number in range(count))
        return posternd.sendmail(f"Bcc: {many}\nSubject: many\n\nx\n", "-t", check=False)
    assert call(5000).returncode == 0
    (entry,) = posternd.queue()
    assert entry["recipient_count"] == 5000
    raw = open(f"{posternd.spool}/queue/{entry['id']}").read()
    assert f"Message-ID: <{entry['id']}@web1.example.net>" in raw


def test_fault_6_more_recipients_than_an_envelope_holds_are_refused_for_good_and_are_no_matter_of_the_disk(posternd):
    posternd.configure()
    posternd.start()
    verdict = posternd.status()["verdict"]
    # With sanitizers, on a machine that is busy, that alone takes most of a minute.
    run = posternd.run(*(f"u{number}" for number in range(70_000)), program="sendmail", input=b"Subject: many\n\nx\n", timeout=300)
    assert run.returncode == 65 and b"nothing was sent: 552 5.3.4" in run.stderr, (run.returncode, run.stderr[:500])
    assert posternd.queue() == []
    assert posternd.status()["verdict"] == verdict
    told = [line for line in posternd.read_log().splitlines() if " error: " in line]
    assert [line for line in told if "no smarthost is configured" not in line] == []


DOORS = ["sendmail -t", "sendmail", "sendmail -bs", "smtp", "socket"]


def hand_in(posternd, door, text, sender="r@example.org", recipients=("a@example.com",)):
    """The text through one of the ways in; what is stored of it after the envelope."""
    before = set(posternd.queue_files())
    if door in ("sendmail -t", "sendmail"):
        posternd.sendmail(text, "-i", "-f", sender, *(["-t"] if door.endswith("-t") else recipients))
    else:
        lines = [b"EHLO h", b"MAIL FROM:<%s>" % sender.encode(), *(b"RCPT TO:<%s>" % one.encode() for one in recipients),
                 b"DATA", *text.split(b"\n")[:-1], b".", b"QUIT", b""]
        talk = b"\r\n".join(lines)
        if door == "sendmail -bs":
            answer = posternd.sendmail(talk, "-bs").stdout
            answer = answer if isinstance(answer, bytes) else answer.encode()
        else:
            with local(posternd) if door == "socket" else socket.create_connection(("127.0.0.1", posternd.port), 20) as sock:
                sock.sendall(talk)
                answer = sock.makefile("rb").read()
        assert b"250 2.0.0 queued as" in answer, answer
    (name,) = set(posternd.queue_files()) - before
    with open(f"{posternd.spool}/queue/{name}", "rb") as source:
        envelope, _, rest = source.read().partition(b"\n\n")
    return envelope, rest


@pytest.mark.parametrize("door", DOORS)
def test_what_stands_in_the_header_is_the_same_at_every_door(holding, door):
    given = (b"From r@example.org Mon Nov 23 17:04:05 2026\nReturn-Path: <bounces@example.org>\nContent-Length: 999\n"
             b"Delivered-To: x@example.org\nX-Original-To: y@example.org\nStatus: RO\nTo: a@example.com\nTo: a@example.com\n"
             b"From: r@example.org\nSubject: x\nSubject: y\nDate: today\nMessage-ID: no id\n\nb\n")
    _, text = hand_in(holding, door, given)
    header, _, body = text.partition(b"\n\n")
    fields = header[header.index(b"Delivered-To"):].decode().splitlines()
    assert body == b"b\n" and fields[:-2] == [
        "Delivered-To: x@example.org", "X-Original-To: y@example.org", "To: a@example.com", "From: r@example.org", "Subject: x",
        "X-Duplicate-Subject: y", "X-Original-Date: today", "X-Original-Message-ID: no id"]
    assert fields[-2].startswith("Date: ") and fields[-1].endswith("@web1.example.net>")


@pytest.mark.parametrize("door", [one for one in DOORS if one != "sendmail -t"])
def test_what_is_missing_is_added_at_every_door(holding, door):
    _, text = hand_in(holding, door, b"Subject: temp high\n\nbody\n", sender="sensor@example.org")
    header = text.partition(b"\n\n")[0].decode()
    names = [line.split(":")[0] for line in header[header.index("Subject"):].splitlines()]
    assert names == ["Subject", "From", "To", "Date", "Message-ID"]
    assert "\nFrom: sensor@example.org\nTo: undisclosed-recipients:;\n" in header


@pytest.mark.parametrize("door", DOORS)
def test_addresses_in_utf8_need_no_parameter(holding, door):
    recipients = ("a@example.com", "jürgen@example.com", "a@bücher.example")
    text = "From: r@example.org\nTo: a@example.com, jürgen@example.com,\n a@bücher.example\nSubject: mixed\n\nb\n".encode()
    envelope, _ = hand_in(holding, door, text, recipients=recipients)
    assert [line for line in envelope.decode().splitlines() if line.startswith("to: ")] == [f"to: <{one}>" for one in recipients]


@pytest.mark.parametrize("text,facts", [
    (b"Subject: x\n\nplain\n", b"header=7bit body=7bit long-lines=none"),
    ("Subject: Gerät\n\nplain\n".encode(), b"header=8bit body=7bit long-lines=none"),
    ("Subject: x\n\nGrüße\n".encode(), b"header=7bit body=8bit long-lines=none"),
    (b"Subject: x\n\n" + b"x" * 999 + b"\n", b"header=7bit body=7bit long-lines=some")])
def test_the_envelope_says_what_the_text_holds(holding, text, facts):
    for door in DOORS:
        if door != "sendmail -t":
            envelope, _ = hand_in(holding, door, text)
            assert b"\ntext: " + facts + b"\n" in envelope, (door, envelope)

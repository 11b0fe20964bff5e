"""Limits while running: what one client, one user, one full disk or one slow server can do to the others. Nothing."""

import contextlib
import json
import os
import re
import select
import smtplib
import socket
import struct
import subprocess
import threading
import time

import pytest

from auth_servers import Practice
from ports import NOBODY_LISTENS, PRACTICE_OWN, SINK
from postern import RELEASE, message, smarthost
from sink import Sink
from waiting import wait_for

SENDS = ["-i", "-f", "a@example.net"]
released = pytest.mark.parametrize("posternd", [{"programs": RELEASE}], indirect=True)


@pytest.fixture
def sink(work):
    with Sink(f"{work}/limits-sink-{len(os.listdir(work))}") as one:
        yield one.subjects


@pytest.fixture
def running(posternd, sink):
    """The daemon with a smarthost that takes everything."""
    posternd.configure(smarthost(SINK, tls="none", user=None))
    posternd.start()
    return posternd


def descriptors(posternd):
    return len(os.listdir(f"/proc/{posternd.process.pid}/fd"))


def memory(posternd, key="VmRSS"):
    """MiB"""
    with open(f"/proc/{posternd.process.pid}/status") as source:
        return next(int(line.split()[1]) for line in source if line.startswith(key + ":")) / 1024


def cpu(posternd):
    """Seconds"""
    with open(f"/proc/{posternd.process.pid}/stat") as source:
        fields = source.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def passes(posternd, sink, subject):
    """The daemon lives: a message goes all the way."""
    posternd.sendmail(message("b@example.com", "x\n", subject=subject), *SENDS, "b@example.com")
    wait_for(lambda: subject in sink(), 20, f"message {subject}")


def local(posternd):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(f"{posternd.directory}/submit.sock")  # without a time limit, so that it waits while the backlog is full
    sock.settimeout(20)
    return sock


def tcp(posternd):
    return socket.create_connection(("127.0.0.1", posternd.port), timeout=20)


def greeting(sock):
    return sock.makefile("rb").readline()


STATES = [b"", b"EHLO me\r\n", b"EHLO me\r\nMAIL FROM:<a@example.net>\r\n",
          b"EHLO me\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.com>\r\n",
          b"EHLO me\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n",
          b"EHLO me\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nSubject: x\r\n\r\n" + b"y" * 70000]


@released
def test_r01_r02_sessions_dropped_in_every_state_leave_nothing(running, sink):
    def storm(rounds):
        for number in range(rounds):
            sock = (local if number % 2 else tcp)(running)
            with contextlib.suppress(OSError):
                sock.sendall(STATES[number % len(STATES)])
                if number % 3 == 0 and sock.family != socket.AF_UNIX:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST
            sock.close()
    storm(600)
    passes(running, sink, "r02-before")
    wait_for(lambda: descriptors(running) < 60, 10, "descriptors to be closed")
    before = descriptors(running), memory(running)
    storm(3000)
    passes(running, sink, "r02-after")
    wait_for(lambda: descriptors(running) <= before[0] + 2, 20, f"descriptors to fall to {before[0]}")
    # What it has no more use for is given back once a second.
    wait_for(lambda: memory(running) < before[1] + 8, 20, f"memory to fall to {before[1]:.1f} MiB and 8 more")
    wait_for(lambda: not os.listdir(f"{running.spool}/tmp"), 10, "the traces of dropped receptions to go")
    assert sink() == ["r02-before", "r02-after"]


def test_r03_u15_one_user_takes_no_place_of_another(running, sink):
    flood = [local(running) for _ in range(150)]
    readers = [one.makefile("rb") for one in flood]
    assert all(one.readline().startswith(b"220") for one in readers)
    assert all(one.readline().startswith(b"421 4.4.2 ") for one in readers[:50]), "the oldest make room"
    posted = running.sendmail(message("b@example.com", "x\n", subject="r03"), *SENDS, "b@example.com", user="alice", check=False)
    assert posted.returncode == 0, posted
    wait_for(lambda: "r03" in sink(), 20, "the other user's message")
    for one in flood:
        one.close()
    wait_for(lambda: greeting(local(running)).startswith(b"220"), 20, "a place for the first user")


def test_r04_idle_connections_over_tcp_leave_room_for_submissions(running, sink):
    idle = [tcp(running) for _ in range(700)]
    readers = [one.makefile("rb") for one in idle]
    assert all(one.readline().startswith(b"220") for one in readers)
    assert all(one.readline().startswith(b"421 4.4.2 ") for one in readers[:200]), "the oldest make room"
    before = cpu(running)
    passes(running, sink, "r04")
    assert running.run("status").returncode == 0
    time.sleep(1)
    assert cpu(running) - before < 3
    for one in idle:
        one.close()
    wait_for(lambda: greeting(tcp(running)).startswith(b"220"), 10, "TCP to be served again")


@pytest.fixture
def small_disk(posternd):
    """Mounts a small file system as the spool."""
    mounted = []

    def mount(options):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"{options},mode=700", "tmpfs", posternd.spool], check=True)
        mounted.append(posternd.spool)
        subprocess.run(["chown", "postern:postern", posternd.spool], check=True)
    yield mount
    posternd.stop()
    for path in mounted:
        subprocess.run(["umount", "-l", path], check=True)


def _below_the_reserve(posternd, sink, fill, free):
    """Mail is in the queue; the disk fills up; nothing is taken, everything is delivered, a bounce is made."""
    posternd.configure(smarthost(NOBODY_LISTENS, tls="none", user=None))
    posternd.start()
    posternd.sendmail(message("b@example.com", "x\n", subject="given-up"), *SENDS, "b@example.com")
    assert posternd.wait_reason()
    (given_up,) = posternd.queue_files()
    posternd.sendmail(message("b@example.com", "x\n", subject="waits"), *SENDS, "b@example.com")
    fill()

    def refused():
        run = posternd.sendmail(message("b@example.com", "x\n", subject="late"), *SENDS, "b@example.com", check=False)
        assert run.returncode in (0, 75), run
        return run.returncode == 75 and run
    def refused_at_once():
        with smtplib.SMTP("127.0.0.1", posternd.port) as client:
            client.ehlo()
            return client.mail("a@example.net")[0] == 452
    # The disk is looked at every five seconds.
    wait_for(refused, 20, "mail to be refused")
    wait_for(refused_at_once, 20, "mail to be refused before it is sent")
    # It may be tried just now.
    wait_for(lambda: posternd.run("queue", "bounce", given_up).returncode == 0, 20, "the message to be given up")
    assert sorted(one["sender"] for one in posternd.queue()) == ["", "a@example.net"], "a report, and what waits"
    posternd.configure(smarthost(SINK, tls="none", user=None))
    posternd.reload()
    wait_for(lambda: "waits" in sink(), 20, "the message from before")
    posternd.wait_empty()
    assert len(sink()) > 1 and "given-up" not in sink(), "the report was not delivered"
    free()
    wait_for(lambda: posternd.sendmail(message("b@example.com", "x\n", subject="again"), *SENDS, "b@example.com",
                                       check=False).returncode == 0, 20, "mail to be taken again")
    wait_for(lambda: "again" in sink(), 20, "the message from after")


def test_r05_free_bytes_under_the_reserve(posternd, sink, small_disk):
    small_disk("size=48m")
    filler = f"{posternd.spool}/filler"

    def fill():
        with open(filler, "wb") as out:
            out.write(b"x" * (20 << 20))
    _below_the_reserve(posternd, sink, fill, lambda: os.unlink(filler))


def test_r06_free_inodes_under_the_reserve(posternd, sink, small_disk):
    small_disk("size=64m,nr_inodes=1600")
    filler = f"{posternd.spool}/filler"

    def fill():
        os.mkdir(filler)
        for number in range(700):
            open(f"{filler}/{number}", "w").close()
    _below_the_reserve(posternd, sink, fill, lambda: subprocess.run(["rm", "-r", filler], check=True))


def start(posternd, *prefix, **options):
    """Starts the daemon through another program, or with other descriptors."""
    with open(posternd.log, "a") as log:
        posternd.process = subprocess.Popen(
            [*prefix, f"{posternd.programs}/posternd", "--config", posternd.config],
            **{"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "user": "postern", "group": "postern",
               "extra_groups": [], **options})


# The sanitizers need descriptors of their own: the release build.
@released
def test_r11_no_descriptor_is_left(posternd, sink):
    limit = 64
    posternd.configure(smarthost(SINK, tls="none", user=None))
    start(posternd, "prlimit", f"--nofile={limit}:{limit}")
    posternd.wait_ready()
    running = posternd
    passes(running, sink, "r11-before")
    crowd = [socket.socket(socket.AF_UNIX) for _ in range(2 * limit)]
    for one in crowd:
        one.connect(f"{running.directory}/submit.sock")
    wait_for(lambda: descriptors(running) >= limit - 1, 10, "the descriptors to be used up")
    before = cpu(running)
    time.sleep(3)
    assert cpu(running) - before < 0.6, "it spins"
    wait_for(lambda: "cannot accept connections for now" in running.read_log(), 10, "a word of it")
    for one in crowd:
        one.close()
    passes(running, sink, "r11-after")


@released
@pytest.mark.parametrize("limit", [8, 12, 16, 24])
def test_r11_few_descriptors_from_the_start(posternd, limit):
    """It serves, or says why not and ends."""
    posternd.configure()
    start(posternd, "prlimit", f"--nofile={limit}:{limit}")
    # Its port alone says little: it may be open already where something else then finds no descriptor.
    wait_for(lambda: posternd.process.poll() is not None or "notice: ready " in posternd.read_log(), 20, "its word, or its end")
    status = posternd.process.poll()
    if status is None:
        run = posternd.run("status", timeout=20)
        assert run.returncode in (1, 2) and b"no smarthost is configured" in run.stdout, run
        return
    posternd.process = None
    said = posternd.read_log().lower()
    assert status == 71 and ("too many open files" in said or "descriptor" in said), (status, said)


@released
def test_s19_s27_a_hundred_thousand_recipients_or_header_lines_need_no_memory(running):
    peak = memory(running, "VmHWM")
    sock = tcp(running)
    reader = sock.makefile("rb")
    sock.sendall(b"EHLO me\r\nMAIL FROM:<a@example.net>\r\n")

    def commands():
        for start in range(0, 100_000, 100):
            with contextlib.suppress(OSError):
                sock.sendall(b"".join(b"RCPT TO:<b%d@example.com>\r\n" % n for n in range(start, start + 100)))
    sender = threading.Thread(target=commands, daemon=True)
    sender.start()
    codes = {}
    for line in reader:
        codes[line[:3]] = codes.get(line[:3], 0) + 1
        if sum(codes.values()) > 100_005 or line.startswith(b"421"):
            break
    assert codes.get(b"250", 0) <= 1000 + 20 and codes.get(b"452", 0) + codes.get(b"421", 0) > 0, codes
    sock.close()
    with smtplib.SMTP("127.0.0.1", running.port) as client:
        client.ehlo()
        client.mail("a@example.net")
        client.rcpt("b@example.com")
        code, _ = client.data("X: y\r\n" * 100_000 + "\r\nbody\r\n")
        assert code == 250, "a header of any length is taken"
    running.wait_empty()
    assert memory(running, "VmHWM") < peak + 16


@released
def test_a_message_of_a_million_lines_streams(running, sink):
    peak = memory(running, "VmHWM")
    with smtplib.SMTP("127.0.0.1", running.port) as client:
        client.sendmail("a@example.net", ["b@example.com"], message("b@example.com", "a line of text\n" * 1_000_000, subject="large"))
    wait_for(lambda: "large" in sink(), 30, "the large message")
    assert memory(running, "VmHWM") < peak + 24


NUMBERS = [2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**20, 10**21]


def test_r10_numbers_at_their_edges(running, sink):
    for number in NUMBERS:
        with smtplib.SMTP("127.0.0.1", running.port) as client:
            client.ehlo()
            assert client.docmd("MAIL", f"FROM:<a@example.net> SIZE={number}")[0] in (501, 552), number
        for command in ({"command": "queue list", "limit": number}, {"command": "send-test", "recipient": "b@example.com",
                                                                       "timeout": -number}):
            with socket.socket(socket.AF_UNIX) as control:
                control.settimeout(20)
                control.connect(f"{running.directory}/control.sock")
                control.sendall(json.dumps(command).encode() + b"\n")
                last = [json.loads(line) for line in control.makefile("rb")][-1]
            assert "exit" in last, (command, last)
        for key, unit in (("message_size", ""), ("message_size", "MB"), ("recipients", ""), ("retry", "s")):
            value = f"{{ min: {number}{unit} }}" if key == "retry" else f"{number}{unit}"
            with open(f"{running.directory}/odd.yaml", "w") as out:
                out.write(f"smarthosts: []\n{key}: {value}\n")
            run = running.run("--config", f"{running.directory}/odd.yaml", "--check", program="posternd")
            assert run.returncode in (0, 78), (key, value, run)
    passes(running, sink, "r10")


DEEP = 100_000


def test_r13_what_is_nested_deep_is_no_trouble(running, sink):
    addresses = ["(" * DEEP + ")" * DEEP + " b@example.com", "(" * DEEP, "<" * DEEP, '"' + "\\" * DEEP, "g: " * DEEP + "b@example.com;"]
    for address in addresses:
        began = time.monotonic()
        run = running.sendmail(f"To: {address}\nSubject: x\n\nx\n", "-t", "-f", "a@example.net", check=False)
        assert run.returncode in (0, 64, 65, 69, 75), (address[:20], run.returncode, run.stderr[:200])
        assert time.monotonic() - began < 20
    boundary = "".join(f"--{n}\nContent-Type: multipart/mixed; boundary={n + 1}\n\n" for n in range(20_000))
    running.sendmail(f"To: b@example.com\nSubject: deep\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=0\n\n{boundary}",
                     *SENDS, "b@example.com")
    wait_for(lambda: "deep" in sink(), 20, "the deep message")
    for request in (b"[" * 60_000, b'{"command":' * 5_000, b'{"command":"' + b"x" * 65_000):
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(20)
            control.connect(f"{running.directory}/control.sock")
            with contextlib.suppress(OSError):
                control.sendall(request + b"\n")
                assert b"error" in control.makefile("rb").read()
    for text in ("[" * DEEP, "a: " + "{b: " * DEEP, "- " * DEEP, "a: &a [" + "*a, " * DEEP + "]"):
        with open(f"{running.directory}/deep.yaml", "w") as out:
            out.write(text + "\n")
        run = running.run("--config", f"{running.directory}/deep.yaml", "--check", program="posternd")
        assert run.returncode == 78, (text[:20], run.returncode)


@pytest.mark.parametrize("stderr", ["closed", "nobody reads", "the disk is full", "the reader has gone"])
def test_r14_a_log_that_cannot_be_written_stops_no_mail(posternd, sink, stderr):
    posternd.configure(smarthost(SINK, tls="none", user=None))
    reading, writing = os.pipe()
    target = {"closed": None, "the disk is full": os.open("/dev/full", os.O_WRONLY)}.get(stderr, writing)
    if stderr == "the reader has gone":
        os.close(reading)
    prefix = ["/bin/sh", "-c", 'exec "$@" 2>&-', "sh"] if target is None else []
    start(posternd, *prefix, stderr=target or subprocess.DEVNULL)
    posternd.wait_ready()
    with smtplib.SMTP("127.0.0.1", posternd.port) as client:
        for number in range(400):
            client.sendmail("a@example.net", [f"{number}-{'b' * 50}@example.com"], message("b@example.com", "x\n", subject=f"r14-{number}"))
    wait_for(lambda: len(set(sink())) == 400, 90, "all messages")
    posternd.wait_empty()
    # Descriptor 2 must not have become a file of the spool: some mail stays there now.
    posternd.configure(smarthost(NOBODY_LISTENS, tls="none", user=None))
    assert posternd.run("reload").returncode == 0
    for number in range(20):
        posternd.sendmail(message("b@example.com", "x\n", subject=f"stays-{number}"), *SENDS, "b@example.com")
    assert posternd.wait_reason() and len(posternd.queue_files()) == 20
    assert posternd.stop() == 0  # from now on no file goes between the list and the look
    for parent, _, names in os.walk(posternd.spool):
        for path in (f"{parent}/{name}" for name in names):
            with open(path, "rb") as source:
                assert not re.search(rb"(?m)^\S+ (debug|info|notice|warning|error): ", source.read()), path


@pytest.mark.parametrize("reader", ["a pipe", "a socket", "a journal"])
def test_r14_a_reader_of_the_log_that_stops_is_told_later_what_it_missed(posternd, sink, reader):
    posternd.configure(smarthost(SINK, tls="none", user=None))
    environment = {}
    with contextlib.ExitStack() as stack:
        if reader == "a pipe":
            reading, writing = os.pipe()
            take = lambda: os.read(reading, 65536)
        else:
            ours, theirs = socket.socketpair()
            reading, writing = ours.fileno(), theirs.fileno()
            take = lambda: ours.recv(65536)
            stack.callback(ours.close)
        if reader == "a journal":
            os.makedirs("/run/systemd/journal", exist_ok=True)
            journal = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            journal.bind("/run/systemd/journal/socket")
            os.chmod("/run/systemd/journal/socket", 0o666)
            stack.callback(os.unlink, "/run/systemd/journal/socket")
            reading, take = journal.fileno(), lambda: journal.recv(65536)
            status = os.fstat(writing)
            environment = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        start(posternd, stderr=writing, env={**os.environ, **environment})
        posternd.wait_ready()
        longest = 0
        with smtplib.SMTP("127.0.0.1", posternd.port) as client:
            for number in range(700):
                begun = time.monotonic()
                client.sendmail("a@example.net", [f"{number}-{name * 50}@example.com" for name in "bcdefghijklmnopqrstuvwxyz"],
                                message("b@example.com", "x\n", subject=f"stop-{number}"))
                longest = max(longest, time.monotonic() - begun)
        wait_for(lambda: len(set(sink())) == 700, 90, "all messages")
        posternd.wait_empty()
        assert longest < 10, "nothing waits for the log"
        said = b""
        # What was kept comes late, then what was lost, then what is new. A short line may still find room, and tells
        # of the few that were lost before it.
        while sum(int(lost) for lost in re.findall(rb"lines of the log were lost lines=(\d+)\n", said)) <= 100:
            assert select.select([reading], [], [], 20)[0], said[-2000:]
            said += take()
        passes(posternd, sink, "read-again")
        while b"read-again" not in said and b"delivered" not in said.partition(b"were lost")[2]:
            assert select.select([reading], [], [], 20)[0], said[-2000:]
            said += take()
        assert posternd.stop() == 0


def test_r14_foreign_bytes_are_escaped_in_the_log(running, sink):
    with smtplib.SMTP("127.0.0.1", running.port) as client:
        client.docmd("EHLO", "x\x1b[31m%n%s")
        client.docmd("MAIL", "FROM:<a\x07\x1b]0;t@example.net>")
        sock = client.sock
        sock.sendall(b"RCPT TO:<\xff\xfe\xe2\x80\xae@example.com>\r\n" + b"NOOP " + b"x" * 1900 + b"\r\n")
        client.getreply()
        client.getreply()
    passes(running, sink, "r14")
    log = running.read_log()
    assert not any(ord(c) < 32 and c != "\n" for c in log)
    assert max(map(len, log.splitlines())) < 8000


def _hierarchy(controller):
    """(version, where groups with this controller can be made)"""
    def mounted(kind, base, *options):
        os.makedirs(base, exist_ok=True)
        command = ["mount", "-t", kind, *options, kind, base]
        return os.path.ismount(base) or subprocess.run(command, capture_output=True).returncode == 0
    unified, own = "/run/cgroup2", f"/run/cgroup-{controller}"
    if mounted("cgroup2", unified):
        with contextlib.suppress(OSError), open(f"{unified}/cgroup.subtree_control", "w") as out:
            out.write(f"+{controller}")
        with open(f"{unified}/cgroup.subtree_control") as source:
            if controller in source.read().split():
                return 2, unified
    if mounted("cgroup", own, "-o", controller):
        return 1, own
    pytest.skip(f"no control groups here with the controller {controller}, of neither version")


@pytest.fixture
def group():
    """Makes a control group of one controller, in version 2 where that has it, else in version 1; skips where there is
    neither. `limit` is the file and its text in each version."""
    made = []

    def make(controller, limit=None):
        version, base = _hierarchy(controller)
        path = f"{base}/postern-limits-{os.getpid()}-{time.time_ns()}"
        os.mkdir(path)
        made.append(path)
        for key, value in (limit or {}).get(version, {}).items():
            with open(f"{path}/{key}", "w") as out:
                out.write(str(value))
        return path
    yield make
    for path in made:
        with contextlib.suppress(OSError):
            os.rmdir(path)


def _join(path, posternd):
    with open(f"{path}/cgroup.procs", "w") as out:
        out.write(str(posternd.process.pid))


@released
def test_r15_large_messages_within_64_mib(posternd, sink, group):
    path = group("memory", {1: {"memory.limit_in_bytes": 64 << 20}, 2: {"memory.max": 64 << 20}})
    posternd.configure(smarthost(SINK, tls="none", user=None))
    posternd.start()
    _join(path, posternd)
    text = message("b@example.com", "a line of some length, again and again\n" * 200_000)  # 8 MB
    threads = []
    for number in range(20):
        def send(number=number):
            with smtplib.SMTP("127.0.0.1", posternd.port, timeout=180) as client:
                client.sendmail("a@example.net", ["b@example.com"], text.replace("a test", f"r15-{number}"))
        threads.append(threading.Thread(target=send))
        threads[-1].start()
    for one in threads:
        one.join()
    wait_for(lambda: len(set(sink())) == 20, 60, "all large messages")
    assert posternd.process.poll() is None
    posternd.stop()


def test_r16_no_process_can_be_started(posternd, work, group):
    """No thread for the resolver, no child for password_command: mail waits, the daemon lives."""
    directory = f"{work}/r16"
    os.makedirs(directory)
    server = Practice(directory, PRACTICE_OWN, "PLAIN")
    server.start()
    try:
        command = f"{posternd.directory}/password-command"
        with open(command, "w") as out:
            out.write(f"#!/bin/sh\ncat {posternd.directory}/password\n")
        os.chmod(command, 0o755)
        keys = smarthost(PRACTICE_OWN, tls="implicit", tls_ca_file=server.ca, password_command=f"[ {command} ]")
        del keys["password_file"]
        posternd.configure(keys)
        posternd.start()
        path = group("pids")
        _join(path, posternd)

        def allow(more):
            with open(f"{path}/pids.current") as now, open(f"{path}/pids.max", "w") as out:
                out.write(str(int(now.read()) + more))
        allow(0)
        posternd.sendmail(message("b@example.com", "x\n"), *SENDS, "b@example.com")
        reason = posternd.wait_reason()
        assert posternd.run("status").returncode in (1, 2) and "unavailable" in reason, reason
        allow(100)
        posternd.run("queue", "retry", "all")
        posternd.wait_empty()
        posternd.stop()
    finally:
        server.stop()


@released
def test_r17_almost_no_processor_time(posternd, sink, group):
    path = group("cpu", {1: {"cpu.cfs_period_us": 100_000, "cpu.cfs_quota_us": 5_000}, 2: {"cpu.max": "5000 100000"}})
    posternd.configure(smarthost(SINK, tls="none", user=None))
    posternd.start()
    _join(path, posternd)
    for number in range(20):
        posternd.sendmail(message("b@example.com", "x\n", subject=f"r17-{number}"), *SENDS, "b@example.com")
    wait_for(lambda: len(set(sink())) == 20, 120, "all messages")
    assert "site down" not in posternd.read_log()
    posternd.stop()


def test_r18_a_name_server_that_never_answers(posternd, sink):
    """The first smarthost's name cannot be resolved for a while: the loop lives, and the second one gets the mail."""
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 53))
    with open("/etc/resolv.conf", "w") as out:
        out.write("nameserver 127.0.0.1\noptions timeout:15 attempts:1\n")
    try:
        posternd.configure(smarthost(25, host="silent.example.org", tls="none", user=None),
                           smarthost(SINK, tls="none", user=None, name="second"))
        posternd.start()
        posternd.sendmail(message("b@example.com", "x\n", subject="r18"), *SENDS, "b@example.com")
        silent.settimeout(60)
        silent.recv(512)  # the question has come, the attempt is under way
        for _ in range(10):
            began = time.monotonic()
            assert posternd.run("status").returncode in (0, 1, 2)
            posternd.sendmail(message("b@example.com", "x\n", subject="r18-more"), *SENDS, "b@example.com")
            assert time.monotonic() - began < 10, "the loop waits for the name server"
        wait_for(lambda: {"r18", "r18-more"} <= set(sink()), 90, "the mail through the second smarthost")
        began = time.monotonic()
        assert posternd.stop() == 0 and time.monotonic() - began < 25
    finally:
        silent.close()
        open("/etc/resolv.conf", "w").close()

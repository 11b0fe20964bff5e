"""What one user of the machine can take from another at the doors: sessions, memory, answers. Each attack is bounded,
and meanwhile another user's alert must go through."""

import contextlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from ports import NOBODY_LISTENS, SINK
from postern import RELEASE, message, smarthost
from sink import Sink
from spool_maker import fill as fill_queue
from waiting import wait_for

SENDS = ["-i", "-f", "a@example.net"]
released = pytest.mark.parametrize("posternd", [{"programs": RELEASE}], indirect=True)
SOON = 30  # seconds: another user's alert is on its way to the smarthost, however loaded the machine is


@pytest.fixture
def sink(work):
    with Sink(f"{work}/shares-sink-{len(os.listdir(work))}") as one:
        yield one.subjects


@pytest.fixture
def running(posternd, sink):
    posternd.configure(smarthost(SINK, tls="none", user=None))
    posternd.start()
    return posternd


def alert(posternd, sink, subject, user="alice"):
    """Another user's message goes all the way. Returns the seconds that it took."""
    began = time.monotonic()
    posternd.sendmail(message("b@example.com", "x\n", subject=subject), *SENDS, "b@example.com", user=user)
    wait_for(lambda: subject in sink(), SOON, f"message {subject}")
    return time.monotonic() - began


def proportional(posternd):
    """PSS in MiB"""
    with open(f"/proc/{posternd.process.pid}/smaps_rollup") as source:
        return next(int(line.split()[1]) for line in source if line.startswith("Pss:")) / 1024


def local(posternd):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(20)
    sock.connect(f"{posternd.directory}/submit.sock")
    return sock


def tcp(posternd):
    return socket.create_connection(("127.0.0.1", posternd.port), timeout=20)


class As:
    """A block in which sockets are made, and connections, as another user."""

    def __init__(self, uid):
        self.uid = uid

    def __enter__(self):
        os.seteuid(self.uid)

    def __exit__(self, *_):
        os.seteuid(0)


@pytest.mark.parametrize("state", ["silent", "in a transaction"])
def test_r04_idle_connections_over_tcp_keep_nobody_from_smtp(running, sink, state):
    said = b"EHLO me\r\nMAIL FROM:<a@example.net>\r\n" if state == "in a transaction" else b""
    with As(4242):
        idle = [tcp(running) for _ in range(520)]
    for one in idle:
        with contextlib.suppress(OSError):
            one.sendall(said)
    began = time.monotonic()
    others = [tcp(running) for _ in range(5)]  # of root, at the same time
    readers = [other.makefile("rb") for other in others]
    for reader in readers:
        assert reader.readline().startswith(b"220"), "another user is served"
    for number, other in enumerate(others):
        other.sendall(b"EHLO me\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
                      b"Subject: r04-smtp-%d\r\n\r\nx\r\n.\r\nQUIT\r\n" % number)
    for reader in readers:
        assert b"250 2.0.0 queued as" in reader.read()
    wait_for(lambda: {f"r04-smtp-{number}" for number in range(5)} <= set(sink()), SOON, "the messages by SMTP")
    took = time.monotonic() - began
    for other in others:
        other.close()
    print(f"\n520 {state} connections over TCP: another's mail by SMTP took {took:.2f} s, "
          f"by sendmail {alert(running, sink, 'r04-sendmail'):.2f} s")
    log = running.read_log()
    assert re.search(r'uid=4242 reason="too many connections over TCP \(limit: 500, of which', log), log
    assert log.count("over TCP (limit: 500,") <= 21, "told in the log once for each"
    for one in idle:
        one.close()


def fill(sock, recipients):
    """As many recipients as are taken; the last reply."""
    reader = sock.makefile("rb")
    sock.sendall(b"EHLO me\r\nMAIL FROM:<a@example.net>\r\n")
    lines = b"".join(b"RCPT TO:<%d@example.com>\r\n" % n for n in range(recipients))

    def write():
        with contextlib.suppress(OSError):
            sock.sendall(lines)
    writer = threading.Thread(target=write)
    writer.start()
    last = b""
    seen = 0
    while seen < recipients:
        line = reader.readline()
        if not line:
            break
        last = line
        seen += line.startswith((b"250 2.1.5", b"452", b"552"))
    writer.join()
    return last


LIMIT = 512  # MiB, MemoryMax= of the unit


@contextlib.contextmanager
def peak_of(posternd):
    """The largest PSS in MiB of this block, in a list of one."""
    peak = [proportional(posternd)]
    done = threading.Event()

    def watch():
        while not done.wait(0.05):
            peak[0] = max(peak[0], proportional(posternd))
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


@released
def test_a_hundred_sessions_full_of_recipients_cost_the_daemon_no_more_than_its_budget(running, sink):
    before = proportional(running)
    began = time.monotonic()
    sessions = []
    with As(4242):
        for _ in range(100):
            sessions.append(local(running))
    last = [b""] * len(sessions)

    def attack(number):
        last[number] = fill(sessions[number], 12_000)
    threads = [threading.Thread(target=attack, args=(number,)) for number in range(len(sessions))]
    with peak_of(running) as peak:
        for one in threads:
            one.start()
        took = alert(running, sink, "meanwhile")
        for one in threads:
            one.join(30)
        attacked = time.monotonic() - began
        # All say DATA, and those that may send some text.
        for one in sessions:
            with contextlib.suppress(OSError):
                one.sendall(b"DATA\r\n")
                one.sendall(b"Subject: x\r\n\r\nbody\r\n")
        took_too = alert(running, sink, "at-data")
    assert running.process.poll() is None
    refused = [line for line in last if line.startswith(b"452")]
    assert refused and b"too much mail of user 4242 is coming in at a time (limit: memory)" in refused[0], last[:3]
    assert peak[0] < LIMIT and peak[0] < before + 200, peak
    for one in sessions:
        one.close()
    wait_for(lambda: proportional(running) < 30, 20, "the memory to be given back")
    print(f"\n100 sessions of recipients ({attacked:.0f} s): PSS {before:.0f} MiB before, at most {peak[0]:.0f}, "
          f"{proportional(running):.0f} afterwards; {len(refused)} refused; another's alert took {took:.2f} and {took_too:.2f} s")


ROUND = 100  # recipients
ROUNDS = 40  # so many of these in every session would be 550 MiB of addresses


def round_of(number):
    domain = ".".join(("d" * 60, "e" * 60, "f" * 50, "example.com"))
    return b"".join(b"RCPT TO:<%s@%s>\r\n" % (f"{number * ROUND + n:060}".encode(), domain.encode()) for n in range(ROUND))


def begun(sock):
    """The session is where recipients are awaited; what its replies are read from."""
    reader = sock.makefile("rb")
    sock.sendall(b"EHLO me\r\nMAIL FROM:<a@example.net>\r\n")
    for _ in ("greeting", "EHLO", "MAIL"):
        while (line := reader.readline())[3:4] == b"-":
            pass
    assert line.startswith(b"250 2.1.0"), line
    return reader


@released
def test_five_hundred_sessions_over_tcp_full_of_recipients_leave_room_for_anothers_alert(running, sink):
    before = proportional(running)
    began = time.monotonic()
    sessions = []
    # Ten of one user have places in any case; and as many as a user may have by the other door.
    for uid in range(5000, 5050):
        with As(uid):
            sessions += [tcp(running) for _ in range(10)]
    with As(4242):
        sessions += [local(running) for _ in range(100)]
    with peak_of(running) as peak:
        filling = [(one, begun(one)) for one in sessions]
        assert len(filling) == 600
        taken, refused = 0, []
        for number in range(ROUNDS):
            recipients = round_of(number)
            for sock, _ in filling:
                sock.sendall(recipients)
            if number == 0:
                took = alert(running, sink, "meanwhile")
            more = []
            for sock, reader in filling:
                replies = [reader.readline() for _ in range(ROUND)]
                here = sum(reply.startswith(b"250 2.1.5") for reply in replies)
                taken += here
                if here == ROUND:
                    more.append((sock, reader))
                else:
                    refused.append(replies[here])
            filling = more
        attacked = time.monotonic() - began
        took_too = alert(running, sink, "when-all-is-full")
    assert running.process.poll() is None
    assert not filling, f"{len(filling)} sessions may have whatever they ask for"
    words = re.compile(rb"452 4\.3\.1 too much mail of user \d+ is coming in at a time \(limit: memory\)")
    assert all(words.match(reply) for reply in refused), refused
    assert peak[0] < LIMIT and peak[0] < before + 200, peak
    assert max(took, took_too) < SOON
    for one in sessions:
        one.close()
    wait_for(lambda: proportional(running) < 30, 20, "the memory to be given back")
    print(f"\n500 sessions over TCP and 100 on the unix socket with {taken} long recipients ({attacked:.0f} s): PSS {before:.0f} MiB "
          f"before, at most {peak[0]:.0f}, {proportional(running):.0f} afterwards; another's alert took {took:.2f} and {took_too:.2f} s")


@released
@pytest.mark.alone
def test_sixty_headers_of_very_many_fields_cost_the_daemon_their_bytes_and_no_more(running, sink):
    """Each has 87,040 fields; what is known of one takes 48 bytes."""
    before = proportional(running)
    sessions = []
    with As(4242):
        for _ in range(60):
            sessions.append(local(running))
    for one in sessions:
        one.sendall(b"EHLO me\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n")
    readers = [one.makefile("rb") for one in sessions]
    for reader in readers:
        assert any(line.startswith(b"354") for line in reader)
    for one in sessions:
        one.sendall(b"a:\r\n" * (255 * 1024 // 3))
    # All headers end at the same time.
    with peak_of(running) as peak:
        os.kill(running.process.pid, signal.SIGSTOP)
        for one in sessions:
            one.sendall(b"\r\n" + b"x" * 12_000 + b"\r\n.\r\n")
        os.kill(running.process.pid, signal.SIGCONT)
        answers = [reader.readline() for reader in readers]
    assert all(answer.startswith((b"250 2.0.0 queued as", b"452")) for answer in answers), answers
    print(f"\n60 headers of 87,040 fields: PSS {before:.0f} MiB before, at most {peak[0]:.0f}")
    assert peak[0] < before + 200, (before, peak)
    for one in sessions:
        one.close()


def control(posternd, request):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(20)
    sock.connect(f"{posternd.directory}/control.sock")
    sock.sendall(json.dumps(request).encode() + b"\n")
    return sock


def write_and_go(posternd, reset):
    """A whole transaction over TCP by a client that reads nothing."""
    with As(4242):
        sock = tcp(posternd)
    sock.sendall(b"EHLO me\r\nMAIL FROM:<root@example.net>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
                 b"Subject: gone\r\n\r\nx\r\n.\r\nQUIT\r\n")
    if reset:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@pytest.mark.parametrize("reset", [False, True])
def test_a_client_that_writes_everything_and_goes_passes_no_limit_as_nobody(posternd, sink, reset):
    posternd.configure(smarthost(SINK, tls="none", user=None))
    with open(posternd.config, "a") as out:
        out.write('senders: [{ user: "4242", may: me@example.net }]\n')
    posternd.start()
    # While the daemon does other things the client is gone before it is accepted.
    os.kill(posternd.process.pid, signal.SIGSTOP)
    for _ in range(5):
        write_and_go(posternd, reset)
    os.kill(posternd.process.pid, signal.SIGCONT)
    alert(posternd, sink, "after-gone")
    if not reset:  # otherwise the kernel may not hand it over at all
        wait_for(lambda: "its client had gone before it was answered" in posternd.read_log(), 20, "the line in the log")
    posternd.wait_empty()
    assert "gone" not in sink()


@released
def test_twenty_listings_that_nobody_reads_hold_no_memory(posternd):
    posternd.configure(smarthost(NOBODY_LISTENS, tls="none", user=None))
    os.makedirs(f"{posternd.spool}/queue", exist_ok=True)
    fill_queue(f"{posternd.spool}/queue", 20_000, lambda number: time.time() + 3600)
    subprocess.run(["chown", "-R", "postern:postern", posternd.spool], check=True)
    posternd.start()
    wait_for(lambda: posternd.status()["queue"]["waiting"] == 20_000, 30, "the queue to be read")
    before = proportional(posternd)
    listings = [control(posternd, {"command": "queue list"}) for _ in range(20)]
    time.sleep(1)
    peak = proportional(posternd)
    told = control(posternd, {"command": "status"}).makefile().read()
    assert "too many requests of yours are under way (limit: 20)" in told, told
    began = time.monotonic()
    posternd.sendmail(message("b@example.com", "x\n"), *SENDS, "b@example.com", user="alice")
    took = time.monotonic() - began
    assert posternd.run("status", user="alice").returncode in (0, 1), "another user is answered"
    assert peak < before + 15, (before, peak)
    for one in listings:
        one.close()
    wait_for(lambda: posternd.run("status").returncode in (0, 1), 20, "an answer")
    print(f"\n20 unread listings of 20,000 messages: PSS {before:.0f} MiB before, {peak:.0f} with them; "
          f"another's alert was taken in {took:.2f} s")


@released
def test_large_answers_that_a_user_leaves_unread_have_a_limit_and_root_is_answered(posternd):
    posternd.configure(smarthost(NOBODY_LISTENS, tls="none", user=None))
    posternd.start()
    with As(4242):
        sock = local(posternd)
    assert fill(sock, 30_000).startswith(b"250 2.1.5")
    sock.sendall(b"DATA\r\nSubject: x\r\n\r\nbody\r\n.\r\nQUIT\r\n")
    identity = re.search(rb"queued as (\S+)", sock.makefile("rb").read()).group(1).decode()
    show = {"command": "queue show", "id": identity}
    with As(4242):
        asked = [control(posternd, show) for _ in range(20)]
    heads = [one.recv(200, socket.MSG_PEEK) for one in asked]
    refused = [one for one, head in zip(asked, heads) if head.startswith(b'{"error"')]
    print(f"\n20 unread answers of a message with 30,000 recipients: {len(refused)} were refused")
    assert 0 < len(refused) < 20
    assert "too many answers are waiting to be read (limit: memory); try again later" in refused[0].makefile().read()
    whole = control(posternd, show).makefile().read()
    assert whole.endswith('{"done":true,"exit":0}\n') and whole.count("@example.com") >= 30_000, whole[-200:]
    listed = control(posternd, {"command": "queue list"}).makefile().readline()
    assert json.loads(listed)["recipient_count"] == 30_000


HTTP_BODY = "EHLO me\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nSubject: http\r\n\r\nx\r\n.\r\nQUIT\r\n"


def test_http_clients_and_tls_hellos_are_told_and_nothing_of_them_is_read(running, sink):
    def curl(*arguments):
        return subprocess.run(["curl", "-s", "--http0.9", "--max-time", "20", *arguments], capture_output=True, text=True)
    for target in ([f"http://127.0.0.1:{running.port}/"],
                   ["--unix-socket", f"{running.directory}/submit.sock", "http://localhost/"]):
        for method in ("POST", "PUT", "OPTIONS", "PROPFIND"):
            run = curl("-X", method, "--data-binary", HTTP_BODY, *target)
            assert "250" not in run.stdout and "354" not in run.stdout, (method, run)
    for connect in (local, tcp):
        for begin in (f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(HTTP_BODY)}\r\n\r\n".encode(),
                      b"\x16\x03\x01\x00\xfa\x01\x00\x00\xf6\x03\x03"):
            with connect(running) as sock:
                reader = sock.makefile("rb")
                assert reader.readline().startswith(b"220")
                sock.sendall(begin + HTTP_BODY.encode())
                said = b""
                with contextlib.suppress(ConnectionResetError):
                    said = reader.readline()
                # The reset of a TCP connection with unread bytes may overtake the reply.
                lost = connect is tcp and said == b""
                assert lost or b"554 5.5.1 this is SMTP without TLS, and what came is" in said, said
    assert alert(running, sink, "after-http") < SOON
    running.wait_empty()
    assert "http" not in sink()
    assert "what came is HTTP; closing" in running.read_log()


def test_a_refused_message_without_an_end_is_given_up(posternd, sink):
    posternd.configure(smarthost(SINK, tls="none", user=None))
    with open(posternd.config, "a") as out:
        out.write("limits: { message_size: 1M }\n")
    posternd.start()
    sent = 0
    with local(posternd) as sock, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        sock.sendall(b"EHLO me\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nSubject: x\r\n\r\n")
        piece = b"y" * 65534 + b"\r\n"
        while sent < 256 << 20:
            sock.sendall(piece)
            sent += len(piece)
    print(f"\na message without an end: {sent >> 20} MiB were taken until the connection was closed")
    assert sent < 32 << 20, "the session goes on"
    wait_for(lambda: not os.listdir(f"{posternd.spool}/tmp"), 10, "what was refused to be gone")
    assert posternd.queue_files() == []
    wait_for(lambda: "the refused message does not end" in posternd.read_log(), 10, "the line in the log")
    alert(posternd, sink, "after-endless")


def test_a_user_with_too_many_messages_in_a_minute_is_told_and_others_are_not(posternd, sink):
    posternd.configure(smarthost(SINK, tls="none", user=None))
    with open(posternd.config, "a") as out:
        out.write("limits: { per_user: { rate: 3 } }\n")
    posternd.start()
    runs = [posternd.sendmail(message("b@example.com", "x\n", subject=f"rate-{n}"), *SENDS, "b@example.com", user="alice",
                              check=False) for n in range(5)]
    assert [run.returncode for run in runs] == [0, 0, 0, 75, 75], runs
    assert b"limits.per_user.rate: 3" in runs[-1].stderr, runs[-1]
    for number in range(5):
        posternd.sendmail(message("b@example.com", "x\n", subject=f"root-{number}"), *SENDS, "b@example.com")
    wait_for(lambda: len(sink()) == 8, SOON, "what was taken")

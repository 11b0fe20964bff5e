"""The daemon may be down: the shim's fallback to postern-drop, the pick-up, and no message twice (C37 to C45)."""

import contextlib
import glob
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from dropping import DROP, HELPER, SOCKETS, SPOOL, frame, helper, installation, is_whole, stopped
from ports import SINK
from postern import RELEASE, message, smarthost
from sink import Sink
from test_daemon import catches
from waiting import wait_for

pytestmark = pytest.mark.skipif(not os.path.exists(f"{RELEASE}/postern-drop"), reason="the optimised build is not there")
SECONDS = int(os.environ.get("POSTERN_DROP_SECONDS", "20"))
SHIMS = 20
# In seconds, with all the disk does: the shortest time that sendmail waits for a daemon is five.
AT_ONCE = 5


@pytest.fixture
def installed(work, certificates, watch, request):
    with installation(work, certificates, watch, request.node.name) as daemon:
        yield daemon


@pytest.fixture
def sink(installed):
    """The smarthost that counts subjects; the daemon is configured for it."""
    one = Sink(f"{installed.directory}/arrived")
    installed.configure(smarthost(SINK, tls="none", user=None))
    yield one
    one.stop()


def letter(subject, size=100):
    return message("b@example.com", "x" * size + "\n", subject=subject)


def once(installed, sink, subject, seconds=20):
    """It arrives, and nothing is left that could arrive again."""
    wait_for(lambda: sink.count()[subject], seconds, f"the arrival of {subject}\n{installed.read_log()[-2000:]}")
    wait_for(lambda: not installed.dropped() and not installed.queue_files(), 20, "the end of all mail")
    assert sink.count()[subject] == 1


def whole(name):
    """A dropped file is a whole frame with the right mode."""
    with open(f"{DROP}/{name}", "rb") as source:
        data = source.read()
    assert is_whole(data)
    assert os.stat(f"{DROP}/{name}").st_mode & 0o7777 == 0o604
    return data


def clear():
    for name in os.listdir(DROP):
        os.unlink(f"{DROP}/{name}")


def calls(path):
    """The system calls of a program after its start, as strace wrote them."""
    with open(path) as source:
        return [line.split("(")[0].split()[-1] for line in source if "(" in line and "execve" not in line]


@contextlib.contextmanager
def listener(path, backlog, serve=None):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        os.chmod(path, 0o666)
        server.listen(backlog)
        ending = threading.Event()

        def run():
            server.settimeout(0.1)
            while not ending.is_set():
                with contextlib.suppress(socket.timeout):
                    serve(server.accept()[0])
        thread = threading.Thread(target=run, daemon=True)
        if serve:
            thread.start()
        try:
            yield server
        finally:
            ending.set()
            if serve:
                thread.join()
            os.unlink(path)


class Cutter:
    """Between shim and daemon: passes everything on, but hangs up in place of the answer to the end of data."""

    def __init__(self, path, to, cuts=1):
        self.to, self.cuts, self.seen = to, cuts, 0
        self.context = listener(path, 16, self.serve)

    def serve(self, client):
        with client, socket.socket(socket.AF_UNIX) as daemon:
            daemon.connect(self.to)
            daemon.settimeout(30)
            client.settimeout(30)
            heard, ended = b"", False
            done = threading.Event()

            def up():
                nonlocal ended
                tail = b""
                with contextlib.suppress(OSError):
                    while data := client.recv(65536):
                        tail = (tail + data)[-200000:]
                        ended = ended or b"\r\n.\r\n" in tail
                        daemon.sendall(data)
                done.set()
            threading.Thread(target=up, daemon=True).start()
            with contextlib.suppress(OSError):
                while data := daemon.recv(65536):
                    heard += data
                    if b"queued as" in heard and self.cuts:
                        self.cuts -= 1
                        self.seen += 1
                        client.shutdown(socket.SHUT_RDWR)  # another thread still reads from it
                        return
                    client.sendall(data)


# --- C37, C40: signals and kills --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP", "PIPE", "KILL", "XFSZ", "ALRM"])
def test_c37_the_helper_is_signalled_at_each_call(installed, name):
    trace = f"{installed.directory}/trace"
    helper(frame(), before=["strace", "-o", trace])
    assert len(installed.dropped()) == 1
    total = len(calls(trace))
    assert total > 15
    for number in range(1, total + 1):
        clear()
        run = helper(frame(), before=["strace", "-o", "/dev/null", "-e", f"inject=all:signal={name}:when={number + 1}"])
        files = installed.dropped()
        assert [whole(file) for file in files] == [frame()] * len(files)
        assert len(files) <= 1 and not any(file.startswith("tmp.") for file in files)
        if run.returncode == 0:
            assert len(files) == 1, (name, number)


def _sent_by_killed_shims(installed, sink, subject, names):
    trace = f"{installed.directory}/trace"
    installed.sendmail(letter(f"{subject}-first"), "-i", "b@example.com", before=["strace", "-o", trace])
    total = len(calls(trace))
    acknowledged, attempted = {f"{subject}-first"}, set()
    for name in names:
        for number in range(2, total + 2):
            one = f"{subject}-{name}-{number}"
            attempted.add(one)
            run = installed.sendmail(letter(one), "-i", "b@example.com", check=False,
                                     before=["strace", "-o", "/dev/null", "-e", f"inject=all:signal={name}:when={number}"])
            if run.returncode == 0:
                acknowledged.add(one)
    return acknowledged, attempted


def test_c37_the_shim_is_signalled_at_each_call(installed, sink):
    # Down: the message is dropped whole or not at all.
    acknowledged, attempted = _sent_by_killed_shims(installed, sink, "down", ["KILL", "TERM"])
    for file in installed.dropped():
        whole(file)
    installed.start()
    # Up: the same through the socket.
    more, tried = _sent_by_killed_shims(installed, sink, "up", ["KILL", "TERM"])
    acknowledged, attempted = acknowledged | more, attempted | tried
    wait_for(lambda: acknowledged <= set(sink.count()), 30, "all that was acknowledged")
    wait_for(lambda: not installed.dropped() and not installed.queue_files(), 20, "the end of all mail")
    assert set(sink.count()) - acknowledged <= attempted
    assert set(sink.count().values()) == {1}


def test_c37_a_stopped_shim_goes_on(installed, sink):
    process = subprocess.Popen(installed.command("-i", "b@example.com"), stdin=subprocess.PIPE)
    process.stdin.write(letter("stopped").encode()[:50])
    process.stdin.flush()
    with stopped(process):
        process.stdin.write(letter("stopped").encode()[50:])
        process.stdin.close()
    assert process.wait(20) == 0
    installed.start()
    once(installed, sink, "stopped")


def test_c40_the_shim_dies_after_the_daemon_said_yes(installed, sink):
    installed.start()
    run = installed.sendmail(letter("c40"), "-i", "b@example.com", check=False,
                             before=["strace", "-o", "/dev/null", "-e", "inject=exit_group:signal=KILL"])
    assert run.returncode != 0
    once(installed, sink, "c40")


# --- C38 --------------------------------------------------------------------------------------------------------------


def test_c38_a_slow_writer_holds_no_connection(installed, sink):
    installed.start()
    process = subprocess.Popen(installed.command("-i", "b@example.com"), stdin=subprocess.PIPE)
    process.stdin.write(b"Subject: c38\n\nfirst\n")
    process.stdin.flush()
    time.sleep(2)
    links = [os.readlink(path) for path in glob.glob(f"/proc/{process.pid}/fd/*")]
    assert not any(link.startswith("socket:") for link in links), links
    assert installed.stop() == 0  # the daemon of the beginning need not be that of the end
    installed.start()
    process.stdin.write(b"last\n")
    process.stdin.close()
    assert process.wait(20) == 0
    once(installed, sink, "c38")


# --- C39: nobody answers ----------------------------------------------------------------------------------------------


def _dropped_then_delivered(installed, sink, subject):
    started = time.monotonic()
    run = installed.sendmail(letter(subject), "-v", "-i", "b@example.com", user="alice")
    took = time.monotonic() - started
    (name,) = installed.dropped()
    assert b"Subject: " + subject.encode() in whole(name)
    assert b"stored by" in run.stdout
    return took


def test_c39_the_socket_is_missing(installed, sink):
    assert _dropped_then_delivered(installed, sink, "missing") < AT_ONCE
    installed.start()
    once(installed, sink, "missing")
    assert "uid 1" in installed.read_log()  # alice's, by the file's owner


def test_c39_nobody_listens(installed, sink):
    installed.start()
    installed.kill()
    assert os.path.exists(installed.socket)
    assert _dropped_then_delivered(installed, sink, "dead") < AT_ONCE
    installed.start()
    once(installed, sink, "dead")


def test_c39_the_daemon_dies_after_accept(installed, sink):
    with listener(installed.socket, 16, lambda client: client.close()):
        _dropped_then_delivered(installed, sink, "closed")
    installed.start()
    once(installed, sink, "closed")


def test_c39_the_backlog_is_full(installed, sink):
    with listener(installed.socket, 0):
        others = []
        for _ in range(2):
            other = socket.socket(socket.AF_UNIX)
            other.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                other.connect(installed.socket)
            others.append(other)
        assert 4 < _dropped_then_delivered(installed, sink, "backlog") < 15
        for other in others:
            other.close()
    installed.start()
    once(installed, sink, "backlog")


def test_c39_the_daemon_hangs(installed, sink):
    installed.start()
    with stopped(installed.process):
        assert 8 < _dropped_then_delivered(installed, sink, "hangs") < 20
    once(installed, sink, "hangs")


def test_c39_a_refusal_of_the_living_daemon_is_final(installed, sink):
    installed.extra = "limits: { message_size: 100K }\n"
    installed.configure(smarthost(SINK, tls="none", user=None))
    installed.start()
    run = installed.sendmail(letter("large", 200_000), "-i", "b@example.com", check=False)
    assert run.returncode == 65 and installed.dropped() == []


def test_c39_many_recipients_are_dropped_in_one_message(installed, sink):
    installed.sendmail(letter("many"), "-i", *(f"b{n}@example.com" for n in range(1001)))
    assert len(installed.dropped()) == 1
    installed.start()
    once(installed, sink, "many")


def test_c39_what_the_daemon_would_refuse_is_not_dropped(installed):
    run = installed.sendmail(letter("too-many"), "-i", *(f"b{n}@x.org" for n in range(70_000)), check=False)
    assert run.returncode == 65 and b"would refuse" in run.stderr, (run.returncode, run.stderr)
    assert installed.dropped() == []


def test_c39_mail_dropped_while_the_daemon_runs_is_picked_up_at_once(installed, sink):
    installed.start()
    assert helper(frame("Subject: at-once\n\nx\n")).returncode == 0
    once(installed, sink, "at-once", 5)


# --- C41: the answer is lost ------------------------------------------------------------------------------------------


def _behind_a_cutter(installed, cuts):
    real = f"{SOCKETS}/real.sock"
    installed.socket = real
    installed.configure(smarthost(SINK, tls="none", user=None))
    installed.start()
    return Cutter(f"{SOCKETS}/submit.sock", real, cuts)


def test_c41_the_daemon_is_asked_again(installed, sink):
    cutter = _behind_a_cutter(installed, 1)
    with cutter.context:
        run = installed.sendmail(letter("asked-again"), "-v", "-i", "b@example.com")
    assert cutter.seen == 1 and b"queued as" in run.stdout
    once(installed, sink, "asked-again")
    assert "already stored" in installed.read_log()


def test_c41_the_message_is_dropped_and_recognised(installed, sink):
    cutter = _behind_a_cutter(installed, 3)
    with cutter.context:
        run = installed.sendmail(letter("dropped-too"), "-v", "-i", "b@example.com")
    assert cutter.seen == 3 and b"stored by" in run.stdout
    once(installed, sink, "dropped-too")


def test_p07_a_torn_copy_of_a_dropped_message_is_no_copy(installed, sink):
    """The power failed between the name of the copy and its bytes: the dropped file is all there is."""
    submission, queued = "7" * 32, "6w7k2m0000abcdef"
    assert helper(frame("Subject: torn\n\nx\n", id=submission), user="alice").returncode == 0
    uid = pwd.getpwnam("alice").pw_uid
    os.mkdir(f"{SPOOL}/queue", 0o700)
    for path, text in ((f"{SPOOL}/queue/{queued}", ""), (f"{SPOOL}/submissions", f"claim {uid} {submission} {queued}\n")):
        with open(path, "w") as out:
            out.write(text)
    for path in (f"{SPOOL}/queue", f"{SPOOL}/queue/{queued}", f"{SPOOL}/submissions"):
        shutil.chown(path, "postern", "postern")
    installed.start()
    once(installed, sink, "torn")
    assert os.listdir(f"{SPOOL}/corrupt") == [queued]


@pytest.mark.parametrize("delivered", ["queued", "delivered"])
def test_c41_another_daemon_recognises_it(installed, sink, delivered):
    """The first daemon is killed between its commit and the answer's way; the second has the journal."""
    if delivered == "queued":
        sink.stop()
    cutter = _behind_a_cutter(installed, 3)
    with stopped_pickup(installed):
        with cutter.context:
            installed.sendmail(letter("restarted"), "-i", "b@example.com")
        if delivered == "delivered":
            wait_for(lambda: sink.count()["restarted"] == 1, 10, "the first copy")
            wait_for(lambda: not installed.queue_files(), 10, "its removal")
        installed.kill()  # before it sees what comes into the directory
    (name,) = installed.dropped()
    whole(name)
    installed.start()
    wait_for(lambda: not installed.dropped(), 10, "the pick-up")
    assert "already stored" in installed.read_log()
    assert len(installed.queue_files()) == (1 if delivered == "queued" else 0)
    assert sink.count()["restarted"] == (0 if delivered == "queued" else 1)


@contextlib.contextmanager
def stopped_pickup(installed):
    """The drop directory is elsewhere for the daemon that runs, so that it takes nothing from it."""
    os.rename(DROP, f"{DROP}.hidden")
    os.mkdir(f"{DROP}")
    shutil.chown(DROP, "root", "maildrop")
    os.chmod(DROP, 0o1770)
    yield
    for name in os.listdir(DROP):
        os.rename(f"{DROP}/{name}", f"{DROP}.hidden/{name}")
    os.rmdir(DROP)
    os.rename(f"{DROP}.hidden", DROP)


# --- C42: callers with less than the usual rights ---------------------------------------------------------------------


def test_c42_callers_without_the_means(installed, sink):
    hide_run = "mount -t tmpfs tmpfs /run/postern && exec \"$@\""
    read_only = "mount -o remount,ro,bind /var/spool/postern && exec \"$@\""
    nosuid = ("mount --bind /usr/libexec /usr/libexec && mount -o remount,nosuid,bind /usr/libexec && "
              "exec setpriv --reuid alice --regid alice --clear-groups \"$@\"")
    cases = {
        "no-new-privs": (["setpriv", "--no-new-privs"], "alice", 75, b"set-gid bit"),
        "nosuid": (["unshare", "-m", "sh", "-c", nosuid, "sh"], None, 75, b"set-gid bit"),
        "read-only": (["unshare", "-m", "sh", "-c", read_only, "sh"], None, 75, b"Read-only file system"),
        "no-run": (["unshare", "-m", "sh", "-c", hide_run, "sh"], None, 0, b""),
    }
    running = {}
    for name, (before, user, _, _) in cases.items():
        process = subprocess.Popen([*before, *installed.command("-i", "b@example.com")], stdin=subprocess.PIPE,
                                   stderr=subprocess.PIPE, **({"user": user, "group": user, "extra_groups": []} if user else {}))
        process.stdin.write(letter(name).encode())
        process.stdin.close()
        running[name] = process
    for name, process in running.items():
        _, _, status, words = cases[name]
        assert process.wait(120) == status, (name, process.stderr.read())
        text = process.stderr.read()
        assert words in text, (name, text)
        if status == 75:
            assert b"cannot be reached" in text, (name, text)
    assert len(installed.dropped()) == 1
    installed.start()
    once(installed, sink, "no-run")
    # With the daemon there the socket is all that is needed.
    installed.sendmail(letter("up"), "-i", "b@example.com", user="alice", before=["setpriv", "--no-new-privs"])
    once(installed, sink, "up")


def test_c42_the_socket_is_waited_for_where_nothing_can_be_dropped(installed, sink):
    process = subprocess.Popen(["setpriv", "--no-new-privs", *installed.command("-i", "b@example.com")],
                               stdin=subprocess.PIPE, user="alice", group="alice", extra_groups=[])
    process.stdin.write(letter("waited").encode())
    process.stdin.close()
    time.sleep(3)
    assert process.poll() is None
    installed.start()
    assert process.wait(30) == 0
    once(installed, sink, "waited")


# --- C43, C44: limits, masks, environments ----------------------------------------------------------------------------

ODD = {
    "umask-0": "umask 0", "umask-777": "umask 777", "file-size": "ulimit -f 1", "descriptors": "ulimit -n 4",
    "memory": "ulimit -v 50000", "nice": "renice -n 19 -p $$ >/dev/null", "alarm": "trap '' ALRM CHLD PIPE TERM",
}


@pytest.mark.parametrize("way", ["socket", "drop"])
def test_c43_odd_limits(installed, sink, way):
    if way == "socket":
        installed.start()
    stored = []
    blocked = [sys.executable, "-c", "import os,signal,sys;signal.pthread_sigmask(signal.SIG_BLOCK,range(1,65));"
               "os.execv(sys.argv[1],sys.argv[1:])"]
    befores = {name: ["bash", "-c", f"{setting}; exec \"$@\"", "bash"] for name, setting in ODD.items()}
    befores["blocked"] = blocked
    for name, before in befores.items():
        run = installed.sendmail(letter(name, 3000), "-i", "b@example.com", user="alice", before=before, check=False)
        if name in ("file-size", "descriptors", "memory"):
            assert run.returncode in (0, 75), (name, run)
        else:
            assert run.returncode == 0, (name, run)
        if run.returncode == 0:
            stored.append(name)
        else:
            assert run.stderr, (name, run)
    if way == "drop":
        for name in installed.dropped():
            whole(name)  # and its mode
        assert len(installed.dropped()) == len(stored)
        installed.start()
    wait_for(lambda: set(sink.count()) >= set(stored), 20, f"{stored}")
    wait_for(lambda: not installed.dropped() and not installed.queue_files(), 20, "the end of all mail")
    assert sorted(sink.count().elements()) == sorted(stored)


def test_c44_the_environment_does_not_reach_the_helper(installed):
    evil = {"PATH": "/tmp/evil", "LD_PRELOAD": "/tmp/evil.so", "LD_LIBRARY_PATH": "/tmp/evil", "TZ": ":/etc/shadow",
            "IFS": "x", "POSTERN_CONF": "/tmp/evil", "POSTERN_SPOOL_DIR": "/tmp/evil", "TMPDIR": "/tmp/evil",
            "LC_ALL": "../../tmp/evil", "LANG": "evil", "GCONV_PATH": "/tmp/evil", "MALLOC_TRACE": "/tmp/evil/trace",
            "GLIBC_TUNABLES": "glibc.malloc.check=3", "HOME": "/tmp/evil", "POSIXLY_CORRECT": "1"}
    trace = f"{installed.directory}/trace"
    run = subprocess.run(["strace", "-o", trace, "-E", "X=1", *(word for pair in evil.items() for word in ("-E", "=".join(pair))),
                          HELPER], input=frame(), capture_output=True, check=True)
    opened = [line for line in open(trace) if "open" in line.split("(")[0]]
    assert all("/var/spool/postern/drop" in line or "O_TMPFILE" in line for line in opened), opened
    assert run.stderr == b"" and not os.path.exists("/tmp/evil")
    clear()
    # As the shim starts it there is not even an environment to ignore.
    installed.sendmail(letter("c44"), "-i", "b@example.com", before=["strace", "-f", "-v", "-s", "500", "-o", trace],
                       env={"PATH": os.environ["PATH"], "POSTERN_CONF": "/tmp/evil"})
    (start,) = [line for line in open(trace) if "execve" in line and "postern-drop" in line]
    assert '["postern-drop"], [])' in start or '["postern-drop"], [] ' in start, start


# --- C45: everything at once ------------------------------------------------------------------------------------------


class Shim(threading.Thread):
    def __init__(self, daemon, number, ending):
        super().__init__(daemon=True)
        self.posternd, self.number, self.ending = daemon, number, ending
        self.acknowledged, self.refused, self.attempted = [], [], 0

    def run(self):
        while not self.ending.is_set():
            subject = f"c45-{self.number}-{self.attempted}"
            self.attempted += 1
            run = self.posternd.sendmail(letter(subject, 2000), "-i", "b@example.com", check=False)
            (self.acknowledged if run.returncode == 0 else self.refused).append(subject)


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_c45_restarts_under_load(installed, sink, how):
    installed.programs = RELEASE
    installed.start()
    begun, ending = time.monotonic(), threading.Event()
    shims = [Shim(installed, number, ending) for number in range(SHIMS)]
    for shim in shims:
        shim.start()
    chance, restarts = random.Random(45), 0

    def enough():
        return restarts > 5 and sum(len(shim.acknowledged) for shim in shims) > 100
    # A busy machine needs longer for that.
    while (passed := time.monotonic() - begun) < SECONDS or passed < 10 * SECONDS and not enough():
        time.sleep(1 + chance.random())
        if how == "killed":
            installed.kill()
        else:
            # Before it has a handler a SIGTERM would end it, as it would end any program.
            wait_for(lambda: catches(installed.process.pid, signal.SIGTERM), 20, "the handler")
            assert installed.stop() == 0
        time.sleep(chance.random() / 2)
        installed.start(wait=False)
        restarts += 1
    ending.set()
    for shim in shims:
        shim.join(60)
    installed.wait_ready()
    acknowledged = [subject for shim in shims for subject in shim.acknowledged]
    wait_for(lambda: set(acknowledged) <= set(sink.count()), 60, "all that was acknowledged")
    wait_for(lambda: not installed.dropped() and not installed.queue_files(), 60, "the end of all mail")
    count = sink.count()
    twice = [subject for subject in count if count[subject] != 1]
    refused = sum(len(shim.refused) for shim in shims)
    print(f"\nC45, {how}: {restarts} restarts, {len(acknowledged)} acknowledged, {refused} refused, {len(twice)} sent twice")
    assert len(acknowledged) > 100 and restarts > 5
    # None was stored twice. A killed daemon may have sent what it could not yet note as sent; that alone may come again.
    assert installed.read_log().count(" accepted ") <= len(count)
    assert len(twice) <= (4 * restarts if how == "killed" else 0), twice[:10]

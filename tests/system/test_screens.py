"""What `postern` shows of a daemon that is in the state in question: tests/golden/daemon_screens, a file for each screen and each
width of the terminal. With POSTERN_WRITE_GOLDEN in the environment the files are written anew; look at the difference before
committing it. What differs from run to run (times, ids, processes) stands in them as letters."""

import os
import pty
import re
import shutil
import socket
import struct
import subprocess
import termios
import threading
import unicodedata
from contextlib import contextmanager
from fcntl import ioctl

import pytest

from ports import HANGING, NOBODY_LISTENS, TAKEN
from postern import Posternd, message, smarthost
from servers import PASSWORD
from waiting import wait_for

GOLDEN = os.path.join(os.path.dirname(__file__), "../golden/daemon_screens")
WIDTHS = (60, 80, 200)
FIRST_LOOK = 10  # seconds after the start, app/first_look.h
SELDOM = "{ min: 1h, max: 2h, expire: 5d }"
TEXT = "the disk of the backup server is nearly full\n" * 30
ID = re.compile(r"\b[0-9a-hjkmnp-z]{16}\b")
# In the order in which they are tried. Where columns follow the width stays as it was.
VARY = [
    (re.compile(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), +\d+ \w{3} \d{4}\b"), lambda found: "DAY"),
    # The next try of what waits for a server, at the moment at which it begins.
    (re.compile(r"^(ID\d+ +waiting +\S+ +\S+  )now( *)", re.M), lambda found: found[1] + "in N" + found[2][1:]),
    (re.compile(r"(  |started |\()(?:now|\d+[smhd]\w* ago)(?=\)|$)", re.M), lambda found: found[1] + "N ago"),
    (re.compile(r"\b\d+ bytes"), lambda found: "N bytes"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?\b"), lambda found: re.sub(r"\d", "N", found[0])),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), lambda found: "YYYY-MM-DD"),
    (re.compile(r"\b\d\d:\d\d(:\d\d)?\b"), lambda found: re.sub(r"\d", "N", found[0])),
    (re.compile(r"\bin \d+[smhd]\S* {2,}"), lambda found: "in N".ljust(len(found[0]))),
    (re.compile(r" {2,}\d+[smhd]\S*(?= )"), lambda found: "Ns".rjust(len(found[0]))),
    (re.compile(r"\b\d+([smhd]\d+)*[smhd](?= |$|\))", re.M), lambda found: "N"),
    (re.compile(r"\b(uid|pid) \d+"), lambda found: f"{found[1]} N"),
    (re.compile(r"^posternd( +)\S+ on", re.M), lambda found: f"posternd{found[1]}VERSION on"),
    (re.compile(r"\b\d+ (MiB|inodes)\b"), lambda found: f"N {found[1]}"),
    # How often a server that is down was tried by then.
    (re.compile(r"\b\d+(\s+)deferred\b"), lambda found: f"N{found[1]}deferred"),
]


def wide(text):
    """The columns of a terminal that it takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def settled(text):
    ids = {}
    text = ID.sub(lambda found: ids.setdefault(found[0], f"ID{len(ids):014}"), text)
    for pattern, words in VARY:
        text = pattern.sub(words, text)
    return text


def fits(text, width):
    """Nothing is wider than the terminal but a word that is. Words are not broken: what is shown is made of whole ones."""
    for line in text.splitlines():
        assert wide(line) <= width or " " not in line.strip(), (width, line)


@pytest.fixture
def screens(work, certificates, watch):
    """A daemon whose directory is called the same in every run, and the comparison with the golden files."""
    directory = f"{work}/screens"
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    daemon = Posternd(directory, certificates.ca, retry=SELDOM)
    daemon.watch = watch
    watch.directories.append(directory)
    wrong = []

    def shown(name, *command, user=None, exit=0, program="postern"):
        for width in WIDTHS:
            run = daemon.run(*command, program=program, env={"COLUMNS": str(width)}, **({"user": user} if user else {}))
            text = (run.stdout + run.stderr).decode()
            assert run.returncode == exit, (name, run)
            fits(run.stdout.decode(), width)
            text = settled(text)
            path = f"{GOLDEN}/{name}.{width}"
            if os.environ.get("POSTERN_WRITE_GOLDEN"):
                with open(path, "w") as out:
                    out.write(text)
            elif not os.path.exists(path) or text != open(path).read():
                wrong.append(f"--- {path}\n{text}")

    daemon.shown = shown
    yield daemon
    assert daemon.stop() in (None, 0), daemon.read_log()[-4000:]
    assert not daemon.faults()
    assert not wrong, "\n".join(wrong)


def send(daemon, count=1, to="admin@example.com", sender="monitoring-of-the-cluster@web1.example.net", user=None):
    for _ in range(count):
        daemon.sendmail(message(to, TEXT, sender=sender, subject="disk nearly full"), "-i", "-f", sender, *to.split(", "),
                        user=user)


def waiting(daemon, count):
    def settled_down():
        totals = daemon.status()["queue"]
        return totals["waiting"] == count and totals["active"] == 0
    wait_for(settled_down, 20, f"{count} messages that wait")


@contextmanager
def server(answer):
    """Listens on a port of its own and hands each connection to `answer`."""
    with socket.create_server(("127.0.0.1", HANGING)) as listening:
        def serve():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                answer(connection)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_a_wrong_password_from_the_start_to_the_mail_that_flows(postfix, dovecot, screens):
    screens.password("n0t-it-at-all")
    screens.configure(smarthost(2500))
    screens.start()
    screens.shown("not-tried", "status")
    screens.configure(smarthost(2500, try_at_start="true"))
    screens.reload()
    wait_for(lambda: screens.status()["level"] == 2, FIRST_LOOK + 30, "the refused login")
    screens.shown("wrong-password-nothing-waits", "status", exit=2)
    send(screens, 2)
    send(screens, to="on-call-team@operations.example.com, \u65e5\u672c\u8a9e@example.com, third@example.com, fourth@example.com",
         user="alice")
    waiting(screens, 3)
    screens.shown("wrong-password", "status", exit=2)
    screens.shown("wrong-password-list", "queue", "list")
    screens.shown("list-of-alice", "queue", "list", user="alice")
    screens.shown("list-of-another", "queue", "list", user="nobody")
    screens.shown("list-of-what-is-held", "queue", "list", "--state", "held")
    run = screens.run(program="mailq", user="nobody")
    assert run.returncode == 0 and b"3 messages wait, none of them yours." in run.stdout and b"@" not in run.stdout, run
    first = screens.queue()[0]["id"]
    screens.shown("wrong-password-message", "queue", "show", first)
    with open(screens.config) as source:
        good = source.read()
    screens.write(good.replace("smarthosts:", "smarthots:"))
    screens.reload()
    wait_for(lambda: "the old settings stay in force" in screens.read_log(), 20, "the reload that failed")
    screens.shown("reload-failed-and-wrong-password", "status", exit=2)
    screens.password(PASSWORD)
    screens.write(good)
    screens.reload()
    screens.wait_empty()
    wait_for(lambda: screens.status()["verdict"].startswith("all is well: nothing waits"), 20, "everything well")
    screens.shown("well", "status")
    run = screens.run("queue", "show", first)
    assert run.returncode == 0 and b"  delivered " in run.stdout, run
    assert f"id={first}" in screens.read_log()
    screens.write(good.replace("smarthosts:", "smarthots:"))
    screens.reload()
    wait_for(lambda: screens.status()["level"] == 1, 20, "the reload that failed")
    screens.shown("reload-failed", "status", exit=1)


def test_a_server_that_cannot_be_reached_hangs_up_or_says_nothing(screens):
    def at(port):
        screens.configure(smarthost(port, tls="none", user=None))
        if screens.process:
            screens.reload()
    at(NOBODY_LISTENS)
    screens.start()
    send(screens)
    waiting(screens, 1)
    screens.shown("unreachable", "status", exit=1)
    screens.shown("unreachable-list", "queue", "list")
    with server(lambda connection: connection.close()):
        at(HANGING)
        wait_for(lambda: "greeting" in screens.status()["verdict"], 20, "the server that hangs up")
        waiting(screens, 1)
        screens.shown("hangs-up", "status", exit=1)
    kept = []
    with server(kept.append):
        assert screens.run("queue", "retry", "--all").returncode == 0
        wait_for(lambda: " has said nothing for " in screens.status()["verdict"], 30, "the word of the silence")
        screens.shown("silent", "status")
    for connection in kept:
        connection.close()
    waiting(screens, 1)


def test_a_disk_that_takes_no_more(screens):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m,mode=700", "tmpfs", screens.spool], check=True)
    shutil.chown(screens.spool, "postern", "postern")
    try:
        screens.configure(smarthost(NOBODY_LISTENS, tls="none", user=None))
        screens.start()
        for number in range(3):
            run = screens.sendmail(message("b@example.com", "x\n"), "-i", "b@example.com", user="alice", check=False)
            assert run.returncode == 75 and b"no space left for a message" in run.stderr, run
            assert b"refused the sender" not in run.stderr, run
        log = screens.read_log()
        assert log.count("error: the spool's disk is full") == 1, log
        assert "info: refused" not in log, "no more lines for each message: " + log
        screens.shown("disk-full", "status", exit=2)
    finally:
        screens.stop()
        subprocess.run(["umount", "-l", screens.spool], check=True)


def test_all_kinds_of_things_to_know(screens):
    with socket.create_server(("127.0.0.1", TAKEN)):
        screens.configure(smarthost(NOBODY_LISTENS, tls="none", user=None))
        with open(screens.config) as source:
            text = source.read()
        text = text.replace(f'"127.0.0.1:{screens.port}"', f'"127.0.0.1:{screens.port}", "127.0.0.1:{TAKEN}"')
        screens.write(text.replace("aliases: { root: admin@example.com }\n", ""))
        os.makedirs(f"{screens.spool}/drop")
        shutil.chown(f"{screens.spool}/drop", "postern")
        path = f"{screens.spool}/drop/garbage"
        with open(path, "w") as out:
            out.write("no message\n")
        os.chmod(path, 0o604)
        screens.start()
        wait_for(lambda: screens.status().get("dropped", {}).get("refused"), 20, "a file in refused/")
        send(screens, 2)
        screens.sendmail(message("b@example.com", TEXT), "-i", "-f", "<>", "b@example.com")
        waiting(screens, 3)
        held, _, reported = (entry["id"] for entry in screens.queue())
        assert screens.run("queue", "hold", held).returncode == 0
        assert screens.run("queue", "bounce", reported).returncode == 0
        wait_for(lambda: screens.status()["queue"]["failed"] == 1, 20, "a message in failed/")
        screens.shown("many-things", "status", exit=2)
        screens.shown("many-things-list", "queue", "list")
        run = screens.run("queue", "release", "--all", "--yes")
        assert run.returncode == 0 and run.stdout.startswith(b"1 message: ") and not run.stderr, run


def on_a_terminal(daemon, lines, columns, *command, until=None, **environment):
    """What a terminal of that size gets until that is true of it, or until the program ends."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    environment = {**os.environ, **daemon.environment, "TERM": "xterm", **environment}
    for name in ("COLUMNS", "LINES"):
        environment.pop(name, None)
    process = subprocess.Popen([f"{daemon.programs}/postern", *command], stdin=theirs, stdout=theirs, stderr=theirs,
                               env=environment)
    os.close(theirs)
    text = b""
    try:
        while piece := os.read(ours, 65536):
            text += piece
            if until and until(text):
                process.terminate()
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    process.wait()
    return text.decode().replace("\r\n", "\n")


def test_a_small_terminal_keeps_the_verdict_and_colour_is_quiet(screens):
    screens.configure(smarthost(NOBODY_LISTENS, tls="none", user=None))
    screens.start()
    send(screens)
    waiting(screens, 1)
    drawn = on_a_terminal(screens, 15, 60, "status", "--watch", "1", until=lambda text: text.count(b"\033[H") >= 3)
    frames = drawn.split("\033[H")[1:-1]  # the last may be cut off
    assert len(frames) >= 2, drawn
    for frame in frames:
        lines = re.sub(r"\033\[[0-9;]*[A-Za-z]", "", frame).splitlines()
        assert lines[0].startswith("1 message waits since ") and len(lines) < 15, frame
        assert all(wide(line) <= 60 for line in lines), frame
    assert "\033[33m1 message waits since " in on_a_terminal(screens, 24, 80, "status")
    for quiet in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\033" not in on_a_terminal(screens, 24, 80, "status", **quiet), quiet
    assert "\033" not in on_a_terminal(screens, 24, 80, "queue", "list")
    assert b"\033" not in screens.run("status", env={"TERM": "xterm"}).stdout, "a pipe has no colours"

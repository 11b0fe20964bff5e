"""A great many messages wait. Times are shown, not judged: they are the machine's as much as the program's.

POSTERN_WAITING  how many (200000); with a million most of the time goes into making and removing them
"""

import contextlib
import grp
import json
import os
import pwd
import shutil
import socket
import threading
import time
import urllib.request
from concurrent.futures import ProcessPoolExecutor

import pytest

from ports import METRICS, SINK
from postern import RELEASE, message, smarthost
from sink import Sink
from spool_maker import fill
from waiting import wait_for, wait_for_port

MESSAGES = int(os.environ.get("POSTERN_WAITING", "200000"))
BYTES, INODES = 5000 * MESSAGES, 2 * MESSAGES
DUE = 100
SENDER = "a@example.net"


def due(number):
    """Tomorrow, and every now and then at once."""
    return time.time() + (0 if number % (MESSAGES // DUE) == 0 else 86400 + number % 1000)


def make_part(queue, age):
    return len(fill(queue, MESSAGES // 2, due, age=age))


def become_postern():
    os.setgid(grp.getgrnam("postern").gr_gid)
    os.setuid(pwd.getpwnam("postern").pw_uid)


@pytest.fixture
def crowd(posternd, work):
    space = os.statvfs(work)
    if space.f_bavail * space.f_frsize < BYTES or space.f_favail < INODES:
        pytest.skip(f"needs {BYTES >> 20} MiB and {INODES} inodes free")
    sink = Sink(f"{work}/crowd-sink")
    queue = f"{posternd.spool}/queue"
    os.makedirs(queue)
    os.chmod(queue, 0o777)
    with ProcessPoolExecutor(2, initializer=become_postern) as makers:
        assert sum(makers.map(make_part, [queue] * 2, [7200, 3600])) == MESSAGES
    for directory in (queue, posternd.spool):
        shutil.chown(directory, "postern", "postern")
        os.chmod(directory, 0o700)
    posternd.configure(smarthost(SINK, tls="none", user=None))
    yield sink
    posternd.stop()
    sink.stop()
    shutil.rmtree(posternd.spool)


@pytest.fixture
def told(request):
    """Runs something and shows how long it took."""
    terminal = request.config.pluginmanager.getplugin("terminalreporter")

    def run(what, act):
        begun = time.monotonic()
        result = act()
        terminal.write_line(f"\n{MESSAGES} messages: {what}: {1000 * (time.monotonic() - begun):.0f} ms")
        return result
    return run


@contextlib.contextmanager
def another_client(posternd, times):
    """How long another one waits meanwhile for the greeting, each time that it comes; in seconds."""
    over = threading.Event()

    def come():
        while not (over.is_set() and times):
            begun = time.monotonic()
            with socket.create_connection(("127.0.0.1", posternd.port), timeout=60) as client:
                assert client.recv(100).startswith(b"220 ")
            times.append(time.monotonic() - begun)
            time.sleep(0.001)
    thread = threading.Thread(target=come)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def get(path):
    with urllib.request.urlopen(f"http://127.0.0.1:{METRICS}{path}", timeout=60) as answer:
        return answer.read().decode()


def memory(posternd):
    """MiB of its own."""
    with open(f"/proc/{posternd.process.pid}/smaps_rollup") as rollup:
        return next(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) / 1024


def delivered(sink):
    with open(sink.path) as source:
        return len(source.readlines())


@pytest.mark.alone
@pytest.mark.skipif(not os.path.exists(f"{RELEASE}/posternd"), reason="the optimised build is not there")
@pytest.mark.parametrize("posternd", [{"programs": RELEASE, "retry": "{ min: 1s, max: 2d, expire: 5d }",
                                       "extra": f"metrics: {{ listen: \"127.0.0.1:{METRICS}\", page: all }}\n"}], indirect=True)
def test_p26_with_a_great_many_messages_in_the_spool_mail_flows_and_the_queue_is_shown(posternd, crowd, told):
    posternd.start(wait=False)
    told("ready", lambda: wait_for(lambda: "notice: ready " in posternd.read_log(), 120, "posternd to be ready"))
    told("those that are due are delivered", lambda: wait_for(lambda: delivered(crowd) >= DUE, 60, "what is due"))

    def alert():
        posternd.sendmail(message("to@example.com", "alert\n", sender=SENDER), "-i", "-f", SENDER, "to@example.com")
        wait_for(lambda: delivered(crowd) > DUE, 20, "the alert")
    told("an alert is sent and delivered", alert)

    page = told("queue list --limit 50", lambda: posternd.json("queue", "list", "--limit", "50"))
    assert len([line for line in page if line.get("kind") == "entry"]) == 50
    before = memory(posternd)
    many = told("queue list --limit 100000", lambda: posternd.run("queue", "list", "--limit", "100000").stdout)
    assert many.count(b" -> admin@example.com") == min(100_000, MESSAGES - DUE)
    assert memory(posternd) < before + 16, "a listing needs memory for a page, not for all"
    status = told("status", posternd.status)
    assert status["queue"]["waiting"] == MESSAGES - DUE and f"{MESSAGES - DUE} messages wait" in status["verdict"]
    wait_for_port(METRICS)
    for path in ("/", "/api/status", "/api/history", "/metrics"):
        # One page is made for those who ask within a second or so: after that it is made anew.
        time.sleep(3)
        waits = []
        with another_client(posternd, waits):
            text = told(f"GET {path}", lambda path=path: get(path))
        print(f"{MESSAGES} messages: meanwhile another client waits for its greeting: {1000 * max(waits):.1f} ms at most of {len(waits)} times")
        assert max(waits) < 10
        if path == "/api/status":
            assert json.loads(text)["queue"]["waiting"] == MESSAGES - DUE and len(json.loads(text)["oldest_waiting"]) == 10
    assert before < 40 + 160 * MESSAGES / 1_000_000, f"{before:.0f} MiB"
    assert delivered(crowd) == DUE + 1

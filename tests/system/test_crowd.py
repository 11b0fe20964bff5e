"""A great many messages wait. Times are shown, not judged: they are the machine's as much as the program's.

POSTERN_WAITING  how many (200000); with a million most of the time goes into making and removing them
"""

import grp
import os
import pwd
import shutil
import time
from concurrent.futures import ProcessPoolExecutor

import pytest

from ports import SINK
from postern import RELEASE, message, smarthost
from sink import Sink
from spool_maker import fill
from waiting import wait_for

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


def memory(posternd):
    """MiB of its own."""
    with open(f"/proc/{posternd.process.pid}/smaps_rollup") as rollup:
        return next(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) / 1024


def delivered(sink):
    with open(sink.path) as source:
        return len(source.readlines())


@pytest.mark.alone
@pytest.mark.skipif(not os.path.exists(f"{RELEASE}/posternd"), reason="the optimised build is not there")
@pytest.mark.parametrize("posternd", [{"programs": RELEASE, "retry": "{ min: 1s, max: 2d, expire: 5d }"}], indirect=True)
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
    assert before < 40 + 160 * MESSAGES / 1_000_000, f"{before:.0f} MiB"
    assert delivered(crowd) == DUE + 1

"""What must hold when the daemon is killed, and with many messages while the smarthost is down."""

import os
import random
import smtplib
import threading
import time

import pytest

from ports import SINK
from postern import RELEASE, message, smarthost
from sink import Sink
from waiting import wait_for

KILLS = int(os.environ.get("POSTERN_KILLS", "200"))
MESSAGES = int(os.environ.get("POSTERN_MESSAGES", "10000"))
SMTP_SUBMITTERS, SHIM_SUBMITTERS = 6, 2

released = pytest.mark.parametrize("posternd", [{"programs": RELEASE}], indirect=True)


@pytest.fixture
def sink(work, request):
    started = []

    def start():
        started.append(Sink(f"{work}/sink-{len(os.listdir(work))}"))
        return started[-1]
    yield start
    for one in started:
        one.stop()


class Submitter(threading.Thread):
    """Submits until told to stop; `acknowledged` has the subjects that got a yes."""

    def __init__(self, daemon, number, stop):
        super().__init__(daemon=True)
        self.posternd, self.number, self.ending = daemon, number, stop
        self.acknowledged, self.attempted = [], 0

    def next(self):
        self.attempted += 1
        return f"s{self.number}-{self.attempted}"


class SmtpSubmitter(Submitter):
    def run(self):
        while not self.ending.is_set():
            try:
                with smtplib.SMTP("127.0.0.1", self.posternd.port, timeout=10) as client:
                    while not self.ending.is_set():
                        subject = self.next()
                        client.sendmail("a@example.net", ["b@example.com"], message("b@example.com", "x" * 2000, subject=subject))
                        self.acknowledged.append(subject)
            except (OSError, smtplib.SMTPException):
                time.sleep(0.005)


class ShimSubmitter(Submitter):
    def run(self):
        while not self.ending.is_set():
            subject = self.next()
            run = self.posternd.sendmail(message("b@example.com", "x" * 2000, subject=subject), "-i", "b@example.com", check=False)
            if run.returncode == 0:
                self.acknowledged.append(subject)


@released
def test_p25_no_kill_loses_an_acknowledged_message(posternd, sink):
    """The smarthost works all the time, so kills hit intake, relay and the removal of what was delivered."""
    counter = sink()
    posternd.configure(smarthost(SINK, tls="none", user=None))
    posternd.start()
    ending = threading.Event()
    submitters = [SmtpSubmitter(posternd, n, ending) for n in range(SMTP_SUBMITTERS)]
    submitters += [ShimSubmitter(posternd, SMTP_SUBMITTERS + n, ending) for n in range(SHIM_SUBMITTERS)]
    for one in submitters:
        one.start()
    chance = random.Random(4711)
    begun = time.monotonic()
    slowest = 0.0
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.02, 0.35))
        posternd.kill()
        posternd.start(wait=False)
        restarted = time.monotonic()
        posternd.wait_ready()
        slowest = max(slowest, time.monotonic() - restarted)
    ending.set()
    for one in submitters:
        one.join(90)
        assert not one.is_alive(), "a submitter hangs"
    posternd.wait_empty(120)
    assert posternd.stop() == 0
    arrived = counter.count()
    acknowledged = [subject for one in submitters for subject in one.acknowledged]
    lost = [subject for subject in acknowledged if subject not in arrived]
    twice = sum(count - 1 for count in arrived.values())
    unsaid = sum(1 for subject in arrived if subject not in set(acknowledged))
    bound = KILLS * 4  # a kill can hit one message on each connection to the smarthost
    print(f"\nkill loop: {KILLS} kills in {time.monotonic() - begun:.0f} s, {sum(o.attempted for o in submitters)} attempts, "
          f"{len(acknowledged)} acknowledged, {len(lost)} lost, {twice} duplicates (bound {bound}), {unsaid} arrived without "
          f"a yes, slowest restart to ready {slowest:.2f} s")
    assert not lost, lost[:20]
    assert len(acknowledged) > KILLS, "too little load to prove anything"
    assert twice <= bound
    assert os.listdir(f"{posternd.spool}/corrupt") == [] and os.listdir(f"{posternd.spool}/failed") == []


def _pss(pid):
    with open(f"/proc/{pid}/smaps_rollup") as source:
        return next(int(line.split()[1]) for line in source if line.startswith("Pss:")) / 1024


def _fill(posternd, count):
    def submit(first, last):
        with posternd.smtp() as client:
            for n in range(first, last):
                client.sendmail("a@example.net", ["b@example.com"], message("b@example.com", "x" * 1000, subject=f"m{n}"))
    share = count // 4
    threads = [threading.Thread(target=submit, args=(n * share, (n + 1) * share if n < 3 else count)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def _stamps(posternd):
    stamps = {}
    for entry in os.scandir(f"{posternd.spool}/queue"):
        stat = entry.stat()
        stamps[entry.name] = (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size)
    return stamps


@released
@pytest.mark.alone
def test_many_messages_while_the_smarthost_is_down(posternd, sink):
    posternd.configure(smarthost(SINK, tls="none", user=None))
    posternd.start()
    _fill(posternd, 20)
    before = _pss(posternd.process.pid)
    begun = time.monotonic()
    _fill(posternd, MESSAGES)
    filled = time.monotonic() - begun
    grown = _pss(posternd.process.pid) - before
    stamps = _stamps(posternd)
    assert len(stamps) == MESSAGES + 20

    assert posternd.stop() == 0
    begun = time.monotonic()
    posternd.start()
    ready = time.monotonic() - begun
    loaded = _pss(posternd.process.pid)

    # Several probes of the site come and go meanwhile (retry: 1 to 2 s); none may touch a message.
    probes = posternd.read_log().count("site down")
    time.sleep(6)
    assert posternd.status()["smarthosts"][0]["trouble"], "the smarthost is not seen as down"
    assert _stamps(posternd) == stamps, "a message file was written while the site was down"
    probes = posternd.read_log().count("site down") - probes

    counter = sink()
    begun = time.monotonic()
    wait_for(lambda: len(os.listdir(f"{posternd.spool}/queue")) == 0, 300, "the queue to drain")
    drained = time.monotonic() - begun
    arrived = counter.count()
    print(f"\n{MESSAGES} messages: queued in {filled:.1f} s, PSS {before:.1f} MiB and {grown:+.1f} MiB with the queue, "
          f"restart to ready {ready:.2f} s (PSS then {loaded:.1f} MiB), {probes} probe reports, drained in {drained:.1f} s")
    assert grown < 10, f"PSS grew by {grown:.1f} MiB"
    assert ready < 1, f"ready after {ready:.2f} s"
    assert sum(arrived.values()) == MESSAGES + 20 and all(f"m{n}" in arrived for n in range(MESSAGES))

"""Signals, sudden ends, a second daemon, restarts in the middle of a delivery, and a spool full of files."""

import collections
import itertools
import os
import signal
import subprocess
import threading
import time

import pytest

from doors import BIN, DOORS, TO, end
from exercise import Found, exercise
from fickle import Fickle
from postern import message, smarthost
from waiting import wait_for

PORT = 2612
QUICK = "{ min: 1s, max: 1s, expire: 5d }"
QUEUED = 100_000
LEFTOVERS = int(os.environ.get("POSTERN_LEFTOVERS", "200000"))
ROUNDS = int(os.environ.get("POSTERN_SUDDEN_ENDS", "1"))
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def queue_id(number):
    digits = ""
    for _ in range(16):
        digits = ALPHABET[number % 32] + digits
        number //= 32
    return digits


class Load(threading.Thread):
    """Submits through one door until told to stop. No word comes twice, in another round either: the daemon would know the
    submission id that is made of it."""

    loads = itertools.count()

    def __init__(self, posternd, door, ending):
        super().__init__(daemon=True)
        self.posternd, self.door, self.ending, self.number = posternd, door, ending, next(Load.loads)
        self.acknowledged = []

    def run(self):
        n = 0
        while not self.ending.is_set():
            word = f"shot-{self.door}-{self.number}-{n}"
            n += 1
            if DOORS[self.door](self.posternd, word, size=300_000 if n % 10 == 0 else 1000):
                self.acknowledged.append(word)
            else:
                time.sleep(0.01)


class UnderLoad:
    def __init__(self, posternd):
        self.ending = threading.Event()
        self.threads = [Load(posternd, door, self.ending) for door in DOORS]

    def __enter__(self):
        for one in self.threads:
            one.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for one in self.threads:
            one.join(60)
            assert not one.is_alive(), "a client hangs"

    def words(self):
        return [word for one in self.threads for word in one.acknowledged]


@pytest.mark.parametrize("name", ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGPIPE", "SIGCHLD", "SIGWINCH"])
def test_p08_a_storm_of_a_thousand_signals_costs_nothing(daemons, tally, name):
    posternd = daemons(None)
    posternd.start()
    with UnderLoad(posternd) as load:
        for n in range(1000):
            posternd.process.send_signal(getattr(signal, name))
            if n % 100 == 0:
                time.sleep(0.02)
        time.sleep(0.3)
        assert posternd.process.poll() is None, f"{name} ended the daemon"
    begun = time.monotonic()
    posternd.process.send_signal(signal.SIGTERM)
    posternd.process.send_signal(signal.SIGTERM)
    assert posternd.process.wait(20) == 0 and time.monotonic() - begun < 10
    posternd.process = None
    found = Found(posternd.spool)
    lost = sum(1 for word in load.words() if word not in found.shots)
    tally.count("signal storms", shots=1, acknowledged=len(load.words()), lost=lost)
    assert load.words() and not lost


@pytest.mark.parametrize("name", ["SIGABRT", "SIGSEGV", "SIGQUIT", "SIGKILL"])
def test_p09_a_sudden_end_in_the_middle_of_an_intake_loses_nothing(daemons, tally, name):
    posternd = daemons(None)
    for _ in range(ROUNDS):
        posternd.start()
        with UnderLoad(posternd) as load:
            wait_for(load.words, 20, "a first message")
            time.sleep(0.4)
            # What an abort, a watchdog, an overflown stack or the kernel's memory killer does.
            posternd.process.send_signal(getattr(signal, name))
            assert posternd.process.wait(60) == -getattr(signal, name)
            load.ending.set()
        posternd.process = None
        found = Found(posternd.spool)
        lost = sum(1 for word in load.words() if word not in found.shots)
        doubled = sum(1 for word in load.words() if len(found.shots.get(word, ())) > 1)
        tally.count("sudden ends", shots=1, acknowledged=len(load.words()), lost=lost, doubled=doubled)
        assert load.words() and not lost and not doubled
        for entry in found.files:
            os.unlink(f"{posternd.spool}/{entry[0]}/{entry[1]}")


def second_daemon(posternd, daemons, prefix=()):
    """Another daemon on the same spool: its status and what it said."""
    other = daemons(None)
    other.port = 2026
    other.spool = posternd.spool
    other.configure(smarthost(9, tls="none", user=None))
    user = "root" if prefix else "postern"
    done = subprocess.run([*prefix, f"{other.programs}/posternd", "--config", other.config], capture_output=True, text=True,
                          timeout=60, user=user, group=user, extra_groups=[])
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("prefix", [(), ("unshare", "-m")], ids=["same_namespace", "another_mount_namespace"])
def test_p22_a_second_daemon_on_the_same_spool_is_refused(daemons, prefix):
    posternd = daemons(None)
    posternd.start()
    status, said = second_daemon(posternd, daemons, prefix)
    assert status not in (0, None) and f"pid {posternd.process.pid}" in said, (status, said)
    assert DOORS["smtp"](posternd, "shot-still-here")
    assert posternd.stop() == 0


def test_p23_a_stale_lock_is_no_lock_and_a_deleted_one_still_holds(daemons):
    posternd = daemons(None)
    posternd.start()
    posternd.kill()
    posternd.start()
    os.unlink(f"{posternd.spool}/lock")
    status, said = second_daemon(posternd, daemons)
    assert status not in (0, None) and "in use" in said, (status, said)
    assert posternd.stop() == 0


def test_p23_a_lock_that_the_file_system_cannot_give_is_an_error(scratch):
    inject = ["strace", "-o", "/dev/null", "-e", "inject=flock:error=ENOLCK"]
    output = exercise(f"{scratch}/spool", "open", prefix=inject)
    assert any(line.startswith("NO open") and "lock" in line for line in output), output


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_p24_a_restart_in_mid_delivery_repeats_nobody_who_has_the_message(daemons, tally, how):
    """Half of 100 recipients are taken at once, the others later; the daemon is restarted in between."""
    posternd = daemons(None, retry=QUICK)
    posternd.configure(smarthost(PORT, tls="none", user=None))
    to = [f"{'ok' if n % 2 else 'defer'}-{n}@example.com" for n in range(100)]
    first_done = threading.Event()
    sink = Fickle(PORT, lambda line: first_done.set())
    # Until both restarts are over: who is killed as a recipient is taken may well repeat it.
    sink.tries.update({who.encode(): -1000 for who in to if who.startswith("defer")})
    try:
        posternd.start()
        assert DOORS["smtp"](posternd, "shot-half", to=to)
        assert first_done.wait(20)
        wait_for(lambda: any("log: " in open(f"{posternd.spool}/queue/{name}").read() for name in posternd.queue_files()), 10,
                 "the settled recipients in the log")
        for _ in range(2):
            assert posternd.stop() == 0 if how == "stop" else posternd.kill() is None
            posternd.start()
        sink.tries.clear()
        posternd.wait_empty(30)
        assert posternd.stop() == 0
    finally:
        sink.stop()
    got = collections.Counter({who: sink.accepted["shot-half", who] for who in to})
    missing, twice = [who for who in to if not got[who]], [who for who in to if got[who] > 1]
    tally.count("restarts in mid-delivery", shots=1, acknowledged=1, lost=len(missing), doubled=len(twice))
    assert not missing and not twice, (missing, twice)


def test_h67_a_kill_between_the_servers_yes_and_the_done_mark_doubles_the_message_once(daemons, tally):
    """The file of a message that everybody has is unlinked: that is the mark."""
    posternd = daemons(None, retry=QUICK)
    posternd.configure(smarthost(PORT, tls="none", user=None))
    posternd.process_environment = {"LD_PRELOAD": f"{BIN}/libfaults.so", "POSTERN_FAULT": "killed_unlinking"}
    sink = Fickle(PORT, lambda line: None)
    try:
        posternd.start()
        assert DOORS["smtp"](posternd, "shot-unmarked")
        assert posternd.process.wait(60) == -signal.SIGKILL
        assert sink.accepted["shot-unmarked", TO] == 1 and len(posternd.queue_files()) == 1
        posternd.process_environment = {}
        posternd.start()
        posternd.wait_empty(20)
        assert posternd.stop() == 0
    finally:
        sink.stop()
    got = sink.accepted["shot-unmarked", TO]
    tally.count("killed before the done mark", shots=1, acknowledged=1, lost=int(got == 0))
    assert got == 2, "once for the answer that was not marked, and once for good"


def test_p27_leftovers_of_every_age_go_at_the_start_and_a_message_under_way_stays(daemons):
    posternd = daemons(None)
    tmp = f"{posternd.spool}/tmp"
    os.makedirs(tmp, mode=0o700)
    for number, age in enumerate((0, 60, 86400, 10 ** 8, -86400, -10 ** 8)):
        path = f"{tmp}/{queue_id((1 << 60) + number)}"
        with open(path, "wb") as out:
            out.write(b"half a mess")
        os.utime(path, (time.time() - age,) * 2)
    for directory in (tmp, *(f"{tmp}/{name}" for name in os.listdir(tmp))):
        os.chown(directory, *_owner())
    posternd.start()
    wait_for(lambda: os.listdir(tmp) == [], 10, "tmp to be empty")
    with posternd.smtp() as client:
        client.ehlo()
        client.mail("a@example.net")
        client.rcpt(TO)
        client.docmd("DATA")
        client.send(b"Subject: shot-slow\r\n\r\n" + (b"y" * 70 + b"\r\n") * 10000)
        wait_for(lambda: os.listdir(tmp), 10, "the message under way")
        # A second daemon finds the spool locked before it could sweep.
        assert second_daemon(posternd, daemons)[0] != 0
        posternd.reload()
        client.send(b".\r\n")
        assert client.getreply()[0] == 250
    assert posternd.stop() == 0
    assert Found(posternd.spool).shots == {"shot-slow": ["queue"]}


def _owner():
    import pwd
    entry = pwd.getpwnam("postern")
    return entry.pw_uid, entry.pw_gid


def _memory(pid, key):
    with open(f"/proc/{pid}/status") as source:
        return next(int(line.split()[1]) for line in source if line.startswith(key)) / 1024


def _without_core(pid):
    """Seconds for which the main thread was ready to run and another program ran."""
    with open(f"/proc/{pid}/schedstat") as source:
        return int(source.read().split()[1]) / 1e9


def test_p26_a_spool_full_of_files_is_ready_in_time(disks, daemons, tally):
    inodes = str(QUEUED + LEFTOVERS + 10000)
    disk = disks.loop("ext4", size=3 << 30, make=("-N", inodes, "-E", "lazy_itable_init=1,lazy_journal_init=1"))
    disk.mount()
    posternd = daemons(disk)
    exercise(posternd.spool, "open", f"small={QUEUED}", options=["--mutant=skip/all"], user="postern", check=True)
    tmp = os.open(f"{posternd.spool}/tmp", os.O_RDONLY)
    for number in range(LEFTOVERS):
        os.close(os.open(queue_id((1 << 60) + number), os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=tmp))
    os.close(tmp)
    disk.again()
    begun = time.monotonic()
    posternd.start(wait=False)
    wait_for(lambda: _answers(posternd), 60, "the port")
    listening = time.monotonic() - begun
    with posternd.smtp() as client:
        assert client.noop()[0] == 250
        ready = time.monotonic() - begun
        without_core = _without_core(posternd.process.pid)
        client.sendmail("a@example.net", [TO], message(TO, "x\n", subject="shot-first"))
    stored = time.monotonic() - begun
    peak = _memory(posternd.process.pid, "VmHWM")
    enough = max(0, LEFTOVERS - 50_000)
    wait_for(lambda: len(os.listdir(f"{posternd.spool}/tmp")) <= enough, 120, "the leftovers to go")
    swept = time.monotonic() - begun
    print(f"\n{QUEUED} queued, {LEFTOVERS} leftovers: listens after {listening:.2f} s, ready after {ready:.2f} s, first message "
          f"stored after {stored:.2f} s, 50,000 leftovers gone after {swept:.1f} s, peak {peak:.0f} MiB")
    # What others keep the cores for is not its own time.
    assert listening - without_core < 5 and ready - without_core < 10
    assert peak < 400, f"{peak:.0f} MiB"
    assert len(posternd.queue_files()) == QUEUED + 1
    end(posternd)
    tally.count("a spool full of files", shots=1, acknowledged=1)


def _answers(posternd):
    from waiting import port_answers
    return port_answers(posternd.port) or (posternd.process.poll() is not None and pytest.fail(posternd.read_log()[-2000:]))

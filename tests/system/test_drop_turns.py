"""What one user does in the drop directory keeps nobody else's mail waiting (V06, V07, V09 and their relatives)."""

import contextlib
import fcntl
import glob
import os
import pwd
import shutil
import signal
import struct
import subprocess
import termios
import threading
import time
import zlib

import pytest

from dropping import DROP, HELPER, REFUSED, SPOOL, as_intruder, frame, helper
from ports import NOBODY_LISTENS
from postern import RELEASE, smarthost
from test_drop import AT_ONCE, clear, installed, letter, listener, once, sink  # noqa: F401 (fixtures)
from waiting import wait_for

pytestmark = pytest.mark.skipif(not os.path.exists(f"{RELEASE}/postern-drop"), reason="the optimised build is not there")
BAD = 3000


@pytest.fixture
def mallory():
    subprocess.run(["useradd", "--system", "mallory"], check=False)
    return pwd.getpwnam("mallory").pw_uid


# Older than what others drop, of every kind that is no mail, and some that take long to see through.
PLANT = """
import os, sys
drop, count, frames = sys.argv[1], int(sys.argv[2]), [bytes.fromhex(one) for one in sys.argv[3:]]
for number in range(count):
    name = '%s/%05d' % (drop, number)
    fd = os.open(name, os.O_CREAT | os.O_WRONLY, 0o604)
    os.fchmod(fd, 0o604)
    os.write(fd, frames[number % len(frames)])
    if number % 500 == 1: os.ftruncate(fd, 40 << 20)
    if number % 500 == 2: os.ftruncate(fd, 10 << 30)
    os.close(fd)
    os.utime(name, (1, 1))
for number in range(5):
    os.makedirs('%s/0-full-%d/deep' % (drop, number))
    os.mkfifo('%s/0-fifo-%d' % (drop, number))
    os.symlink('/etc/shadow', '%s/0-link-%d\\xff\\n\\x1b' % (drop, number))
"""


def test_v06_thousands_of_bad_files_of_one_user_keep_no_mail_of_another_waiting(installed, sink, mallory):
    good = frame("Subject: mallory\n\n" + "x" * 1000 + "\n")
    claims = b"postern-drop 1 0000000090 0041943040\n"
    as_intruder(PLANT, DROP, str(BAD), *(one.hex() for one in (b"rubbish", claims, good[:-20], good + b"x", good[:200])),
                user="mallory")
    for number in range(20):
        assert helper(frame(f"Subject: v06-{number}\n\nx\n", id=f"{number:032x}"), user="alice").returncode == 0
    started = time.monotonic()
    installed.start()
    wait_for(lambda: all(sink.count()[f"v06-{number}"] for number in range(20)), 30, "the mail of the other")
    took = time.monotonic() - started
    left = len(installed.dropped())
    wait_for(lambda: len(installed.dropped()) == 5, 60, "the end of what can be taken away")
    whole = time.monotonic() - started
    # What makes place for the last one goes a moment after that one came.
    wait_for(lambda: len(installed.refused()) == 1000, 20, "the end of what is too much in refused/")
    assert len(installed.refusals()) < 100, "the log has its fill"
    assert "cannot be taken now" in installed.read_log()  # the full directories
    print(f"\n{BAD} bad files: 20 messages of another user arrived {took:.1f} s after the start, with {left} files left; all gone "
          f"after {whole:.1f} s")
    shutil.rmtree(DROP, ignore_errors=True)
    os.makedirs(DROP, exist_ok=True)
    shutil.chown(DROP, "postern", "maildrop")
    os.chmod(DROP, 0o1770)


def test_v07_a_full_refused_is_shared_and_stops_nothing(installed, sink, mallory):
    os.mkdir(REFUSED, 0o700)
    for number in range(1000):
        with open(f"{REFUSED}/{number}", "w") as out:
            out.write("MAIL FROM:<mallory@example.net>\n")
        os.chown(f"{REFUSED}/{number}", mallory, mallory)
    shutil.chown(REFUSED, "postern", "postern")
    as_intruder(f"open('{DROP}/bad', 'w').write('rubbish'); import os; os.chmod('{DROP}/bad', 0o604)")
    as_intruder(f"open('{DROP}/bad', 'w').write('rubbish'); import os; os.chmod('{DROP}/bad', 0o604)".replace("bad", "worse"),
                user="mallory")
    assert helper(frame("Subject: v07\n\nx\n"), user="alice").returncode == 0
    installed.start()
    once(installed, sink, "v07")
    # For each of the two another one goes, a moment after it came, and is told of when it is gone.
    wait_for(lambda: installed.read_log().count("refused file removed to make place") == 2, 20, "the word of what went")
    assert len(installed.refused()) == 1000
    owners = [os.stat(f"{REFUSED}/{name}").st_uid for name in installed.refused()]
    assert owners.count(pwd.getpwnam("alice").pw_uid) == 1 and owners.count(mallory) == 999
    assert "MAIL FROM:<mallory@example.net>" in installed.read_log(), "what went is told"
    # What was found holds for a while.
    wait_for(lambda: installed.status()["dropped"].get("waiting") == 0, 10, "status to see what was taken up")
    refused = wait_for(lambda: installed.status()["dropped"].get("refused"), 10, "status to see what is kept")
    assert refused["files"] == 1000 and refused["directory"] == REFUSED and len(refused["owners"]) == 2
    words = b"1000 dropped files were no mail and are kept in /var/spool/postern/refused"
    run = wait_for(lambda: words in (now := installed.run("status")).stdout and now, 10, "status to say so")
    assert run.returncode == 0, run
    assert f"999 of uid {mallory}".encode() in run.stdout, run.stdout
    shutil.rmtree(REFUSED)
    wait_for(lambda: b"refused" not in installed.run("status").stdout, 10, "status to see that they are gone")


def test_status_tells_of_dropped_mail_that_is_not_taken_up(installed, sink):
    shutil.chown(DROP, "root", "maildrop")  # what the daemon cannot remove it does not take up
    os.chmod(DROP, 0o1775)
    installed.start()
    assert helper(frame("Subject: late\n\nx\n"), user="alice").returncode == 0
    dropped = wait_for(lambda: (now := installed.status()["dropped"]).get("waiting") == 1 and now, 10, "status to see the file")
    assert dropped["oldest"] and dropped["directory"] == DROP
    words = b"1 not taken up yet in /var/spool/postern/drop, the first came "
    wait_for(lambda: words in installed.run("status").stdout, 10, "status to say so")
    shutil.chown(DROP, "postern", "maildrop")
    os.chmod(DROP, 0o1770)
    once(installed, sink, "late")


def test_whoever_is_turned_away_at_the_greeting_drops(installed, sink):
    def away(client):
        with client:
            client.sendall(b"421 4.3.2 web1.example.net too many connections, try again later\r\n")
    with listener(installed.socket, 16, away):
        started = time.monotonic()
        run = installed.sendmail(letter("away"), "-v", "-i", "b@example.com", user="alice")
        took = time.monotonic() - started
        assert took < AT_ONCE and b"stored by" in run.stdout and len(installed.dropped()) == 1
        # Without the means to drop it is asked for longer, and what it says is told.
        started = time.monotonic()
        run = installed.sendmail(letter("asked"), "-i", "b@example.com", user="alice", check=False,
                                 before=["setpriv", "--no-new-privs"])
        assert 15 < time.monotonic() - started < 60
        assert run.returncode == 75 and b"too many connections" in run.stderr and b"cannot be dropped" in run.stderr
    installed.start()
    once(installed, sink, "away")
    print(f"\nturned away at the greeting: stored after {took:.2f} s")


# Above what the helper keeps in reserve (152 MiB and a fortieth, 2000 inodes and a fortieth).
@contextlib.contextmanager
def small_disk(size, inodes):
    """A disk of its own under drop/, of so many MiB."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}M,mode=1770,uid=postern,gid=maildrop,nr_inodes={inodes}",
                    "tmpfs", DROP], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", DROP], check=True)


def letters(size):
    return frame(("Subject: big\n\n" + ("x" * 999 + "\n") * (size // 1000 + 1))[:size], id="6" * 32)


def refused_letter(size):
    """What the helper stores and no daemon takes: a frame without a submission id."""
    text = b"x" * size
    lines = b"MAIL FROM:<a@example.net>\nRCPT TO:<b@example.com>\nDATA\n"
    whole = b"postern-drop 1 %010d %010d\n" % (len(lines), len(text)) + lines + text
    return whole + b"end %08x\n" % zlib.crc32(whole)


def free():
    space = os.statvfs(DROP)
    return space.f_bavail * space.f_frsize - (152 << 20) - space.f_blocks * space.f_frsize // 40


def fill(data, user):
    count = 0
    while (run := helper(data, user=user)).returncode == 0:
        count += 1
    assert run.returncode == 75, run
    return count, run.stderr


def test_v09_what_is_left_of_the_disk_is_not_for_one_user(installed, mallory):
    with small_disk(172, 2153):
        # One file counts as many do.
        left = free()
        run = helper(letters(left - 100_000), user="mallory")
        assert run.returncode == 75 and b"for users who have less there than you" in run.stderr, run
        assert installed.dropped() == []
        first, why = fill(letters(1_000_000), "mallory")
        assert b"for users who have less there than you" in why and 6 <= first <= 9, (first, why)
        second, why = fill(letters(1_000_000), "alice")
        assert 2 <= second <= 5, (second, why)
        assert helper(frame(), user="nobody", group="nogroup").returncode == 0
        # Whoever has little is let in to the end, beyond the half of what is left.
        for user in ("games", "news"):
            fill(letters(1_000_000), user)
        size = min(free() - 200_000, 1 << 20)
        assert size > free() // 2
        assert helper(letters(size), user="daemon").returncode == 0
        clear()
        first, why = fill(frame(), "mallory")
        assert b"the last free inodes of the disk are for users who have less" in why and 30 <= first <= 60, (first, why)
        second, why = fill(frame(), "alice")
        assert second >= 10, (second, why)
        print(f"\n{first} small files of one user, {second} of the next")
        # Root may go on where everybody else is at the reserve.
        while helper(frame(), user="root").returncode == 0 and os.statvfs(DROP).f_favail > 1990:
            pass
        assert os.statvfs(DROP).f_favail <= 1990
        assert helper(frame(), user="nobody", group="nogroup").returncode == 75


class Held:
    """A helper of mallory that is fed all of its message but the last byte, and is kept waiting for that."""

    def __init__(self, data):
        self.process = subprocess.Popen([HELPER], stdin=subprocess.PIPE, stderr=subprocess.PIPE, user="mallory", group="mallory",
                                        extra_groups=[])
        self.head = data[:37]
        self.rest = data[37:-1]
        self.feeder = threading.Thread(target=self.feed, daemon=True)

    def feed(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(self.rest)
            self.process.stdin.flush()

    def is_fed(self):
        """It has read all of it, and so it was asked for the last time whether there is room."""
        if self.feeder.is_alive():
            return False
        return struct.unpack("i", fcntl.ioctl(self.process.stdin, termios.FIONREAD, bytes(4))) == (0,)

    def end(self):
        self.process.kill()
        self.process.wait()


def test_v09_nor_for_one_user_whose_helpers_are_kept_waiting(installed, mallory):
    """Each asks for room before any of them writes; a signal stops some, which no limit of time does anything about."""
    with small_disk(256, 10000):
        held = [Held(letters(20 << 20)) for _ in range(10)]
        try:
            for one in held:
                one.process.stdin.write(one.head)
                one.process.stdin.flush()
            time.sleep(0.5)
            for one in held:
                one.feeder.start()
            def settled():
                return all(one.process.poll() is not None or one.is_fed() for one in held)
            wait_for(settled, 30, "the end of the feeding")
            waiting = [one for one in held if one.process.poll() is None]
            assert len(unfinished := glob.glob(f"{DROP}/tmp.*")) > 0
            for path in unfinished:
                with open(path, "rb") as file, pytest.raises(BlockingIOError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # so the daemon leaves it
            for one in waiting[::2]:
                one.process.send_signal(signal.SIGSTOP)
            left = free()
            assert left > 20 << 20, left
            assert helper(letters(10 << 20), user="alice").returncode == 0
            assert helper(frame(), user="daemon").returncode == 0
            more, _ = fill(letters(1_000_000), "mallory")
            assert helper(letters(10 << 20), user="news").returncode == 0
            print(f"\n{len(waiting)} of 10 helpers are held, {left >> 20} MiB are left to others; {more} MB more of the same user")
        finally:
            for one in held:
                one.end()


def test_v09_a_helper_waits_a_minute_for_its_input_whatever_its_caller_left(installed):
    trace = f"{installed.directory}/trace"
    assert helper(frame(), before=["strace", "-o", trace]).returncode == 0
    lines = open(trace).read().splitlines()
    (begin,) = [number for number, line in enumerate(lines) if line.startswith("alarm(60)")]
    (end,) = [number for number, line in enumerate(lines) if line.startswith("alarm(0)")]
    inputs = [number for number, line in enumerate(lines) if line.startswith("read(0,")]
    assert begin < inputs[0] and inputs[-1] < end
    clear()
    deaf = "import os, signal, sys; signal.signal(signal.SIGALRM, signal.SIG_IGN); " \
           "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM]); os.execv(sys.argv[1], sys.argv[1:])"
    process = subprocess.Popen(["/usr/bin/python3", "-c", deaf, HELPER], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(frame()[:-1])
    process.stdin.flush()

    def has_file():
        for path in glob.glob(f"/proc/{process.pid}/fd/*"):
            with contextlib.suppress(FileNotFoundError):  # Python closes many while it starts
                if "drop" in (link := os.readlink(path)) and "deleted" in link:
                    return True
        return False
    wait_for(has_file, 10, "its file")
    process.send_signal(signal.SIGALRM)
    assert process.wait(60) == 75 and b"standard input takes too long" in process.stderr.read()
    assert installed.dropped() == []


@contextlib.contextmanager
def small_spool(daemon, size):
    """A disk of its own under the whole spool, of so many MiB, until the daemon has ended."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}M,mode=711,uid=postern,gid=postern", "tmpfs", SPOOL], check=True)
    try:
        os.mkdir(DROP)
        shutil.chown(DROP, "postern", "maildrop")
        os.chmod(DROP, 0o1770)
        yield
    finally:
        daemon.stop()
        subprocess.run(["umount", "-l", SPOOL], check=True)


def kept_refused():
    """The bytes in refused/, from which the daemon may take some away meanwhile."""
    total = 0
    for path in glob.glob(f"{REFUSED}/*"):
        with contextlib.suppress(FileNotFoundError):
            total += os.stat(path).st_blocks * 512
    return total


def test_v09_nor_for_one_user_whose_files_are_refused(installed, mallory):
    """They leave drop/, and count for nobody there: refused/ has a part of the disk, and none of what the helper shares out."""
    with small_spool(installed, 300):
        installed.configure(smarthost(NOBODY_LISTENS))
        installed.start()
        given = 0
        for size in (49, 40, 20, 10, 5, 2, 1):
            for _ in range(3):
                run = helper(refused_letter(size << 20), user="mallory")
                if run.returncode != 0:
                    break
                given += size
                # It makes place after that.
                wait_for(lambda: not installed.dropped() and kept_refused() <= 300 << 16, 20, "the daemon to set it aside")
        assert installed.stop() == 0
        kept, left = kept_refused(), free()
        print(f"\n{given} MiB were refused, {kept >> 20} MiB of that are kept, {left >> 20} MiB are left to others")
        assert kept <= 300 << 16 and left > 64 << 20
        assert helper(letters(10 << 20), user="alice").returncode == 0
        assert "refused file removed to make place" in installed.read_log()


def test_v09_what_was_dropped_on_a_full_disk_is_taken_up(installed):
    """The copy of a message needs its room once more, beside the reserve and the last parts of the daemon."""
    with small_spool(installed, 256):
        assert helper(frame("Subject: full-alice\n\n" + ("x" * 999 + "\n") * 45_000, id="1" * 32), user="alice").returncode == 0
        with open(f"{SPOOL}/ballast", "wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, free())
        assert helper(frame("Subject: none\n\nx\n"), user="nobody", group="nogroup").returncode == 75
        assert helper(frame("Subject: full-root\n\n" + ("x" * 999 + "\n") * 10_000, id="2" * 32), user="root").returncode == 0
        installed.configure(smarthost(NOBODY_LISTENS))
        installed.start()
        wait_for(lambda: not installed.dropped(), 40, "the pick-up of both")
        assert len(installed.queue_files()) == 2, installed.read_log()[-2000:]

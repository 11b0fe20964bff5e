"""The daemon on disks that are full, broken, read-only, frozen or slow (M4, M5, M7's delay, M9)."""

import errno
import os
import smtplib
import subprocess
import threading
import time

import pytest

from disks import mount_after_crash, run, unmount
from doors import DOORS, UnixSmtp, end
from exercise import Found
from fickle import Fickle
from postern import message, smarthost
from waiting import wait_for

PORT = 2611
FREEZE = float(os.environ.get("POSTERN_FREEZE", "5"))
QUICK = "{ min: 1s, max: 1s, expire: 5d }"


def refusal(posternd):
    """What SMTP says at the end of a message, or earlier; 250 is a yes."""
    try:
        with posternd.smtp() as client:
            client.sendmail("a@example.net", ["b@example.com"], message("b@example.com", "x\n"))
        return 250
    except smtplib.SMTPSenderRefused as error:
        return error.smtp_code
    except smtplib.SMTPDataError as error:
        return error.smtp_code


def read_only(path):
    try:
        os.close(os.open(f"{path}/probe", os.O_CREAT | os.O_WRONLY))
    except OSError as error:
        return error.errno == errno.EROFS
    return False


def nothing_is_taken(posternd, codes):
    """By no door; and nothing of it stays."""
    before = sorted(posternd.queue_files())
    assert refusal(posternd) in codes
    for name, submit in DOORS.items():
        assert not submit(posternd, "shot-refused"), name
    done = posternd.sendmail(message("b@example.com", "x\n"), "-i", "b@example.com", check=False)
    assert done.returncode == 75, done
    assert sorted(posternd.queue_files()) == before
    wait_for(lambda: os.listdir(f"{posternd.spool}/tmp") == [], 10, "the traces of what was refused to go")


def status_shows_it(posternd):
    """That nothing can be stored: in the verdict, and by the exit status."""
    status = posternd.run("status")
    assert status.returncode == 2 and b"new mail is refused since" in status.stdout, status


def fill_bytes(path):
    with open(f"{path}/filling", "wb", buffering=0) as out:
        for block in (b"\0" * 65536, b"\0" * 512):
            try:
                while True:
                    out.write(block)
                    os.fsync(out.fileno())
            except OSError:
                continue


def fill_inodes(path):
    os.mkdir(f"{path}/filling")
    try:
        for n in range(100000):
            os.close(os.open(f"{path}/filling/{n}", os.O_CREAT | os.O_WRONLY))
    except OSError:
        return
    raise AssertionError("the inodes do not run out")


@pytest.mark.parametrize("how", [pytest.param((fill_bytes, ()), id="p11_no_space"),
                                 pytest.param((fill_inodes, ("-N", "1400")), id="p12_no_inodes")])
def test_full_disk_refuses_mail_delivers_what_waits_and_forgets_no_bounce(disks, daemons, tally, how):
    fill, make = how
    disk = disks.loop("ext4", size=64 << 20, make=make)
    disk.mount()
    posternd = daemons(disk, retry=QUICK)
    posternd.configure(smarthost(PORT, tls="none", user=None))
    posternd.start()
    for n, to in enumerate((["ok-0@example.com"], ["reject-1@example.com"], ["ok-2@example.com", "reject-2@example.com"])):
        assert DOORS["smtp"](posternd, f"shot-{n}", to=to)
    fill(disk.path)
    time.sleep(6)  # the daemon's sample of the free space is as old as that
    nothing_is_taken(posternd, (452,))

    lines = []
    sink = Fickle(PORT, lines.append)
    try:
        wait_for(lambda: {("shot-0", "ok-0@example.com"), ("shot-2", "ok-2@example.com")} <= set(sink.accepted), 20,
                 "the deliveries that need no space")
        run("rm", "-rf", f"{disk.path}/filling")
        assert sink.accepted["shot-2", "ok-2@example.com"] == 1, "delivered again because the disk was full"
        wait_for(lambda: refusal(posternd) == 250, 20, "mail to be taken again")
        assert posternd.stop() == 0
    finally:
        sink.stop()
    # A bounce that found no room is sent later, possibly in a digest; until then its message stays.
    found = Found(posternd.spool)
    told = [word for word in ("shot-1", "shot-2")
            if sink.accepted[word, "bounce"] or word in found.shots or word in found.bounces]
    missing = 3 - len(told) - sink.accepted["shot-0", "ok-0@example.com"]
    tally.count("M4 full disk", shots=1, acknowledged=3, lost=missing)
    assert not missing


def test_p17_a_disk_that_fails_behind_our_back_refuses_all_and_keeps_all(disks, daemons, scratch, tally):
    """The backing store has no room for what the file system promised: write-back fails long after the write."""
    thin = f"{scratch}/thin"
    os.mkdir(thin)
    run("mount", "-t", "tmpfs", "-o", "size=16M", "tmpfs", thin)
    try:
        disk = disks.loop("ext4", size=128 << 20, options=("errors=remount-ro",), directory=f"{thin}/disk",
                          make=("-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard"))
        disk.mount()
        posternd = daemons(disk)
        posternd.start()
        taken = []
        for n in range(60):
            if not DOORS["smtp"](posternd, f"shot-thin-{n}", size=500_000):
                break
            taken.append(f"shot-thin-{n}")
        assert 5 < len(taken) < 40, "the disk did not fail as it should"
        for name, submit in DOORS.items():
            for _ in range(3):
                assert not submit(posternd, "shot-refused", size=500_000), name
        assert refusal(posternd) in (451, 452)
        status_shows_it(posternd)
        end(posternd)
        disk.unmount()

        run("mount", "-o", "remount,size=200M", thin)
        checked = subprocess.run(["e2fsck", "-fy", disk.image], capture_output=True)
        assert checked.returncode < 4, checked
        disk.mount()
        posternd.start()
        assert refusal(posternd) == 250
        end(posternd)
        found = Found(posternd.spool)
        lost = sum(1 for word in taken if word not in found.shots)
        tally.count("M5 write-back errors", shots=1, acknowledged=len(taken), lost=lost)
        assert lost == 0 and "shot-refused" not in found.shots
        disk.unmount()
    finally:
        run("umount", "-l", thin)


def test_p19_a_file_system_that_turns_read_only_refuses_and_is_well_after_a_repair(disks, daemons, tally):
    disk = disks.loop("ext4", size=96 << 20, options=("errors=remount-ro",))
    disk.mount()
    trigger = f"/sys/fs/ext4/{disk.device()}/trigger_fs_error"
    if not os.access(trigger, os.W_OK):
        pytest.skip("this kernel cannot be told to report a file system error")
    posternd = daemons(disk)
    posternd.start()
    assert DOORS["smtp"](posternd, "shot-before")
    with open(trigger, "w") as out:
        out.write("the test says so")
    wait_for(lambda: read_only(disk.path), 10, "a read-only file system")
    nothing_is_taken(posternd, (451, 452))
    status_shows_it(posternd)
    assert posternd.stop() == 0
    disk.unmount()
    assert subprocess.run(["e2fsck", "-fy", disk.image], capture_output=True).returncode < 4
    disk.mount()
    posternd.start()
    assert DOORS["smtp"](posternd, "shot-after")
    assert posternd.stop() == 0
    found = Found(posternd.spool)
    lost = sum(1 for word in ("shot-before", "shot-after") if word not in found.shots)
    tally.count("read-only file system", shots=1, acknowledged=2, lost=lost)
    assert not lost


@pytest.mark.parametrize("missing", ["no parent directory", "not mounted"])
def test_p19_no_spool_is_made_where_none_belongs(daemons, scratch, missing):
    """A mount point belongs to root: an unprivileged daemon cannot fill the directory under a disk that is absent."""
    posternd = daemons(None)
    below = f"{scratch}/not-mounted"
    if missing == "not mounted":
        os.mkdir(below, 0o755)
    posternd.spool = f"{below}/spool" if missing == "no parent directory" else below
    posternd.configure(smarthost(9, tls="none", user=None))
    posternd.start(wait=False)
    assert posternd.process.wait(60) not in (0, None)
    posternd.process = None
    assert "spool" in posternd.read_log() and below in posternd.read_log()
    assert os.path.isdir(below) == (missing == "not mounted") and (missing != "not mounted" or os.listdir(below) == [])


def test_p20_a_frozen_file_system_stops_only_the_answers_that_need_it(disks, daemons, tally):
    disk = disks.loop("ext4", size=96 << 20)
    disk.mount()
    posternd = daemons(disk, retry=QUICK)
    posternd.configure(smarthost(PORT, tls="none", user=None))
    lines, answers = [], []
    sink = Fickle(PORT, lines.append)
    try:
        posternd.start()
        run("fsfreeze", "-f", disk.path)
        clients = [threading.Thread(target=lambda n=n: answers.append(DOORS["smtp"](posternd, f"shot-frozen-{n}")))
                   for n in range(12)]
        try:
            for one in clients:
                one.start()
            ending = time.monotonic() + FREEZE
            # Who waited for the disk would wait for ever: it is thawed after the last of these answers.
            while time.monotonic() < ending:
                with posternd.smtp() as client:
                    assert client.noop()[0] == 250
                with UnixSmtp(posternd.environment["POSTERN_SUBMIT_SOCKET"], timeout=60) as client:
                    assert client.noop()[0] == 250
                assert posternd.run("status").returncode in (0, 1, 2)
                time.sleep(0.2)
            assert answers == [], "a yes while nothing could be stored"
        finally:
            run("fsfreeze", "-u", disk.path)
        for one in clients:
            one.join(60)
        assert answers == [True] * 12
        posternd.wait_empty(30)
        lost = sum(1 for n in range(12) if not sink.accepted[f"shot-frozen-{n}", "b@example.com"])
        tally.count("M9 frozen file system", shots=1, acknowledged=12, lost=lost)
        assert not lost
        assert posternd.stop() == 0
    finally:
        sink.stop()


def test_p21_a_slow_disk_is_slow_and_nothing_else(disks, daemons, tally):
    disk = disks.logging("ext4", size=48 << 20)
    posternd = daemons(disk)
    posternd.start()
    words = [f"shot-{pace}-{n}" for pace in ("quick", "slow") for n in range(6)]
    took = {}
    for delay, some in ((0, words[:6]), (50, words[6:])):
        disk.control(f"delay {delay}")
        took[delay] = []
        for word in some:
            began = time.monotonic()
            assert DOORS["smtp"](posternd, word)
            took[delay].append(time.monotonic() - began)
    disk.control("delay 0")
    # Each message is at least its data and its name, one after the other.
    assert min(took[50]) >= max(min(took[0]), 2 * 0.05), took
    assert posternd.stop() == 0
    found = Found(posternd.spool)
    lost = sum(1 for word in words if word not in found.shots)
    tally.count("M7 slow disk", shots=1, acknowledged=len(words), lost=lost)
    assert not lost


@pytest.mark.parametrize("what", ["eio_write", "eio_flush"])
def test_p17_errors_of_the_disk_are_never_a_yes(disks, daemons, scratch, tally, what):
    disk = disks.logging("ext4", size=48 << 20)
    posternd = daemons(disk)
    posternd.start()
    assert DOORS["smtp"](posternd, "shot-before")
    disk.control(f"{what} 1")
    for name, submit in DOORS.items():
        assert not submit(posternd, "shot-refused", size=100_000), name
    status_shows_it(posternd)
    end(posternd)
    disk.control(f"{what} 0")
    disk.stop()
    after = f"{scratch}/after"
    os.mkdir(after)
    mount_after_crash(disk.image, after, fsck=True)
    try:
        found = Found(f"{after}/spool")
    finally:
        unmount(after)
    tally.count("M7 errors of the disk", shots=1, acknowledged=1, lost=int("shot-before" not in found.shots))
    assert set(found.shots) == {"shot-before"}, found.shots

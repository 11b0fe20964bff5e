"""What one user does in the drop directory keeps nobody else's mail waiting (V06, V07, V09 and their relatives)."""

import os
import pwd
import shutil
import subprocess
import time

import pytest

from dropping import DROP, REFUSED, SPOOL, as_intruder, frame, helper
from postern import RELEASE
from test_drop import clear, installed, letter, listener, once, sink  # noqa: F401 (fixtures)
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
    assert len(installed.refused()) == 1000
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
    assert len(installed.refused()) == 1000
    owners = [os.stat(f"{REFUSED}/{name}").st_uid for name in installed.refused()]
    assert owners.count(pwd.getpwnam("alice").pw_uid) == 1 and owners.count(mallory) == 999
    assert "MAIL FROM:<mallory@example.net>" in installed.read_log(), "what went is told"
    status = installed.status()
    assert status["dropped"]["waiting"] == 0
    refused = status["dropped"]["refused"]
    assert refused["files"] == 1000 and refused["directory"] == REFUSED and len(refused["owners"]) == 2
    run = installed.run("status")
    assert run.returncode == 0 and b"1000 dropped files were no mail and are kept in /var/spool/postern/refused" in run.stdout
    assert f"999 of uid {mallory}".encode() in run.stdout, run.stdout
    shutil.rmtree(REFUSED)
    assert b"refused" not in installed.run("status").stdout


def test_status_tells_of_dropped_mail_that_is_not_taken_up(installed, sink):
    shutil.chown(DROP, "root", "maildrop")  # what the daemon cannot remove it does not take up
    os.chmod(DROP, 0o1775)
    installed.start()
    assert helper(frame("Subject: late\n\nx\n"), user="alice").returncode == 0
    dropped = installed.status()["dropped"]
    assert dropped["waiting"] == 1 and dropped["oldest"] and dropped["directory"] == DROP
    assert b"1 not taken up yet in /var/spool/postern/drop, the first came " in installed.run("status").stdout
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
        assert took < 2 and b"stored by" in run.stdout and len(installed.dropped()) == 1
        # Without the means to drop it is asked for longer, and what it says is told.
        started = time.monotonic()
        run = installed.sendmail(letter("asked"), "-i", "b@example.com", user="alice", check=False,
                                 before=["setpriv", "--no-new-privs"])
        assert 15 < time.monotonic() - started < 60
        assert run.returncode == 75 and b"too many connections" in run.stderr and b"cannot be dropped" in run.stderr
    installed.start()
    once(installed, sink, "away")
    print(f"\nturned away at the greeting: stored after {took:.2f} s")


def test_v09_what_is_left_of_the_disk_is_not_for_one_user(installed, mallory):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=112M,mode=1770,uid=postern,gid=maildrop,nr_inodes=2100", "tmpfs", DROP],
                   check=True)
    try:
        def fill(data, user):
            count = 0
            while (run := helper(data, user=user)).returncode == 0:
                count += 1
            assert run.returncode == 75, run
            return count, run.stderr
        big = frame("Subject: big\n\n" + ("x" * 999 + "\n") * 1000, id="6" * 32)
        first, why = fill(big, "mallory")
        assert b"for users who have less there than you" in why and 6 <= first <= 9, (first, why)
        second, why = fill(big, "alice")
        assert 2 <= second <= 5, (second, why)
        assert helper(frame(), user="nobody", group="nogroup").returncode == 0
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
    finally:
        subprocess.run(["umount", DROP], check=True)

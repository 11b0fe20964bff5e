"""What monitoring is told: Debian's check_mailq in all its modes, and mailq itself, as root and as an ordinary user."""

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from dropping import DROP, SOCKETS, frame, helper, installation, stopped
from ports import NOBODY_LISTENS, SINK
from postern import RELEASE, message, smarthost
from sink import Sink
from waiting import wait_for

pytestmark = pytest.mark.skipif(not os.path.exists(f"{RELEASE}/postern-drop"), reason="the optimised build is not there")

PLUGIN = "/usr/lib/nagios/plugins/check_mailq"
OK, WARNING, CRITICAL, UNKNOWN = range(4)
USERS = ("root", "nagios")
# What the plugin believes the mail system to be; the first: what it finds out by itself.
MODES = {"by default": [], **{f"-M {name}": ["-M", name] for name in ("postfix", "sendmail", "exim", "nullmailer")},
         "-d of Postfix": ["-M", "postfix", "-d", "/etc/postfix"], "-W of Sendmail": ["-M", "sendmail", "-W", "1", "-C", "2"]}
SELDOM = "{ min: 1h, max: 2h, expire: 5d }"


@pytest.fixture
def monitored(work, certificates, watch, request):
    """The daemon and its programs where a package puts them, its smarthost down: what is sent stays."""
    subprocess.run(["useradd", "--system", "nagios"], check=False, capture_output=True)
    for path in ("/usr/sbin/sendmail", "/usr/bin/mailq"):
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink(f"{RELEASE}/sendmail", path)
    with installation(work, certificates, watch, request.node.name) as daemon:
        daemon.retry = SELDOM
        daemon.configure(smarthost(NOBODY_LISTENS, tls="none", user=None))
        yield daemon


def run_as(user, *command):
    run = subprocess.run(command, user=user, group=user, extra_groups=[], capture_output=True, timeout=60, cwd="/",
                         env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    return run.returncode, run.stdout.decode(), run.stderr.decode()


def check(user, mode, warning=1, critical=2):
    """The plugin's state, and how many messages it counted (None: it did not come to that)."""
    state, out, _ = run_as(user, PLUGIN, "-w", str(warning), "-c", str(critical), *MODES[mode])
    counted = re.search(r"\|unsent=(\d+);", out)
    return state, int(counted[1]) if counted else None


def checks(*arguments):
    return {(user, mode): check(user, mode, *arguments) for user in USERS for mode in MODES}


def everywhere(answer):
    return {(user, mode): answer for user in USERS for mode in MODES}


def send(daemon, count=1, user="alice"):
    for _ in range(count):
        daemon.sendmail(message("secret@example.com", "x\n"), "-i", "secret@example.com", user=user)


def hold(daemon):
    """All that is in the queue; what is just being tried cannot be held yet."""
    def held():
        left = [entry["id"] for entry in daemon.queue() if entry["state"] != "held"]
        return not left or daemon.run("queue", "hold", *left).returncode == 0
    wait_for(held, 20, "everything on hold")


def test_an_empty_queue_is_well_for_everybody(monitored):
    monitored.start()
    assert checks() == everywhere((OK, 0))
    for user in USERS:
        assert run_as(user, "mailq") == (0, "Mail queue is empty\n", "")


@pytest.mark.parametrize("held", [False, True], ids=["waiting", "held"])
def test_monitoring_counts_what_waits_whoever_asks(monitored, held):
    monitored.start()
    for count in (1, 2, 3):
        send(monitored)
        if held:
            hold(monitored)
        assert checks() == everywhere((WARNING if count == 1 else CRITICAL, count)), count
        assert checks(count, count + 1) == everywhere((WARNING, count)), count
        assert checks(count + 1, count + 2) == everywhere((OK, count)), count
    status, listed, _ = run_as("nagios", "mailq")
    assert status == 0 and listed.startswith("3 messages wait, none of them yours.\n"), listed
    assert "secret" not in listed
    status, listed, _ = run_as("alice", "mailq")
    assert status == 0 and "secret@example.com" in listed and "yours" not in listed, listed
    assert run_as("root", "mailq")[1].splitlines()[-1] == run_as("nagios", "mailq")[1].splitlines()[-1] == "-- 0 Kbytes in 3 Requests."


def test_everybody_reads_how_many_of_all_are_their_own(monitored):
    monitored.start()
    send(monitored, 2)
    send(monitored, 3, user="root")
    _, listed, _ = run_as("alice", "mailq")
    assert "5 messages wait, 2 of them yours" in listed, listed
    assert checks(5, 6) == everywhere((WARNING, 5))


@pytest.mark.parametrize("end", ["stopped", "killed"])
def test_a_daemon_that_is_down_is_never_well(monitored, end):
    monitored.start()
    monitored.stop() if end == "stopped" else monitored.kill()
    assert os.path.exists(f"{SOCKETS}/control.sock") == (end == "killed")
    for thresholds in ((1, 2), (50, 100)):
        for who, (state, _) in checks(*thresholds).items():
            assert state in (WARNING, CRITICAL), (who, state, thresholds)
    for user in USERS:
        status, listed, error = run_as(user, "mailq")
        assert status == 69 and "cannot be reached" in listed and "control.sock" in error, (listed, error)
    assert "No mail waits in /var/spool/postern." in run_as("root", "mailq")[1]
    assert "is for root to see" in run_as("nagios", "mailq")[1]
    if end == "killed":
        monitored.start()


@pytest.mark.parametrize("end", ["stopped", "killed"])
def test_mail_that_is_dropped_while_the_daemon_is_down_is_no_empty_queue(monitored, end):
    monitored.start()
    send(monitored, 1)
    monitored.stop() if end == "stopped" else monitored.kill()
    send(monitored, 2)
    assert len(monitored.dropped()) == 2
    for thresholds in ((1, 2), (50, 100)):
        for who, (state, _) in checks(*thresholds).items():
            assert state in (WARNING, CRITICAL), (who, state, thresholds)
    assert "3 messages wait in /var/spool/postern: 1 in queue, 2 in drop.\n" in run_as("root", "mailq")[1]
    monitored.start()
    wait_for(lambda: not monitored.dropped(), 20, "the dropped mail in the queue")
    wait_for(lambda: checks(3, 4) == everywhere((WARNING, 3)), 20, "three messages for everybody")


def test_dropped_mail_that_is_not_taken_up_counts(monitored):
    shutil.chown(DROP, "root", "maildrop")  # what the daemon cannot remove it does not take up
    os.chmod(DROP, 0o1775)
    monitored.start()
    assert helper(frame(), user="alice").returncode == 0 and len(monitored.dropped()) == 1
    assert checks() == everywhere((WARNING, 1))
    assert "1 message lies in /var/spool/postern/drop, not taken up yet." in run_as("nagios", "mailq")[1]
    os.chmod(DROP, 0o1770)  # and here it does not even see it
    assert checks() == everywhere((WARNING, 1))
    assert "Whether mail lies in /var/spool/postern/drop cannot be seen" in run_as("nagios", "mailq")[1]
    shutil.chown(DROP, "postern", "maildrop")


# mailq gives up three seconds before the plugin does, which then says something else.
@pytest.mark.alone
def test_a_daemon_that_hangs_is_not_well(monitored):
    monitored.start()
    with stopped(monitored.process), ThreadPoolExecutor(len(USERS) * len(MODES)) as all_at_once:
        states = {(user, mode): all_at_once.submit(check, user, mode) for user in USERS for mode in MODES}
        for who, state in states.items():
            assert state.result()[0] == CRITICAL, who


def test_what_postern_status_ends_with_is_what_monitoring_calls_it(monitored):
    """0, 1 and 2 are OK, WARNING and CRITICAL of the same plugins."""
    with Sink(f"{monitored.directory}/arrived"):
        monitored.configure(smarthost(SINK, tls="none", user=None))
        monitored.start()
        status = [f"{monitored.programs}/postern", "--socket", f"{SOCKETS}/control.sock", "status"]
        assert run_as("nagios", *status)[0] == OK
    send(monitored)
    wait_for(lambda: run_as("nagios", *status)[0] == WARNING, 20, "trouble that status tells")
    monitored.stop()
    assert run_as("nagios", *status)[0] == 69

"""Users who send as much as they can: what another's alert needs is there all the same."""

import os
import pwd
import shutil
import subprocess
import time

import pytest

from ports import NOBODY_LISTENS, SINK
from postern import message, smarthost
from sink import Sink
from spool_maker import fill
from waiting import wait_for

SENDS = ["-i", "-f", "a@example.net", "b@example.com"]
FLOOD = 24_000
ANOTHER = 4242  # nobody's name


@pytest.fixture
def show(request):
    return request.config.pluginmanager.getplugin("terminalreporter").write_line


def send(posternd, user, subject, size=100):
    return posternd.sendmail(message("b@example.com", "x" * 70 + "\n", subject=subject) + ("y" * 70 + "\n") * (size // 71),
                             *SENDS, user=user, check=False)


def alice():
    return pwd.getpwnam("alice").pw_uid


def complaints(posternd):
    return " ".join(posternd.status().get("complaints", []))


def test_24000_messages_of_one_user_do_not_keep_anothers_alert(posternd, work, show):
    posternd.extra = f"limits: {{ per_user: {{ messages: {FLOOD} }} }}\n"
    queue = f"{posternd.spool}/queue"
    os.makedirs(queue)
    fill(queue, FLOOD, lambda _: time.time() - 60, uid=alice())
    for directory, _, names in os.walk(posternd.spool):
        for path in (directory, *(f"{directory}/{name}" for name in names)):
            shutil.chown(path, "postern", "postern")
    posternd.configure(smarthost(NOBODY_LISTENS, tls="none", user=None))
    posternd.start()
    wait_for(lambda: f"user {alice()} has {FLOOD} messages" in complaints(posternd), 30, "all envelopes to be read")
    refused = send(posternd, "alice", "one-more")
    assert refused.returncode == 75 and b"limits.per_user.messages" in refused.stderr, refused
    with Sink(f"{work}/fair-sink", pause=0.05) as sink:
        posternd.configure(smarthost(SINK, tls="none", user=None))
        posternd.reload()
        wait_for(lambda: len(sink.subjects()) > 100, 30, "the flood to flow")
        # So the flood takes five minutes.
        for user in ("root", ANOTHER):
            assert send(posternd, user, f"alert-of-{user}").returncode == 0
            begun, before = time.monotonic(), len(sink.subjects())
            wait_for(lambda: f"alert-of-{user}" in sink.subjects(), 10, "the alert")
            between = sink.subjects().index(f"alert-of-{user}") - before
            show(f"\nthe alert of {user} took {time.monotonic() - begun:.2f} s beside {FLOOD} messages of another, "
                 f"and {between} words of their subjects came before it")
            assert between < 100, "the flood and the alert go by turns"
        assert len(posternd.queue_files()) > FLOOD / 2, "the flood had not gone before"


@pytest.fixture
def small_disk(posternd):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m,mode=700", "tmpfs", posternd.spool], check=True)
    subprocess.run(["chown", "postern:postern", posternd.spool], check=True)
    yield
    posternd.stop()
    subprocess.run(["umount", "-l", posternd.spool], check=True)


def fills(posternd, user):
    """Sends until not even a small message is taken; the refusal of that."""
    for size in (20 << 20, 2 << 20, 4 << 10):
        # What was seen less than five seconds ago counts, and then the message that was refused was still on the disk.
        time.sleep(5.1)
        for number in range(400):
            run = send(posternd, user, "flood", size)
            if run.returncode != 0:
                break
        assert run.returncode == 75, (user, size, number, run)
    return run


def test_r05_whoever_fills_the_disk_anothers_alert_is_taken(posternd, small_disk, show):
    posternd.configure()
    posternd.start()
    refused = fills(posternd, "alice")
    assert b"no space left" in refused.stderr and b"refused the sender" not in refused.stderr, refused
    wait_for(lambda: "nearly full" in complaints(posternd), 10, "status to tell of the disk")
    for user in ("root", ANOTHER):
        assert send(posternd, user, f"alert-of-{user}", 100_000).returncode == 0
    fills(posternd, ANOTHER)
    for user in ("root", ANOTHER + 1):
        assert send(posternd, user, f"alert-of-{user}").returncode == 0
    log = posternd.read_log()
    assert 1 <= log.count("the spool's disk is nearly full") <= 3, log[-3000:]
    assert "the spool's disk is full" not in log and "cannot store message" not in log
    free = os.statvfs(posternd.spool)
    show(f"\n{free.f_bavail * free.f_frsize >> 20} MiB of 300 were left to the others and the reserve")
    by_user = {}
    for entry in posternd.json("queue", "list", "--limit", "2000"):
        if entry.get("kind") == "entry":
            by_user[entry["source"]["uid"]] = by_user.get(entry["source"]["uid"], 0) + 1
    assert by_user[0] == 2 and by_user[ANOTHER + 1] == 1, by_user
    for entry in [one for one in posternd.json("queue", "list", "--limit", "2000") if one.get("size", 0) > 10 << 20]:
        assert posternd.run("queue", "delete", "--yes", entry["id"]).returncode == 0
    wait_for(lambda: send(posternd, "alice", "again").returncode == 0, 20, "mail of the first to be taken again")
    # Told when somebody asks, by what was seen less than five seconds ago.
    wait_for(lambda: "nearly full" not in complaints(posternd) and "there is room on the spool's disk again" in posternd.read_log(), 20,
             "status and log to tell of room")


OVER_TCP = """
import smtplib, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=60) as client:
    for number in range(int(sys.argv[3])):
        try:
            client.sendmail("a@example.net", "b@example.com", "Subject: " + sys.argv[2] + "\\n\\nhi\\n")
        except smtplib.SMTPSenderRefused as refused:
            print(number, refused.smtp_code, refused.smtp_error.decode())
            break
"""


def over_tcp(posternd, user, subject, messages):
    run = subprocess.run(["python3", "-c", OVER_TCP, str(posternd.port), subject, str(messages)], user=user,
                         capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run
    return run.stdout


def test_over_tcp_whoever_holds_the_other_end_has_the_limits_and_the_turns(posternd, work):
    posternd.extra = "limits: { per_user: { messages: 300 } }\n"
    posternd.configure(smarthost(NOBODY_LISTENS, tls="none", user=None))
    posternd.start()
    for _ in range(2):
        said = over_tcp(posternd, "alice", "flood", 301)
        assert f"452 4.3.1 user {alice()} has 300 messages" in said, said
        assert "limits.per_user" in send(posternd, "alice", "flood").stderr.decode(), "by either door"
        for user in ("root", ANOTHER):
            assert over_tcp(posternd, user, f"alert-of-{user}", 1) == ""
        posternd.stop()
        posternd.start()
        wait_for(lambda: f"user {alice()} has 300 messages" in complaints(posternd), 10, "the restart to know what she has")
    with Sink(f"{work}/fair-sink", pause=0.05) as sink:
        posternd.configure(smarthost(SINK, tls="none", user=None))
        posternd.reload()
        wait_for(lambda: sum(name.startswith("alert") for name in sink.subjects()) == 4, 15, "the alerts")
        arrived = sink.subjects()
        last = max(number for number, name in enumerate(arrived) if name.startswith("alert"))
        assert arrived[:last].count("flood") < 200, "the flood had not gone before"


def test_five_subordinate_uids_of_one_user_are_one_party(posternd):
    with open("/etc/subuid") as source:
        before = source.read()
    with open("/etc/subuid", "w") as out:
        out.write("alice:700000:65536\nroot:800000:10\nno sense\n")
    try:
        posternd.extra = "limits: { per_user: { messages: 5 } }\n"
        posternd.configure()
        posternd.start()
        assert "/etc/subuid lines=1 first=3" in posternd.read_log()
        for uid in range(700000, 700005):
            assert send(posternd, uid, "one").returncode == 0
        for user in (700005, 700000, "alice"):
            refused = send(posternd, user, "one-more")
            assert refused.returncode == 75 and f"user {alice()} has 5 messages" in refused.stderr.decode(), refused
        for uid in (765536, 800001, 800002, 800003, 800004, 800005):
            assert send(posternd, uid, "another").returncode == 0
        assert send(posternd, 800006, "another").returncode == 75, "what runs in a container of root's is not root"
        for _ in range(7):
            assert send(posternd, "root", "alert").returncode == 0
        posternd.stop()
        posternd.start()
        wait_for(lambda: send(posternd, "alice", "one-more").returncode == 75, 10, "the restart to know what she has")
        with open("/etc/subuid", "w") as out:
            out.write("")
        posternd.reload()
        wait_for(lambda: send(posternd, 700006, "alone").returncode == 0, 10, "the reload to tell that he is another")
    finally:
        with open("/etc/subuid", "w") as out:
            out.write(before)


def place_of_our_root():
    """Where the view, which is no chroot, has what is / here."""
    status = os.stat("/")
    ours = f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}"
    with open("/proc/1/mountinfo") as source:
        rows = [line.split() for line in source]
    return next(row[4] for row in rows if row[2:4] == [ours, "/"])


def in_a_user_namespace(user, *mapped):
    """What starts a command as this user in a user namespace. None is to be had in a chroot, where the tests are: so the
    command gets a mount namespace of which the very root is what / is here. It keeps the process's id."""
    who = pwd.getpwnam(user)
    moved = 'cd "$1" && shift && mount --move . / && exec chroot . "$@"'
    return ["chroot", "/proc/1/root", "unshare", "--mount", "sh", "-c", moved, "sh", place_of_our_root(), "setpriv",
            f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups", "unshare", "--user", *mapped, "--"]


UNKNOWN = "some users of this machine are not known here, since the daemon runs in a user namespace"


# As root of a container that postern started, and as itself, as with PrivateUsers= of systemd.
@pytest.mark.parametrize("mapped", ["--map-root-user", "--map-current-user"])
def test_v20_in_a_user_namespace_the_daemon_says_once_that_all_it_does_not_know_are_nobody(posternd, work, mapped):
    start = in_a_user_namespace("postern", mapped)
    if (probe := subprocess.run([*start, "true"], capture_output=True, text=True)).returncode != 0:
        pytest.skip(f"this machine permits no user namespaces: {probe.stderr.strip()}")
    posternd.extra = "limits: { per_user: { messages: 3 } }\n"
    posternd.configure(smarthost(NOBODY_LISTENS, tls="none", user=None))
    posternd.start()
    assert posternd.stop() == 0 and UNKNOWN not in posternd.read_log(), "where it knows all there is nothing to say"
    with open(posternd.log, "a") as log:
        posternd.process = subprocess.Popen([*start, f"{posternd.programs}/posternd", "--config", posternd.config],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    posternd.wait_ready()
    assert send(posternd, "alice", "of-alice").returncode == 0
    assert over_tcp(posternd, ANOTHER, "of-another", 1) == ""
    assert send(posternd, "root", "of-root").returncode == 0
    for user in ("alice", ANOTHER, "root"):
        refused = send(posternd, user, "one-more")
        assert refused.returncode == 75 and b"whoever has no known uid has 3 messages" in refused.stderr, (user, refused)
    assert posternd.queue() == [], "nobody's mail is shown to nobody"
    with Sink(f"{work}/namespace-sink") as sink:
        posternd.configure(smarthost(SINK, tls="none", user=None))
        posternd.reload()
        posternd.wait_empty()
        assert sorted(sink.subjects()) == ["of-alice", "of-another", "of-root"]
    log = posternd.read_log()
    assert log.count("settings reloaded") == 1 and log.count(UNKNOWN) == 1, log
    (said,) = [line for line in log.splitlines() if UNKNOWN in line]
    assert 'seen_as="uid 65534"' in said, said
    assert log.count("uid=65534") >= 2 and f"uid={alice()}" not in log, log

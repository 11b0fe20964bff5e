"""The drop helper and the power (M6), its system calls one by one (M2), and its syncs left out (P05)."""

import contextlib
import os
import shutil
import signal
import subprocess
import time

import pytest

from calls import CALL, strace_works
from disks import shut_down, unmount
from doors import BIN, daemon_on, deliver_all, end
from dropping import frame
from exercise import Found
from postern import message, smarthost
from waiting import wait_for

HELPER = f"{BIN}/postern-drop"
INSTALLED = "/usr/libexec/postern-drop"
SPOOL = "/var/spool/postern"
SHOTS = int(os.environ.get("POSTERN_SHOTS", "6"))
ERRORS = ("ENOSPC", "EIO", "EDQUOT", "EFBIG", "EROFS", "ENOMEM", "EINTR", "EAGAIN", "EMFILE", "ENFILE", "EACCES", "ENOENT")
KINDS = {"ext4": 200 << 20, "xfs": 300 << 20}
OPTIONS = {"ext4": ("commit=300",), "xfs": ()}  # seconds until what nobody syncs goes to the disk
PORT = 2614
SAFE_EXITS = (65, 75, 77)

pytestmark = pytest.mark.skipif(not os.access(HELPER, os.X_OK), reason="postern-drop is not built")


class DropDisk:
    """A disk seen at /var/spool/postern, as the helper is compiled to want it; in this mount namespace alone."""

    def __init__(self, disk):
        self.disk, self.bound = disk, False
        if os.path.islink(SPOOL):  # the door of other tests
            os.unlink(SPOOL)
        os.makedirs(SPOOL, exist_ok=True)
        self.mount()
        os.chown(self.disk.path, *_ids("postern", "postern"))
        os.mkdir(f"{disk.path}/drop")
        shutil.chown(f"{disk.path}/drop", "postern", "maildrop")
        os.chmod(f"{disk.path}/drop", 0o1770)
        os.chmod(disk.path, 0o711)
        os.sync()

    def mount(self):
        self.disk.mount()
        subprocess.run(["mount", "--bind", self.disk.path, SPOOL], check=True)
        self.bound = True

    def unmount(self):
        if self.bound:
            unmount(SPOOL)
            self.bound = False
        self.disk.unmount()

    def cut(self):
        shut_down(self.disk.path)
        self.unmount()
        self.mount()

    def dropped(self):
        """What has a final name, by content."""
        files = {}
        for name in os.listdir(f"{SPOOL}/drop"):
            # The daemon may take it over just now.
            with contextlib.suppress(FileNotFoundError), open(f"{SPOOL}/drop/{name}", "rb") as source:
                files[name] = source.read()
        return files

    def empty(self):
        for name in os.listdir(f"{SPOOL}/drop"):
            os.unlink(f"{SPOOL}/drop/{name}")
        os.sync()


def _ids(user, group):
    import grp
    import pwd
    return pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid


@pytest.fixture
def drop_disk(disks, request):
    kind = getattr(request, "param", "ext4")
    disk = DropDisk(disks.loop(kind, size=KINDS[kind], options=OPTIONS[kind]))
    disk.kind = kind
    yield disk
    disk.unmount()


@pytest.fixture(scope="module")
def installed():
    """The helper where the shim looks for it, with its set-gid bit."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", os.path.dirname(INSTALLED)], check=True)
    shutil.copy(HELPER, INSTALLED)
    shutil.chown(INSTALLED, "root", "maildrop")
    os.chmod(INSTALLED, 0o2755)
    yield
    subprocess.run(["umount", os.path.dirname(INSTALLED)], check=True)


def helper(data, prefix=()):
    return subprocess.run([*prefix, HELPER], input=data, capture_output=True, timeout=120)


def taken_over(drop_disk, scratch, words):
    """Starts the daemon and cuts the power as soon as the drop directory is empty; which of the words are queued."""
    posternd = daemon_on(None, scratch)
    shutil.rmtree(posternd.spool)
    posternd.spool = SPOOL
    posternd.configure(smarthost(9, tls="none", user=None))
    try:
        posternd.start()
        wait_for(lambda: not drop_disk.dropped(), 20, f"the drop directory to be empty: {drop_disk.dropped()}")
        shut_down(drop_disk.disk.path)
    finally:
        end(posternd)
    drop_disk.unmount()
    drop_disk.mount()
    found = Found(SPOOL)
    return [word for word in words if found.shots.get(word) == ["queue"]]


@pytest.mark.parametrize("drop_disk", KINDS, indirect=True)
def test_p02_the_power_fails_when_the_shim_has_dropped_a_message(drop_disk, installed, tally, scratch):
    words = [f"shot-drop-{n}" for n in range(SHOTS)]
    for word in words:
        text = message("b@example.com", "x\n", subject=word).encode()
        sent = subprocess.run([f"{BIN}/sendmail", "-i", "b@example.com"], input=text, capture_output=True, user="alice",
                              group="alice", extra_groups=[], timeout=60)
        assert sent.returncode == 0, sent
        drop_disk.cut()
        files = drop_disk.dropped()
        assert sum(word.encode() in content for content in files.values()) == 1, (word, files)
    kept = taken_over(drop_disk, scratch, words)
    tally.count(f"M6 {drop_disk.kind}, drop helper", shots=SHOTS, acknowledged=SHOTS, lost=SHOTS - len(kept))
    assert kept == words


def wait_at_rest(pid):
    """Until the program has done what it had begun: for a second no thread of it was seen to run or to wait for the disk."""
    seen = time.monotonic()

    def at_rest():
        nonlocal seen
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/{pid}/task/{thread}/stat") as source:
                if source.read().rpartition(") ")[2][0] in "RD":
                    seen = time.monotonic()
        return time.monotonic() - seen >= 1
    wait_for(at_rest, 20, "the daemon to have nothing to do")


PICKED_UP = "shot-picked-up"


def pick_up(drop_disk, scratch, *faults):
    """A daemon on the disk that finds one dropped message."""
    data = frame(message("b@example.com", "x\n", subject=PICKED_UP))
    assert helper(data).returncode == 0
    posternd = daemon_on(None, scratch)
    shutil.rmtree(posternd.spool)
    posternd.spool = SPOOL
    posternd.process_environment = {"LD_PRELOAD": f"{BIN}/libfaults.so", "POSTERN_FAULT": ",".join(faults)}
    posternd.configure(smarthost(9, tls="none", user=None))
    posternd.start(wait=False)
    return posternd


@pytest.mark.parametrize("fault", ["none", "no_drop_sync"])
def test_p02_p05_a_dropped_file_that_was_taken_over_does_not_come_back(drop_disk, scratch, tally, fault):
    posternd = pick_up(drop_disk, scratch, fault)
    try:
        wait_for(lambda: not drop_disk.dropped(), 20, "the pick-up")
        # The removal is synced then, or never: the file system commits by itself once in five minutes.
        wait_at_rest(posternd.process.pid)
        shut_down(drop_disk.disk.path)
    finally:
        end(posternd)
    drop_disk.unmount()
    drop_disk.mount()
    back = bool(drop_disk.dropped())
    kept = Found(SPOOL).shots.get(PICKED_UP) is not None
    if fault == "none":
        tally.count(f"M6 {drop_disk.kind}, pick-up", shots=1, acknowledged=1, lost=int(not kept), doubled=int(back))
        assert kept and not back
    else:
        tally.mutant("posternd without its sync of drop/", ["M6 ext4"] if back else [])
        assert back


@pytest.mark.parametrize("fault", ["none", "no_claim_sync"])
def test_p02_p05_a_message_that_was_copied_but_not_removed_from_drop_is_recognised(drop_disk, scratch, tally, fault):
    """The daemon dies between the two, and the power fails: who dropped the message is known by its claim alone."""
    posternd = pick_up(drop_disk, scratch, "killed_unlinking", fault)
    try:
        assert posternd.process.wait(60) == -signal.SIGKILL
    finally:
        end(posternd)
    drop_disk.cut()
    got = deliver_all(SPOOL, f"{scratch}/rest", PORT)[PICKED_UP]
    if fault == "none":
        tally.count(f"M6 {drop_disk.kind}, pick-up", shots=1, acknowledged=1, lost=int(not got), doubled=int(got > 1))
        assert got == 1
    else:
        tally.mutant("posternd without its sync of a claim", ["M6 ext4"] if got > 1 else [])
        assert got == 2


@pytest.mark.parametrize("call", [1, 2], ids=["file", "directory"])
def test_p05_a_drop_helper_without_a_sync_is_caught(drop_disk, tally, call):
    if strace_works():
        pytest.skip(f"M2: {strace_works()}")
    data = frame("Subject: shot-mutant\n\nbody\n")
    mutant = ["strace", "-o", "/dev/null", "-e", f"inject=fsync:retval=0:when={call}"]
    assert helper(data, mutant).returncode == 0
    drop_disk.cut()
    caught = data not in drop_disk.dropped().values()
    tally.mutant(f"postern-drop without its sync of the {'file' if call == 1 else 'directory'}", ["M6 ext4"] if caught else [])
    assert caught


def boundaries(scratch):
    """Each call of the helper from its opening of the drop directory on."""
    trace = f"{scratch}/trace"
    assert helper(frame(), ["strace", "-o", trace]).returncode == 0
    counts, found, begun = {}, [], False
    with open(trace, errors="replace") as source:
        for line in source:
            match = CALL.match(line)
            if not match or match.group(1) == "exit_group":
                continue
            call = match.group(1)
            counts[call] = counts.get(call, 0) + 1
            begun = begun or f"{SPOOL}/drop" in line
            if begun:
                found.append((call, counts[call], line.strip()))
    return found


def test_p01_p10_p13_p15_every_call_of_the_drop_helper_fails_or_kills_it(drop_disk, tally, scratch):
    if strace_works():
        pytest.skip(f"M2: {strace_works()}")
    data = frame()
    found = boundaries(scratch)
    assert len(found) > 10, found
    drop_disk.empty()
    for call, number, text in found:
        for how in [*(f"error={error}" for error in ERRORS), "signal=KILL"]:
            done = helper(data, ["strace", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{how}:when={number}"])
            files = drop_disk.dropped()
            whole = [name for name, content in files.items() if content == data]
            final = [name for name in files if not name.startswith("tmp.")]
            place = (text, how, done.returncode, done.stderr, files)
            if done.returncode == 0:
                assert len(whole) == 1 and len(files) == 1, place
            elif how == "signal=KILL":
                assert len(files) <= 1 and final == whole, place
            else:
                assert done.returncode in SAFE_EXITS and not final, place
            if call in ("fsync", "linkat") and how.startswith("error") and "ENOENT" not in how:
                assert done.returncode != 0, place
            tally.count("M2 drop helper", shots=1, acknowledged=int(done.returncode == 0))
            for name in files:
                os.unlink(f"{SPOOL}/drop/{name}")

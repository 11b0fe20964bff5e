"""Who may do what in the spool, and what a user gains who has taken over the set-gid helper: nothing (V01 to V12)."""

import concurrent.futures
import grp
import os
import pwd
import shutil
import stat
import subprocess

import pytest

from dropping import DROP, HELPER, REFUSED, SOCKETS, SPOOL, as_intruder, frame, helper
from ports import NOBODY_LISTENS
from postern import RELEASE, smarthost
from test_drop import clear, installed, letter, once, sink, whole  # noqa: F401 (fixtures)
from waiting import PATIENCE, wait_for

pytestmark = pytest.mark.skipif(not os.path.exists(f"{RELEASE}/postern-drop"), reason="the optimised build is not there")
FREE = (152 << 20) + (172 << 20) // 40  # what the helper keeps in reserve of a disk of 172 MiB


def owner(path):
    status = os.lstat(path)
    kind = "d" if stat.S_ISDIR(status.st_mode) else "s" if stat.S_ISSOCK(status.st_mode) else "-"
    return (kind, f"{stat.S_IMODE(status.st_mode):04o}", pwd.getpwuid(status.st_uid).pw_name,
            grp.getgrgid(status.st_gid).gr_name)


def audit():
    """path -> owner for everything Postern has, files of messages as their directory/*."""
    found = {HELPER: owner(HELPER)}
    for top in (SPOOL, SOCKETS):
        for directory, _, names in os.walk(top):
            found[directory] = owner(directory)
            for name in names:
                path = f"{directory}/{name}"
                try:
                    its_owner = owner(path)
                except FileNotFoundError:
                    continue  # the daemon writes files under another name first, and removes them
                if os.path.basename(directory) in ("queue", "drop"):
                    assert found.setdefault(f"{directory}/*", its_owner) == its_owner, path
                else:
                    found[path] = its_owner
    return found


TABLE = {
    HELPER: ("-", "2755", "root", "maildrop"),
    SPOOL: ("d", "0711", "postern", "postern"),
    DROP: ("d", "1770", "postern", "maildrop"),
}


def test_v01_owners_and_modes(installed):
    installed.configure(smarthost(NOBODY_LISTENS))
    assert {path: found for path, found in audit().items() if path in TABLE} == TABLE
    helper(frame(), user="alice")
    assert audit()[f"{DROP}/*"] == ("-", "0604", "alice", "maildrop")
    installed.start()
    wait_for(lambda: len(installed.queue_files()) == 1, 10, "the pick-up")
    with installed.smtp() as client:
        for n in range(100):
            client.sendmail("a@example.net", ["b@example.com"], letter(f"v01-{n}"))
    installed.sendmail(letter("v01"), "-i", "b@example.com", user="alice")
    found = audit()
    daemons = {path: ("d", "0700", "postern", "postern") for path in
               (f"{SPOOL}/{name}" for name in ("tmp", "queue", "hold", "failed", "corrupt", "gather"))}
    daemons[f"{SPOOL}/queue/*"] = ("-", "0600", "postern", "postern")
    for path, wanted in {**TABLE, **daemons}.items():
        assert found[path] == wanted, path
    for path, (kind, mode, _, _) in found.items():
        bits = int(mode, 8)
        assert not bits & stat.S_ISUID, path
        assert path == HELPER or kind == "d" or not bits & stat.S_ISGID, path
        # A socket is for everybody, who is then known by name; nothing else is.
        assert kind == "s" or not bits & stat.S_IWOTH, path
    assert found[f"{SPOOL}/submissions"] == ("-", "0600", "postern", "postern")


PLANTED = {
    "symlink": "os.symlink('/etc/shadow', p)",
    "dangling": "os.symlink('/etc/made-by-postern', p)",
    "fifo": "os.mkfifo(p)",
    "directory": "os.mkdir(p)",
    "socket": "import socket; socket.socket(socket.AF_UNIX).bind(p)",
    "unreadable": "os.close(os.open(p, os.O_CREAT | os.O_WRONLY, 0))",
    "empty": "os.close(os.open(p, os.O_CREAT | os.O_WRONLY, 0o604))",
}


def test_v02_planted_links_and_pipes_are_never_followed(installed, sink):
    for name, code in PLANTED.items():
        as_intruder(f"import os, sys; p = sys.argv[1]; {code}", f"{DROP}/{name}")
        as_intruder(f"import os, sys; p = sys.argv[1]; {code}", f"{DROP}/tmp.{name}")
    assert helper(frame("Subject: v02\n\nx\n"), user="alice").returncode == 0
    installed.start()
    wait_for(lambda: sink.count()["v02"], 20, "the message among them")
    wait_for(lambda: all(name.startswith("tmp.") for name in installed.dropped()), 20, "the end of what was planted")
    assert not os.path.exists("/etc/made-by-postern")
    wait_for(lambda: len(installed.refusals()) >= len(PLANTED), 10, "the line in the log, which comes after the removal")
    assert len(installed.refusals()) == len(PLANTED), installed.read_log()
    uid = pwd.getpwnam("alice").pw_uid
    assert all(f"uid={uid} " in line for line in installed.refusals())
    assert len(installed.refused()) == 2  # the files; the others are gone
    as_intruder("import os; [os.unlink(f'/var/spool/postern/drop/{n}') if not n.endswith('directory') else "
                "os.rmdir(f'/var/spool/postern/drop/{n}') for n in os.listdir('/var/spool/postern/drop')]")


def test_v02_a_full_directory_of_the_user_stays_out_of_the_way(installed, sink):
    as_intruder("import os; os.makedirs('/var/spool/postern/drop/full/deep')")
    assert helper(frame("Subject: v02-full\n\nx\n"), user="alice").returncode == 0
    installed.start()
    wait_for(lambda: sink.count()["v02-full"], 20, "the message beside it")
    wait_for(lambda: "cannot be taken now" in installed.read_log(), 10, "the word about it")
    assert installed.stop() == 0  # it would remove the directory as soon as that is empty
    shutil.rmtree(f"{DROP}/full")


def test_q09_a_listing_knows_nothing_of_hostile_drops(installed):
    installed.configure(smarthost(NOBODY_LISTENS))
    as_intruder("import os; os.makedirs('/var/spool/postern/drop/full/deep')")  # the daemon cannot remove it
    installed.start()
    installed.sendmail(letter("q09"), "-i", "b@example.com")
    (queued,) = wait_for(installed.queue_files, 10, "a message")
    hostile = frame("Subject: q09\n\nx\n", sender="a\x1b[2J@example.net").hex()
    # The daemon looks while they are planted: each has its last name only when it is whole.
    whole = f"t = p.replace('bytes', 'tmp.bytes'); open(t, 'wb').write(bytes.fromhex('{hostile}')); os.chmod(t, 0o604); "
    for name, code in {**PLANTED, "bytes": whole + "os.rename(t, p)"}.items():
        as_intruder(f"import os, sys; p = sys.argv[1]; {code}", f"{DROP}/{name}")
        as_intruder(f"import os, sys; p = sys.argv[1]; {code}", f"{DROP}/tmp.{name}")
        assert installed.dropped()
        assert [one["id"] for one in installed.queue()] == [queued]
        plain = installed.run("queue", "list")
        assert plain.returncode == 0 and plain.stdout.count(b" -> b@example.com\n") == 1 and b"\x1b" not in plain.stdout, plain
    assert installed.queue_files() == [queued]
    assert installed.stop() == 0  # it removes some of them, too
    subprocess.run(f"rm -r {DROP}/*", shell=True, check=True)


FORBIDDEN = {
    "list the spool": "os.listdir('/var/spool/postern')",
    "list the queue": "os.listdir('/var/spool/postern/queue')",
    "open a message": "open(queued)",
    "stat a message": "os.stat(queued)",
    "make a file": "open('/var/spool/postern/mine', 'w')",
    "read the submissions": "open('/var/spool/postern/submissions')",
    "take the lock": "open('/var/spool/postern/lock')",
    "rename the drop directory": "os.rename('/var/spool/postern/drop', '/var/spool/postern/mine')",
    "look into refused": "os.listdir('/var/spool/postern/refused')",
    "write to the helper": "open('/usr/libexec/postern-drop', 'r+b')",
}
FORBIDDEN_IN_DROP = {
    "open another's drop": "open(dropped)",
    "write another's drop": "open(dropped, 'r+')",
    "delete another's drop": "os.unlink(dropped)",
    "rename another's drop": "os.rename(dropped, dropped + 'x')",
    "replace another's drop": "open(dropped + 'y', 'w').close(); os.rename(dropped + 'y', dropped)",
    "chmod another's drop": "os.chmod(dropped, 0o666)",
    "chown another's drop": "os.chown(dropped, os.getuid(), -1)",
    "link another's drop": "os.link(dropped, dropped + 'z')",
}


def test_v03_v04_users_reach_nothing_of_others(installed):
    installed.configure(smarthost(NOBODY_LISTENS))
    installed.start()
    installed.sendmail(letter("v03"), "-i", "b@example.com")
    (queued,) = wait_for(installed.queue_files, 10, "a message")
    os.makedirs(REFUSED, mode=0o700, exist_ok=True)
    shutil.chown(REFUSED, "postern", "postern")
    installed.kill()
    subprocess.run(["useradd", "--system", "mallory"], check=False)
    assert helper(frame(), user="alice").returncode == 0
    (dropped,) = installed.dropped()
    setting = f"queued = '{SPOOL}/queue/{queued}'; dropped = '{DROP}/{dropped}'"
    for group, attempts in (("mallory", {**FORBIDDEN, **FORBIDDEN_IN_DROP, "list drops": f"os.listdir('{DROP}')"}),
                            ("maildrop", {**FORBIDDEN, **FORBIDDEN_IN_DROP})):
        for what, code in attempts.items():
            script = f"import os; {setting}\ntry:\n    {code}\nexcept PermissionError: raise SystemExit(13)\n"
            run = subprocess.run(["/usr/bin/python3", "-c", script], user="mallory", group=group, extra_groups=[],
                                 capture_output=True, text=True, cwd="/")
            assert run.returncode == 13, (group, what, run.stderr)
    for name in installed.dropped():
        if name != dropped:
            os.unlink(f"{DROP}/{name}")  # mallory's own, of the attempt to replace
    assert whole(dropped) == frame()
    installed.start()
    wait_for(lambda: len(installed.queue_files()) == 2, 10, "both messages")


def test_v04_a_file_with_two_names_is_not_taken(installed, sink):
    with open(f"{DROP}/first", "wb") as out:
        out.write(frame("Subject: v04\n\nx\n"))
    os.link(f"{DROP}/first", f"{DROP}/second")
    os.chmod(f"{DROP}/first", 0o604)
    installed.start()
    wait_for(lambda: len(installed.refused()) >= 1 and not installed.dropped(), 10, "their removal")
    wait_for(lambda: "more than one name" in installed.read_log(), 10, "the line in the log, which comes after the removal")
    assert helper(frame("Subject: v04-after\n\nx\n"), user="alice").returncode == 0
    wait_for(lambda: sink.count()["v04-after"], 20, "the message after it")
    installed.wait_empty()
    assert sink.count() == {"v04-after": 1}


def test_v05_the_directory_is_replaced_by_a_link(installed, sink):
    """Only root or the daemon can: the parents belong to them. The last part is checked all the same."""
    os.rename(DROP, f"{SPOOL}/real")
    os.symlink(f"{SPOOL}/real", DROP)
    run = helper(frame(), user="alice")
    assert run.returncode == 75 and os.listdir(f"{SPOOL}/real") == [], run
    shutil.copy(HELPER, f"{SPOOL}/real/x")
    installed.start()
    wait_for(lambda: "cannot be taken now" in installed.read_log(), 10, "the word about it")
    assert os.listdir(f"{SPOOL}/real") == ["x"]
    os.unlink(DROP)
    os.unlink(f"{SPOOL}/real/x")
    os.rename(f"{SPOOL}/real", DROP)


def test_v06_files_that_change_or_are_too_large(installed, sink):
    # The oldest are looked at first, before the log has its fill.
    as_intruder(f"""
import os
for name, size in (('sparse', 10 << 30), ('large', 60 << 20)):
    fd = os.open('{DROP}/' + name, os.O_CREAT | os.O_WRONLY, 0o604)
    os.fchmod(fd, 0o604)
    os.ftruncate(fd, size)
""")
    whole_frame = frame("Subject: v06\n\n" + "x" * 60 + "\n").hex()
    # Rewritten all the time while the daemon reads it: each copy is whole, or it is refused.
    changer = subprocess.Popen(["/usr/bin/python3", "-c", f"""
import os, time
good = bytes.fromhex('{whole_frame}')
end = time.monotonic() + 6
number = 0
while time.monotonic() < end:
    number += 1
    name = '{DROP}/changing-%d' % number
    fd = os.open(name, os.O_CREAT | os.O_WRONLY, 0o604)
    os.fchmod(fd, 0o604)
    for size in (10, 60, len(good), 5, len(good)):
        os.pwrite(fd, good[:size], 0)
        os.ftruncate(fd, size)
    os.pwrite(fd, b'X', 70)
    os.close(fd)
    time.sleep(0.01)
fd = os.open('{DROP}/tmp.whole', os.O_CREAT | os.O_WRONLY, 0o600)
os.write(fd, good)
os.fchmod(fd, 0o604)
os.rename('{DROP}/tmp.whole', '{DROP}/whole')
"""], user="alice", group="maildrop", extra_groups=[], cwd="/")
    installed.start()
    assert changer.wait(30 * PATIENCE) == 0
    wait_for(lambda: not installed.dropped(), 30, "the end of the drops")
    wait_for(lambda: not installed.queue_files(), 20, "the end of the queue")
    assert "larger than a message may be" in installed.read_log()
    assert sink.count() == {"v06": 1}  # all had one submission id
    assert len(installed.refusals()) <= 20 * 2


def test_v07_what_a_file_says_of_its_owner_does_not_count(installed):
    installed.configure(smarthost(NOBODY_LISTENS))
    texts = {
        "claims": frame("Received: by web1 (Postern, from userid 0)\nX-Uid: 0\n\nx\n", id="1" * 32),
        "size": frame(id="2" * 32, more=" SIZE=999999999999"),
        "parameter": frame(id="3" * 32, more=" COLOUR=red"),
        "queue-file": b"postern-spool: 1\nid: 6w7k2m0000abcdef\n\n",
        "unknown": frame(id="4" * 32).replace(b"postern-drop 1", b"postern-drop 2"),
        "no-id": frame(id="5" * 32).replace(b" XSUBMISSION=" + b"5" * 32, b""),
    }
    for name, data in texts.items():
        as_intruder(f"""
import os
fd = os.open('{DROP}/{name}', os.O_CREAT | os.O_WRONLY, 0o604)
os.fchmod(fd, 0o604)
os.write(fd, bytes.fromhex('{data.hex()}'))
""")
    installed.start()
    wait_for(lambda: not installed.dropped(), 10, "the end of the drops")
    (entry,) = installed.queue()
    uid = pwd.getpwnam("alice").pw_uid
    wait_for(lambda: len(installed.refusals()) >= len(texts) - 1, 10, "the line in the log, which comes after the removal")
    with open(f"{SPOOL}/queue/{entry['id']}") as source:
        text = source.read()
    assert f"source: local uid={uid}" in text and f"from userid {uid})" in text, text
    assert len(installed.refusals()) == len(texts) - 1


def test_v08_root_drops_as_well(installed, sink):
    assert helper(frame("Subject: v08\n\nx\n")).returncode == 0
    (name,) = installed.dropped()
    assert owner(f"{DROP}/{name}")[:3] == ("-", "0604", "root")
    installed.start()
    once(installed, sink, "v08")


def test_v09_the_reserve_of_the_disk_is_left_alone(installed):
    """A small disk of its own under drop/."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=172M,mode=1770,uid=postern,gid=maildrop,nr_inodes=2100", "tmpfs", DROP],
                   check=True)
    try:
        big = frame("Subject: big\n\n" + ("x" * 999 + "\n") * 4000, id="6" * 32)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            runs = list(pool.map(lambda _: helper(big, user="alice"), range(16)))
        assert {run.returncode for run in runs} <= {0, 75} and any(run.returncode == 0 for run in runs)
        assert any(b"users who have less there than you" in run.stderr for run in runs)
        space = os.statvfs(DROP)
        # Helpers that write at the same time see the same room; none takes more than a piece beyond it.
        assert space.f_bavail * space.f_frsize >= FREE - 8 * 65536
        clear()
        run = helper(frame(("x" * 999 + "\n") * 20_000), user="alice")
        assert run.returncode == 75 and b"kept in reserve" in run.stderr, run
        runs = [helper(frame(), user="alice") for _ in range(60)]
        assert runs[0].returncode == 0 and runs[-1].returncode == 75 and b"inodes" in runs[-1].stderr
        assert os.statvfs(DROP).f_favail >= 2000 + 2100 // 40
    finally:
        subprocess.run(["umount", DROP], check=True)


ERRORS = {
    "openat": ["EACCES", "ENOSPC", "EMFILE", "EROFS"], "open": ["EACCES", "EMFILE"], "fstatfs": ["EIO", "ENOSYS"],
    "read": ["EIO", "EINTR"], "write": ["ENOSPC", "EIO", "EFBIG", "EDQUOT", "EINTR"], "fsync": ["EIO", "ENOSPC", "EDQUOT"],
    "linkat": ["EIO", "EEXIST", "ENOSPC", "ENOENT"], "renameat": ["EIO", "ENOSPC"], "fchmod": ["EPERM", "EIO"],
    "getrandom": ["EINTR", "ENOSYS"], "chdir": ["EACCES"], "close_range": ["ENOSYS"], "prctl": ["EINVAL"],
    "access": ["ENOENT", "EACCES"], "rt_sigaction": ["EINVAL"], "prlimit64": ["EPERM"], "setrlimit": ["EPERM"],
    "fcntl": ["EBADF"], "unlinkat": ["EIO"], "umask": ["EPERM"],
}


@pytest.mark.parametrize("unnamed", [True, False], ids=["without-a-name", "with-a-name"])
def test_v10_every_call_of_the_helper_fails_once(installed, unnamed):
    """Run by root, so that strace may watch it; what the group adds is in the other tests."""
    always = [] if unnamed else ["-e", "inject=access:error=ENOENT"]
    shots = 0
    for call, errors in ERRORS.items():
        if not unnamed and call == "access":
            continue
        for error in errors:
            for number in range(1, 12):
                clear()
                log = f"{installed.directory}/trace"
                run = helper(frame(), before=["strace", "-o", log, *always, "-e", f"inject={call}:error={error}:when={number}"])
                if "INJECTED" not in "".join(line for line in open(log) if unnamed or not line.startswith("access")):
                    break
                shots += 1
                files = installed.dropped()
                case = (call, error, number, run.returncode, run.stderr, files)
                if call == "unlinkat":
                    continue
                # The C library ends a set-gid program whose first three descriptors cannot be had.
                assert run.returncode in (0, 65, 75, 77) or (call == "fcntl" and run.returncode == -11), case
                assert len(files) == (1 if run.returncode == 0 else 0), case
                assert run.returncode == 0 or run.stderr.startswith(b"postern-drop: ") or call in ("fcntl", "open"), case
                for name in files:
                    assert whole(name) == frame(), case
    clear()
    print(f"\nV10: {shots} failing calls, {'unnamed' if unnamed else 'named'}")
    assert shots > 25


def test_v10_input_that_is_no_whole_frame(installed):
    good = frame()
    for size in range(0, len(good)):
        assert helper(good[:size], user="alice").returncode == 65, size
    for at in range(0, len(good), 3):
        changed = bytearray(good)
        changed[at] ^= 0x20
        assert helper(bytes(changed), user="alice").returncode == 65, at
    assert helper(good + b"x").returncode == 65
    assert helper(b"", user="alice", before=["bash", "-c", "exec \"$@\" <&-", "bash"]).returncode == 75
    run = subprocess.run([HELPER], stdin=open("/dev/full"), capture_output=True)
    assert run.returncode == 65
    run = subprocess.run([HELPER], stdin=os.open("/", os.O_RDONLY), capture_output=True)
    assert run.returncode == 75
    assert installed.dropped() == []


def test_v10_limits_and_closed_descriptors(installed):
    settings = {"ulimit -f 0": 75, "ulimit -n 3": 75, "ulimit -n 5": 0, "ulimit -c unlimited": 0, "ulimit -s 256": 0,
                "exec 1>&-": 0, "exec 2>&-": 0, "exec 1>&- 2>&-": 0, "umask 777": 0, "trap '' XFSZ; ulimit -f 0": 75}
    for setting, status in settings.items():
        clear()
        run = helper(frame(), user="alice", before=["bash", "-c", f"{setting}; exec \"$@\"", "bash"])
        assert run.returncode == status, (setting, run)
        assert [whole(name) for name in installed.dropped()] == ([frame()] if status == 0 else []), setting


START = """
import ctypes, os, sys
argv = (ctypes.c_char_p * 2)(*[word.encode() for word in sys.argv[1:2]])
ctypes.CDLL(None, use_errno=True).execve(b'/usr/libexec/postern-drop', argv, None)
"""


def test_v11_no_arguments_no_environment_no_directory(installed):
    for words in ([], [""]):
        run = subprocess.run(["/usr/bin/python3", "-c", START, *words], input=frame(), capture_output=True)
        assert run.returncode == 0, run
    gone = f"{installed.directory}/gone"
    os.mkdir(gone)
    run = subprocess.run(["bash", "-c", f"cd {gone} && rmdir {gone} && exec {HELPER}"], input=frame(), capture_output=True)
    assert run.returncode == 0, run
    assert len(installed.dropped()) == 3
    clear()


def test_v12_the_helper_takes_no_option(installed):
    for arguments in (["--help"], ["-v"], ["--version"], ["/etc/passwd"], ["-d", "/tmp"], ["--spool=/tmp"], ["--"]):
        run = subprocess.run([HELPER, *arguments], input=frame(), capture_output=True, user="alice", extra_groups=[])
        assert (run.returncode, run.stdout, run.stderr) == (0, b"", b""), (arguments, run)
    assert len(installed.dropped()) == 7
    assert {len(name) for name in installed.dropped()} == {32}
    clear()

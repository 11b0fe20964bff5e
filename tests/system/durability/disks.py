"""Disks that lose power: a loop device that is shut down without a flush, and one whose every write is logged."""

import bisect
import errno
import fcntl
import functools
import os
import random
import shutil
import struct
import subprocess
import tempfile
import time

from waiting import wait_for

BIN = os.environ["POSTERN_BIN"]
GOING_DOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, XFS_IOC_GOINGDOWN: _IOR('X', 125, u32)
NO_LOG_FLUSH = 2
ZEROS = bytes(65536)

MAKE = {
    "ext4": ["mkfs.ext4", "-q", "-F", "-m", "0", "-J", "size=4"],
    "ext4-nojournal": ["mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal"],
    "xfs": ["mkfs.xfs", "-q", "-f"],
}
SIZES = {"ext4": 48 << 20, "ext4-nojournal": 16 << 20, "xfs": 300 << 20}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout


def unmount(directory):
    """A process that was killed may hold the disk a little longer."""
    def unmounted():
        done = subprocess.run(["umount", directory], capture_output=True, text=True)
        assert done.returncode == 0 or "busy" in done.stderr, f"umount {directory}: {done.stderr}"
        return done.returncode == 0
    wait_for(unmounted, 20, f"{directory} to be held by nobody")


def shut_down(directory):
    """The power fails now: what is not on the disk never will be."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.ioctl(fd, GOING_DOWN, struct.pack("I", NO_LOG_FLUSH))
    finally:
        os.close(fd)


def make_spool(disk):
    """An empty directory of the daemon's on a mounted disk, there for good."""
    path = f"{disk.path}/spool"
    if not os.path.isdir(path):
        os.mkdir(path, 0o700)
        shutil.chown(path, "postern", "postern")
        make_drop(path)
        os.sync()
    return path


def make_drop(spool):
    """The drop directory of a spool, as tmpfiles.d makes it."""
    os.mkdir(f"{spool}/drop")
    shutil.chown(f"{spool}/drop", "postern", "maildrop")
    os.chmod(f"{spool}/drop", 0o1770)
    return spool


class LoopDisk:
    def __init__(self, directory, kind="ext4", size=None, options=(), make=()):
        os.makedirs(f"{directory}/mnt")
        self.kind, self.options = kind, options
        self.image, self.path = f"{directory}/image", f"{directory}/mnt"
        self.mounted = False
        with open(self.image, "wb") as image:
            image.truncate(size or SIZES[kind])
        run(*MAKE[kind], *make, self.image)

    def mount(self):
        run("mount", "-o", ",".join(["loop", *self.options]), self.image, self.path)
        self.mounted = True

    def unmount(self):
        if self.mounted:
            unmount(self.path)
            self.mounted = False

    def cut(self):
        shut_down(self.path)

    def again(self):
        """After the power came back."""
        self.unmount()
        self.mount()

    def device(self):
        return os.path.basename(run("findmnt", "-n", "-o", "SOURCE", self.path).strip())


class LoggingDisk:
    """A loop device over logging-disk; `mark` puts a line between the writes around it."""

    def __init__(self, directory, kind="ext4", size=None):
        os.makedirs(f"{directory}/mnt")
        os.makedirs(f"{directory}/fuse")
        self.start, self.image, self.log = f"{directory}/start", f"{directory}/image", f"{directory}/log"
        self.fuse, self.path, self.kind = f"{directory}/fuse", f"{directory}/mnt", kind
        self.mark_file = f"{self.fuse}/mark"
        with open(self.start, "wb") as image:
            image.truncate(size or 24 << 20)
        run(*MAKE[kind], "-E", "lazy_itable_init=0,lazy_journal_init=0", self.start)
        shutil.copyfile(self.start, self.image)
        self.process = subprocess.Popen([f"{BIN}/logging-disk", self.image, self.log, self.fuse],
                                        stderr=open(f"{directory}/fuse.log", "wb"))
        while not os.path.exists(f"{self.fuse}/disk"):
            assert self.process.poll() is None, "logging-disk ended"
            time.sleep(0.01)
        self.device = run("losetup", "-f", "--show", f"{self.fuse}/disk").strip()
        run("mount", self.device, self.path)

    def mark(self, text):
        self._line("mark", text)

    def control(self, text):
        self._line("ctl", text)

    def _line(self, name, text):
        with open(f"{self.fuse}/{name}", "wb", buffering=0) as out:
            out.write((text + "\n").encode())

    def stop(self):
        if self.process is None:
            return
        unmount(self.path)
        run("losetup", "-d", self.device)
        # The device is freed when the last user of it is gone.
        wait_for(lambda: subprocess.run(["fusermount3", "-u", self.fuse], capture_output=True).returncode == 0, 20,
                 f"{self.fuse} to be held by nobody")
        self.process.wait(60)
        self.process = None


class Recording:
    """What a LoggingDisk logged: any crash of it can be made again."""

    def __init__(self, disk):
        self.disk = disk
        self.kinds, self.offsets, self.data = bytearray(), [], []
        with open(disk.log, "rb") as source:
            log = memoryview(source.read())
        at = 0
        while at + 16 <= len(log):
            length, offset = struct.unpack_from("<IQ", log, at + 4)
            self.kinds.append(log[at])
            self.offsets.append(offset)
            self.data.append(log[at + 16:at + 16 + length])
            at += 16 + length
        self.flushes = [i for i, kind in enumerate(self.kinds) if kind == ord("F")]
        self.marks = [(i, bytes(self.data[i]).decode().strip()) for i, kind in enumerate(self.kinds) if kind == ord("M")]
        with open(disk.start, "rb") as source:
            self.base = bytearray(source.read())
        self.applied = 0

    def marks_before(self, crash):
        return [text for i, text in self.marks if i < crash]

    def image(self, crash, path, share, chance):
        """The disk if power fails before record `crash`: all that was flushed, of the rest a share of the sectors.
        Crashes must be asked for in order."""
        flushed = bisect.bisect_left(self.flushes, crash)
        flushed = self.flushes[flushed - 1] if flushed else 0
        assert flushed >= self.applied or flushed == 0, "crashes must be asked for in order"
        for i in range(self.applied, flushed):
            if self.kinds[i] == ord("W"):
                self.base[self.offsets[i]:self.offsets[i] + len(self.data[i])] = self.data[i]
        self.applied = max(self.applied, flushed)
        with open(path, "wb") as out:
            out.truncate(len(self.base))
            for at in range(0, len(self.base), len(ZEROS)):
                piece = self.base[at:at + len(ZEROS)]
                if piece != ZEROS:
                    out.seek(at)
                    out.write(piece)
            for i in range(self.applied, crash):
                if self.kinds[i] != ord("W"):
                    continue
                for sector in range(0, len(self.data[i]), 512):
                    if chance.random() < share:
                        out.seek(self.offsets[i] + sector)
                        out.write(self.data[i][sector:sector + 512])

    def crashes(self, points, scratch, seed=1):
        """Mounts the disk of each (crash, share of unflushed sectors) in turn and yields (crash, directory)."""
        chance = random.Random(seed)
        path, directory = f"{scratch}/crash", f"{scratch}/crash-mnt"
        os.makedirs(directory, exist_ok=True)
        for crash, share in sorted(points):
            self.image(crash, path, share, chance)
            mount_after_crash(path, directory, fsck=self.disk.kind == "ext4-nojournal")
            try:
                yield crash, directory
            finally:
                unmount(directory)
                # A device that somebody looks at is freed a little later, and must not stand for the next image.
                os.unlink(path)


def mount_after_crash(image, directory, fsck):
    """As a machine does when it boots: the journal is enough, a torn superblock needs e2fsck."""
    mount = ["mount", "-o", "loop", image, directory]
    if not fsck and subprocess.run(mount, capture_output=True).returncode == 0:
        return
    checked = subprocess.run(["e2fsck", "-fy", image], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert checked.returncode < 4, f"e2fsck could not repair the disk: {checked.stdout[-2000:]}"
    run(*mount)


@functools.cache
def cannot_shut_down(kind):
    """Why this machine cannot make a disk of that kind and cut its power; None where it can."""
    with tempfile.TemporaryDirectory(dir=os.environ["POSTERN_DURABILITY_WORK"]) as scratch:
        try:
            disk = LoopDisk(f"{scratch}/disk", kind)
            disk.mount()
        except FileNotFoundError as error:
            return f"{error.filename} is not installed"
        except subprocess.CalledProcessError as error:
            return f"{error.cmd[0]} failed: {error.stderr.strip()}"
        try:
            disk.cut()
        except OSError as error:
            return f"the shutdown of {kind}: {error.strerror}"
        finally:
            disk.unmount()
    return None


def fuse_works():
    if not os.access(f"{BIN}/logging-disk", os.X_OK):
        return "logging-disk is not built (libfuse3-dev)"
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as error:
        return f"/dev/fuse: {errno.errorcode[error.errno]}"
    return None

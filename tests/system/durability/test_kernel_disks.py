"""M8: the daemon on the kernel's own faulty disks, dm-flakey and dm-log-writes, in a User-Mode Linux (guest.py). Long, and
only for those who ask: POSTERN_UML=1."""

import os
import shutil
import signal
import struct
import subprocess
from types import SimpleNamespace

import pytest

from disks import BIN, Recording
from exercise import Found
from test_crashes import MESSAGES, facts, random_points, replay
from test_power import count_found

GUEST = f"{os.path.dirname(os.path.abspath(__file__))}/guest.py"
SIZE = 200 << 20  # the drop helper leaves 96 MiB free
SHOTS, MUTANT_SHOTS = 6, 3
SECONDS = 600  # the longest a guest may take; a minute is usual
LOG_MAGIC, FLUSH, FUA, DISCARD, MARK = 0x6A736677736872, 1, 2, 4, 8


@pytest.fixture(autouse=True)
def wanted():
    if os.environ.get("POSTERN_UML") != "1":
        pytest.skip("M8: long, and done only with POSTERN_UML=1")
    for program, package in (("linux.uml", "user-mode-linux"), ("insmod", "kmod"), ("dmsetup", "dmsetup")):
        if not shutil.which(program):
            pytest.skip(f"M8: {program} is not there (package {package})")


def guest(scratch, task, *images, **variables):
    """Boots a guest with the images as its disks; what it said, a list of words for each line."""
    variables = {"TASK": task, "POSTERN_BIN": BIN, "POSTERN_SHOTS": SHOTS, **variables}
    with open(f"{scratch}/console", "wb") as console:
        # /run is this run's own tmpfs, and there the guest's memory belongs.
        machine = subprocess.Popen(
            ["linux.uml", "mem=256M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", f"init={GUEST}", "quiet",
             "loglevel=0", "con=null", "con0=fd:0,fd:1", "ssl=null", *(f"ubd{n}={image}" for n, image in enumerate(images)),
             *(f"{name}={value}" for name, value in variables.items())],
            env={**os.environ, "TMPDIR": "/run", "HOME": scratch}, stdin=subprocess.DEVNULL, stdout=console, stderr=console,
            start_new_session=True)
        try:
            machine.wait(SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(machine.pid, signal.SIGKILL)  # its helpers too
            machine.wait()
    with open(f"{scratch}/console", errors="replace") as console:
        text = console.read()
    lines = [line.split() for line in text.splitlines()]
    assert ["END"] in lines, text[-4000:]
    return lines


def shoot(disks, scratch, task, **variables):
    """The guest's lines, the words that it saw acknowledged in each shot, and the disk, mounted again."""
    disk = disks.loop("ext4", size=SIZE)
    lines = guest(scratch, task, disk.image, **variables)
    disk.mount()
    return lines, [line[1:] for line in lines if line[:1] == ["SHOT"]], disk


def test_p04_dm_flakey_drops_all_writes_after_the_acknowledgement_of_one_message_and_of_many(disks, scratch, tally):
    _, shots, disk = shoot(disks, scratch, "drop_writes")
    words = [word for shot in shots for word in shot]
    broken = count_found(f"{disk.path}/spool", words)
    tally.count("M8 dm-flakey, drop_writes", shots=len(shots), acknowledged=len(words), **broken)
    assert len(shots) == SHOTS + 2 and not any(broken.values()), broken
    assert not os.listdir(f"{disk.path}/spool/corrupt")


def test_p04_dm_flakey_fails_all_writes_and_mail_is_refused(disks, scratch, tally):
    lines, shots, disk = shoot(disks, scratch, "error_writes")
    words = [word for shot in shots for word in shot]
    broken = count_found(f"{disk.path}/spool", words)
    tally.count("M8 dm-flakey, error_writes", shots=len(shots), acknowledged=len(words), **broken)
    assert [line for line in lines if line[:1] == ["EXIT"]] == [["EXIT", "75"]] * (2 * SHOTS)
    assert len(words) == SHOTS and not any(broken.values()), broken
    assert "shot-refused" not in Found(f"{disk.path}/spool").shots


@pytest.mark.parametrize("fault", ["no_sync", "no_fdatasync"])
def test_p04_p05_dm_flakey_catches_a_daemon_whose_syncs_do_nothing(disks, scratch, tally, fault):
    _, shots, disk = shoot(disks, scratch, "drop_writes", POSTERN_FAULT=fault, POSTERN_SHOTS=MUTANT_SHOTS)
    broken = count_found(f"{disk.path}/spool", [word for shot in shots for word in shot])
    caught = len(shots) == MUTANT_SHOTS and broken["lost"] + broken["damaged"] == MUTANT_SHOTS
    tally.mutant(f"posternd with {fault}, User-Mode Linux", ["M8 dm-flakey"] if caught else [])
    assert caught, (shots, broken)


def translate(image, path):
    """Makes a log of logging-disk out of dm-log-writes' (the kernel's device-mapper/log-writes.rst). That one has a write
    only after the flush that made it durable, or if it was FUA: no write in it is older than a flush before it."""
    with open(image, "rb") as log, open(path, "wb") as out:
        def put(kind, offset=0, data=b""):
            out.write(struct.pack("<c3xIQ", kind, len(data), offset) + data)

        magic, _, entries, size = struct.unpack("<QQQI", log.read(28))
        assert magic == LOG_MAGIC and entries
        at = size
        for _ in range(entries):
            log.seek(at)
            sector, sectors, flags, length = struct.unpack("<4Q", log.read(32))
            at += size
            if flags & MARK:
                put(b"M", data=log.read(length))
                continue
            if flags & FLUSH:
                put(b"F")
            if sectors and not flags & DISCARD:
                log.seek(at)
                put(b"W", sector * size, log.read(sectors * size))
                at += sectors * size
            if flags & FUA:
                put(b"F")


def test_p04_dm_log_writes_replayed_up_to_each_mark_and_anywhere_keeps_what_was_acknowledged(disks, scratch, tally):
    disk = disks.loop("ext4", size=SIZE)
    start, log = f"{scratch}/start", f"{scratch}/log"
    shutil.copyfile(disk.image, start)
    with open(f"{scratch}/writes", "wb") as writes:
        writes.truncate(256 << 20)
    guest(scratch, "log_writes", disk.image, writes.name)
    translate(writes.name, log)
    recording = Recording(SimpleNamespace(start=start, log=log, kind="ext4"))
    assert len(facts(text for _, text in recording.marks)[0]) == MESSAGES, "a message was refused"
    marks = [(i + 1, 0.0) for i, _ in recording.marks]
    replay(recording, marks + random_points(recording), scratch, tally, "M8 dm-log-writes, all doors")

"""The spool library and the power: M6 and M7 with spool-exercise, and the mutants that must not pass (P05)."""

import os
import shutil

import pytest

from disks import Recording, cannot_shut_down
from exercise import FAULTS, PATHS, SCENARIOS, Found, Promises, exercise, lines_of, syncs_of

SHOTS = int(os.environ.get("POSTERN_SHOTS", "6"))
MANY = 50


def shot(disk, scenario, mutant=None):
    """One power loss at the acknowledgement of the scenario's last step: what was promised and what is broken."""
    disk.mount()
    shutil.rmtree(f"{disk.path}/spool", ignore_errors=True)
    os.sync()
    options = [f"--cut={disk.path}", *([f"--mutant={mutant}"] if mutant else [])]
    output = exercise(f"{disk.path}/spool", *scenario, options=options, check=True)
    disk.again()
    try:
        promises = Promises(lines_of(output, "ACK"))
        assert promises.count >= 1, output
        return promises, promises.broken(Found(f"{disk.path}/spool"))
    finally:
        disk.unmount()


@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_p02_power_fails_at_the_acknowledgement_of_each_step_of_the_spool(disks, tally, kind):
    disk = disks.loop(kind)
    for name, scenario in SCENARIOS.items():
        for _ in range(SHOTS):
            promises, broken = shot(disk, scenario)
            tally.count(f"M6 {kind}, spool", shots=1, acknowledged=promises.count, **broken)
            assert not any(broken.values()), (name, broken)
    promises, broken = shot(disk, ["open", "settle", f"small={MANY}", f"slow={MANY // 10}", f"small={MANY}"])
    tally.count(f"M6 {kind}, spool", shots=1, acknowledged=promises.count, **broken)
    assert not any(broken.values()), broken


def record(disks, kind, scenarios, mutant=None):
    """Runs scenarios on a logging disk, each in a spool of its own; the recording."""
    disk = disks.logging(kind)
    options = [f"--mark={disk.mark_file}", *([f"--mutant={mutant}"] if mutant else [])]
    for name in scenarios:
        disk.mark(f"BEGIN {name}")
        exercise(f"{disk.path}/{name}", *SCENARIOS[name], options=options, check=True)
        disk.mark(f"END {name}")
    disk.stop()
    return Recording(disk)


def replay(recording, scratch):
    """Crashes right at the acknowledgement of each scenario's last step; of what was not flushed nothing was written."""
    points = [(i + 1, 0.0) for (i, text), (_, after) in zip(recording.marks, recording.marks[1:])
              if text.startswith("ACK") and after.startswith("END")]
    for crash, directory in recording.crashes(points, scratch):
        name, acknowledged = None, []
        for text in recording.marks_before(crash):
            word, _, rest = text.partition(" ")
            if word == "BEGIN":
                name, acknowledged = rest, []
            elif word == "ACK":
                acknowledged.append(rest.split())
        promises = Promises(acknowledged)
        yield promises, promises.broken(Found(f"{directory}/{name}"))


@pytest.mark.parametrize("kind", ["ext4", "ext4-nojournal"])
def test_p03_the_flushed_sectors_alone_keep_what_the_spool_acknowledged(disks, tally, scratch, kind):
    # Without a journal no sync of ours covers the inodes of new directories: there they are old.
    scenarios = [name for name in SCENARIOS if kind == "ext4" or name != "open"]
    for promises, broken in replay(record(disks, kind, scenarios), scratch):
        tally.count(f"M7 {kind}, spool", shots=1, acknowledged=promises.count, **broken)
        assert not any(broken.values()), broken


def shot_in_memory(scenario, mutant=None):
    """The same on a disk that keeps what POSIX promises and no more: a new file's sync does not take its name along,
    as it does on every disk that this machine can make."""
    output = exercise("spool", *scenario, options=["--memory", *([f"--mutant={mutant}"] if mutant else [])], check=True)
    return Promises(lines_of(output, "ACK")).broken(Found("spool", output))


@pytest.mark.parametrize("name", SCENARIOS)
def test_p02_a_disk_that_keeps_only_what_posix_promises_keeps_what_the_spool_acknowledged(name):
    assert not any(shot_in_memory(SCENARIOS[name]).values())


def caught_by(disks, shutdown_disks, scratch, mutant, path):
    methods = []
    for kind, disk in shutdown_disks.items():
        if any(any(shot(disk, SCENARIOS[name], mutant)[1].values()) for name in PATHS[path]):
            methods.append(f"M6 {kind}")
    if methods:
        return methods
    # A journal makes two syncs of a move one; on a disk without it each of them counts.
    for kind in ("ext4", "ext4-nojournal"):
        recording = record(disks, kind, PATHS[path], mutant)
        if any(any(broken.values()) for _, broken in replay(recording, scratch)):
            methods.append(f"M7 {kind}")
    if not methods and any(any(shot_in_memory(SCENARIOS[name], mutant).values()) for name in PATHS[path]):
        methods.append("memory")
    return methods


@pytest.mark.parametrize("path", PATHS)
def test_p05_every_sync_left_out_answered_before_or_made_too_early_is_caught(disks, tally, scratch, path):
    shutdown_disks = {kind: disks.loop(kind) for kind in ("ext4", "xfs") if not cannot_shut_down(kind)}
    mutants = [f"{fault}/{sync}" for sync in syncs_of(scratch, path) for fault in FAULTS]
    assert mutants
    for mutant in mutants:
        tally.mutant(mutant, caught_by(disks, shutdown_disks, scratch, mutant, path))
    missed = [mutant for mutant in mutants if not tally.caught[mutant]]
    assert not missed, missed

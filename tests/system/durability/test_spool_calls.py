"""M2 and M3: each system call of the spool fails with each error, kills the program, is cut short or interrupted."""

import concurrent.futures
import itertools
import os
import shutil

import pytest

from calls import boundaries, hit, strace_works
from exercise import BIN, Found, Promises, exercise, lines_of

# EBADF and the like cannot happen; these can.
ERRORS = ("ENOSPC", "EIO", "EDQUOT", "EFBIG", "EROFS", "ENOMEM", "EINTR", "EAGAIN", "EMFILE", "ENFILE", "EACCES", "ENOENT")
ACCEPTING = ("small", "large")
STEPS = {"open": ["open"], "small": ["open", "small"], "large": ["open", "large"], "log": ["open", "small", "log"],
         "remove": ["open", "small", "remove"], "move": ["open", "small", "move"], "recover": ["open", "small", "recover"]}


def needs_strace():
    reason = strace_works()
    if reason:
        pytest.skip(f"M2: {reason}")


def judge(outcome, steps, directory):
    """What is broken after one call went wrong, apart from what a step that said no may leave undone."""
    if not outcome.said_yes and steps[-1] in ACCEPTING:
        assert outcome.left == [], f"refused, but something stayed: {outcome.left}"
    found = Found(f"{directory}/spool")
    broken = Promises(outcome.acknowledgements).broken(found)
    # A move or a log line that did not get its yes may be there all the same, a removal too; the message is never lost.
    if not outcome.said_yes or outcome.killed:
        stored = [words[1] for words in outcome.acknowledgements if words[0] == "stored"]
        there = all(any(entry[2] == "whole" for entry in found.of(queue_id)) for queue_id in stored)
        if there or steps[-1] == "remove":
            broken["lost"] = broken["damaged"] = 0
        broken["doubled"] = sum(1 for queue_id in stored if len(found.of(queue_id)) > 1)
    for queue_id, _ in outcome.tries:
        assert len(found.of(queue_id)) <= 1, "one message, two files"
    return broken


def run_all(scratch, tally, method, name, attempts):
    """`attempts`: (boundary, how). Two at a time; returns the outcomes by attempt."""
    steps = STEPS[name]

    def one(number, boundary, how):
        directory = f"{scratch}/{name}-{number}"
        os.makedirs(directory)
        outcome = hit(directory, steps, boundary, how)
        broken = judge(outcome, steps, directory)
        shutil.rmtree(directory)
        return boundary, how, outcome, broken

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        done = list(pool.map(lambda job: one(*job), [(n, *attempt) for n, attempt in enumerate(attempts)]))
    for boundary, how, outcome, broken in done:
        tally.count(method, shots=1, acknowledged=len(outcome.acknowledgements), **broken)
        assert not any(broken.values()), (boundary.text, how, broken)
    return done


def enumerated(scratch, name):
    directory = f"{scratch}/{name}-list"
    os.makedirs(directory)
    found = boundaries(directory, STEPS[name])
    assert found, "no call was found"
    return found


@pytest.mark.parametrize("name", STEPS)
def test_p10_p13_p15_p16_p18_every_call_fails_with_every_error(scratch, tally, name):
    needs_strace()
    found = enumerated(scratch, name)
    for boundary, how, outcome, _ in run_all(scratch, tally, "M2 errors, spool", name,
                                             [(b, f"error={error}") for b in found for error in ERRORS]):
        place = (boundary.text, how)
        if boundary.call in ("fdatasync", "fsync"):
            assert not outcome.said_yes, place
            # P15: after a failed sync the pages are clean and wrong; a second sync would say yes.
            target = boundary.text.split("<", 1)[1].split(">", 1)[0].rsplit("/", 2)[-2:]
            after = list(itertools.dropwhile(lambda line: "(INJECTED)" not in line, outcome.trace))[1:]
            assert not any("/".join(target) in line for line in after), (place, after)
        if name in ACCEPTING and how != "error=EINTR":
            assert not outcome.said_yes, place


@pytest.mark.parametrize("name", STEPS)
def test_p01_killed_at_every_call_of_the_spool(scratch, tally, name):
    needs_strace()
    run_all(scratch, tally, "M2 kills, spool", name, [(b, "signal=KILL") for b in enumerated(scratch, name)])


@pytest.mark.parametrize("fault", ["short_one", "short_half", "short_less", "interrupt"])
def test_p14_short_writes_and_interrupted_calls_change_no_byte(scratch, tally, fault):
    environment = {"LD_PRELOAD": f"{BIN}/libfaults.so", "POSTERN_FAULT": fault}
    steps = ["open", "small", "log", "large", "log", "slow", "move", "small", "remove", "recover"]
    output = exercise(f"{scratch}/spool", *steps, environment=environment, check=True)
    promises = Promises(lines_of(output, "ACK"))
    broken = promises.broken(Found(f"{scratch}/spool"))
    tally.count("M3 short and interrupted calls, spool", shots=1, acknowledged=promises.count, **broken)
    assert promises.count == 10 - 1 and not any(broken.values()), broken


@pytest.mark.parametrize("error", ["EINVAL", "ENOSYS"])
def test_p06_a_file_system_that_knows_no_rename_without_replacing_keeps_every_promise(scratch, tally, error):
    needs_strace()
    steps = ["open", "small", "log", "large", "log", "slow", "move", "small", "remove", "recover"]
    strace = ["strace", "-o", f"{scratch}/trace", "-e", "trace=renameat2", "-e", f"inject=renameat2:error={error}"]
    promises = Promises(lines_of(exercise(f"{scratch}/spool", *steps, prefix=strace, check=True), "ACK"))
    found = Found(f"{scratch}/spool")
    broken = promises.broken(found)
    tally.count("M2 errors, spool", shots=1, acknowledged=promises.count, **broken)
    assert promises.count == 10 - 1 and not any(broken.values()), broken
    assert "tmp" not in {entry[0] for entry in found.files}


def test_p44_a_taken_id_is_never_written_over(scratch):
    given = "--id=0123456789abcdef"
    for _ in range(3):
        exercise(f"{scratch}/spool", "open", "small", options=[given], check=True)
    found = Found(f"{scratch}/spool")
    assert len(found.files) == 3 and all(entry[2] == "whole" for entry in found.files)
    assert len({entry[1] for entry in found.files}) == 3

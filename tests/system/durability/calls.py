"""Every system call of a step of the spool, enumerated by strace, and a run for each in which it goes wrong (M2)."""

import collections
import os
import re
import subprocess

from exercise import exercise, lines_of

CALL = re.compile(r"^(\w+)\((.*)$")

Boundary = collections.namedtuple("Boundary", "call number text")
Outcome = collections.namedtuple("Outcome", "said_yes acknowledgements tries killed left trace")


def strace_works():
    try:
        done = subprocess.run(["strace", "-o", "/dev/null", "-e", "inject=fsync:error=EIO:when=1", "true"], capture_output=True)
    except FileNotFoundError:
        return "strace is not installed"
    return None if done.returncode == 0 else f"strace: {done.stderr.decode(errors='replace').strip()}"


def boundaries(directory, steps):
    """The calls of the last of the steps that touch the spool. `number` counts the calls of that name in the process."""
    spool, trace = f"{directory}/spool", f"{directory}/trace"
    exercise(spool, *steps, prefix=["strace", "-y", "-o", trace, "-e", "trace=file,desc"], check=True)
    counts, found, inside = collections.Counter(), [], False
    with open(trace, errors="replace") as source:
        for line in source:
            match = CALL.match(line)
            if not match:
                continue
            call, rest = match.groups()
            counts[call] += 1
            if call == "write" and rest.startswith("1<"):
                if '"STEP ' in rest:
                    inside = f'"STEP {steps[-1]}\\n"' in rest
                elif '"ACK ' in rest:
                    inside = inside and steps[-1] == "recover"
            elif inside and (spool in rest.rsplit(" = ", 1)[0]):
                found.append(Boundary(call, counts[call], line.strip()))
    return found


def hit(directory, steps, boundary, how):
    """Runs the steps with one call going wrong; `how` is error=... or signal=KILL."""
    spool, trace = f"{directory}/spool", f"{directory}/trace"
    inject = f"{boundary.call}:{how}:when={boundary.number}"
    strace = ["strace", "-y", "-o", trace, "-e", f"trace={boundary.call}", "-e", f"inject={inject}"]
    output = exercise(spool, *steps, prefix=strace)
    with open(trace, errors="replace") as source:
        traced = source.read().splitlines()
    wanted = "(INJECTED)" if how.startswith("error") else "killed by SIGKILL"
    assert any(wanted in line for line in traced), (boundary, how, traced)
    left = [f"{area}/{name}" for area in ("tmp", "queue", "hold", "failed", "corrupt")
            if os.path.isdir(f"{spool}/{area}") for name in os.listdir(f"{spool}/{area}")]
    return Outcome(not lines_of(output, "NO"), lines_of(output, "ACK"), lines_of(output, "TRY"), how.startswith("signal"),
                   left, traced)

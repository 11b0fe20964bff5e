"""Runs spool-exercise and holds what it finds on a disk against what it had promised."""

import os
import re
import subprocess

from dropping import is_whole

BIN = os.environ["POSTERN_BIN"]
PROGRAM = f"{BIN}/spool-exercise"
AREAS = ("tmp", "queue", "hold", "failed", "corrupt", "gather")

# What is done before the disk has come to rest, and the step after whose yes the power goes.
SCENARIOS = {
    "open": ["open"],
    "small": ["open", "settle", "small"],
    "large": ["open", "settle", "large"],
    "slow": ["open", "settle", "slow"],
    "log": ["open", "small", "settle", "log"],
    "remove": ["open", "small", "settle", "remove"],
    "move": ["open", "small", "settle", "move"],
    "gather": ["open", "small=3", "settle", "instead"],
    "gathered": ["open", "small=3", "settle", "instead", "ended"],
}
FAULTS = ("skip", "reply-before", "too-early")
PATHS = {"open": ["open"], "accept": ["small", "large", "slow"], "log": ["log"], "remove": ["remove"], "move": ["move"],
         "gather": ["gather"]}


def exercise(spool, *steps, options=(), environment=None, prefix=(), check=False, user=None):
    """The lines of one run."""
    done = subprocess.run([*prefix, PROGRAM, *options, spool, *steps], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env={**os.environ, **(environment or {})}, timeout=600, user=user, group=user)
    assert done.returncode in (0, 1, -9) and not (check and done.returncode), (steps, done)
    return done.stdout.splitlines()


def lines_of(output, word):
    return [line.split()[1:] for line in output if line.startswith(word + " ")]


def dropped_words(spool):
    """The words in the whole frames of the drop directory."""
    directory = f"{spool}/drop"
    for name in os.listdir(directory) if os.path.isdir(directory) else ():
        with open(f"{directory}/{name}", "rb") as source:
            data = source.read()
        if is_whole(data):
            yield re.search(rb"shot-[0-9a-z-]+", data)[0].decode()


class Found:
    """Everything a new start finds in the spool, told by `output` where it is gone already. Of the messages that are whole: `shots` has, for each word that begins
    so, where it was found ("drop" where it is not in the queue yet), `bounces` the words of bounces, and `failed` how
    many recipients were given up."""

    def __init__(self, spool, output=None):
        self.areas = {area for area in AREAS if output or os.path.isdir(f"{spool}/{area}")}
        if output is None:
            output = exercise(spool, "open", "recover", "check", check=True) if os.path.isdir(spool) else []
        self.files = lines_of(output, "FOUND")
        self.shots, self.bounces, self.failed = {}, set(), {}
        for area, _, state, _, _, failed, kind, *shots in self.files:
            for shot in shots if state == "whole" else ():
                if kind == "bounce":
                    self.bounces.add(shot)
                else:
                    self.shots.setdefault(shot, []).append(area)
                    self.failed[shot] = int(failed)
        for shot in dropped_words(spool):
            self.shots.setdefault(shot, ["drop"])
            self.failed.setdefault(shot, 0)

    def of(self, queue_id):
        return [entry for entry in self.files if entry[1] == queue_id]


class Promises:
    """What the ACK lines of one spool amount to, and what a disk has broken of it."""

    def __init__(self, acknowledgements):
        self.opened, self.messages, self.gone, self.count = False, {}, set(), len(acknowledgements)
        for kind, *words in acknowledgements:
            if kind == "open":
                self.opened = True
            elif kind == "stored":
                self.messages[words[0]] = ["queue", words[1], 0]
            elif kind == "logged":
                self.messages[words[0]][2] = int(words[1])
            elif kind == "moved":
                self.messages[words[0]][0] = words[1]
            elif kind == "instead":
                self.messages[words[0]] = ["queue", words[1], 0]
                for original in words[2:]:
                    del self.messages[original]
                    self.gone.add(original)
            elif kind == "removed":
                del self.messages[words[0]]
                self.gone.add(words[0])

    def broken(self, found):
        """Counts of lost, damaged and doubled; a step that is undone would send the message again: doubled."""
        lost = damaged = 0
        doubled = sum(1 for queue_id in self.gone if found.of(queue_id))
        lost += self.opened and found.areas != set(AREAS)
        for queue_id, (area, digest, lines) in self.messages.items():
            entries = found.of(queue_id)
            whole = [entry for entry in entries if entry[2] == "whole" and entry[3] == digest]
            if not whole:
                damaged += bool(entries)
                lost += not entries
            elif len(entries) > 1 or whole[0][0] != area or int(whole[0][4]) < lines:
                doubled += 1
        return {"lost": int(lost), "damaged": damaged, "doubled": doubled}


def syncs_of(directory, path):
    """Every sync the spool makes on a path, by name: found by running it, so that a new one has its mutants at once."""
    names = set()
    for scenario in PATHS[path]:
        output = exercise(f"{directory}/syncs-{scenario}", *SCENARIOS[scenario], check=True)
        names.update(name for name, in lines_of(output, "SYNC") if name.split(":")[0] == path)
    return sorted(names)

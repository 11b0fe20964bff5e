"""The daemon and the power (M6): one message through each door, and many at once."""

import os
import threading
import time

import pytest

from disks import shut_down
from doors import BIN, DOORS, deliver_all, end
from exercise import Found
from waiting import wait_for

SHOTS = int(os.environ.get("POSTERN_SHOTS", "6"))
CLIENTS = 8
MANY = 600
PORT = 2613
KINDS = ("ext4", "xfs")
SIZE = {"ext4": 200 << 20, "xfs": 300 << 20}  # the drop helper leaves 96 MiB free


def count_found(spool, words):
    """What is broken of the messages that were acknowledged."""
    found = Found(spool)
    whole = [found.shots.get(word, []) for word in words]
    lost = sum(1 for areas in whole if not areas)
    unreadable = sum(1 for entry in found.files if entry[2] == "corrupt")
    damaged = min(lost, unreadable)
    return {"lost": lost - damaged, "damaged": damaged, "doubled": sum(1 for areas in whole if len(areas) > 1)}


def cut_after(posternd, disk, submit, word):
    """Submits and cuts the power at once; whether it was acknowledged."""
    said_yes = submit(posternd, word)
    shut_down(disk.path)
    end(posternd)
    disk.again()
    return said_yes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("door", DOORS)
def test_p02_the_power_fails_at_the_acknowledgement_of_one_message(disks, daemons, tally, door, kind):
    disk = disks.loop(kind, size=SIZE[kind])
    disk.mount()
    for n in range(SHOTS):
        posternd = daemons(disk)
        posternd.start()
        word = f"shot-{door}-{kind}-{n}"
        assert cut_after(posternd, disk, DOORS[door], word), posternd.read_log()[-2000:]
        broken = count_found(posternd.spool, [word])
        tally.count(f"M6 {kind}, {door}", shots=1, acknowledged=1, **broken)
        assert not any(broken.values()), (word, broken)
        assert not os.listdir(f"{posternd.spool}/corrupt")


class Client(threading.Thread):
    def __init__(self, posternd, door, name, ending):
        super().__init__(daemon=True)
        self.posternd, self.submit, self.word, self.ending = posternd, DOORS[door], f"shot-many-{name}", ending
        self.acknowledged = []

    def run(self):
        n = 0
        while not self.ending.is_set():
            word = f"{self.word}-{n}"
            if self.submit(self.posternd, word, size=(100, 1000, 20000, 400000)[n % 4] if n % 16 == 3 else 500):
                self.acknowledged.append(word)
            n += 1


@pytest.mark.parametrize("kind", KINDS)
def test_p02_the_power_fails_while_many_arrive(disks, daemons, scratch, tally, kind):
    disk = disks.loop(kind, size=300 << 20)
    disk.mount()
    for n in range(2):
        posternd = daemons(disk)
        posternd.start()
        ending = threading.Event()
        clients = [Client(posternd, list(DOORS)[i % len(DOORS)], f"{kind}-{n}-{i}", ending) for i in range(CLIENTS)]
        for one in clients:
            one.start()
        wait_for(lambda: sum(len(one.acknowledged) for one in clients) >= MANY, 60, "enough messages")
        time.sleep(0.137 * n)
        # What was promised before the power failed. A machine without power promises nothing more, but one whose disk alone is
        # shut down goes on for a moment, in which a file system may forget what waits for its log and a sync ends well.
        words = [word for one in clients for word in list(one.acknowledged)]
        shut_down(disk.path)
        ending.set()
        end(posternd)
        for one in clients:
            one.join(60)
            assert not one.is_alive()
        disk.again()
        broken = count_found(posternd.spool, words)
        tally.count(f"M6 {kind}, many at once", shots=1, acknowledged=len(words), **broken)
        assert len(words) >= MANY and not any(broken.values()), (len(words), broken)
        # What is there must also go out: a file that is torn may stand for no message that was dropped.
        got = deliver_all(posternd.spool, f"{scratch}/rest", PORT)
        missing = [word for word in words if not got[word]]
        tally.count(f"M6 {kind}, many delivered after it", shots=1, acknowledged=len(words), lost=len(missing))
        assert not missing, missing


@pytest.mark.parametrize("fault", ["no_sync", "no_fdatasync"])
def test_p05_a_daemon_whose_syncs_do_nothing_is_caught(disks, daemons, tally, fault):
    disk = disks.loop("ext4", size=SIZE["ext4"])
    disk.mount()
    posternd = daemons(disk)
    posternd.process_environment = {"LD_PRELOAD": f"{BIN}/libfaults.so", "POSTERN_FAULT": fault}
    posternd.start()
    word = "shot-mutant"
    assert cut_after(posternd, disk, DOORS["smtp"], word)
    broken = count_found(posternd.spool, [word]) if os.path.isdir(posternd.spool) else {"lost": 1}
    tally.mutant(f"posternd with {fault}", ["M6 ext4"] if broken["lost"] or broken["damaged"] else [])
    assert broken["lost"] or broken["damaged"]

"""M7 with the daemon: while messages arrive, are delivered, deferred and bounced, power fails anywhere and tears
whatever was not flushed. Every message that was acknowledged must be accounted for, every time."""

import os
import random
import threading
import time

from disks import Recording
from doors import DOORS, daemon_on, deliver_all, end
from exercise import Found
from fickle import Fickle
from postern import smarthost
from waiting import wait_for

IMAGES = int(os.environ.get("POSTERN_IMAGES", "300"))
MESSAGES = 24
CLIENTS = 4
PORT = 2610
RESTARTS = 12
SIZE = 200 << 20  # the drop helper leaves 96 MiB free
KINDS = (("ok",), ("reject",), ("defer",), ("ok", "reject"), ("ok", "defer"), ("ok",))


def recipients(number):
    return [f"{kind}-{number}@example.com" for kind in KINDS[number % len(KINDS)]]


def submit(posternd, disk, client):
    for n in range(client, MESSAGES, CLIENTS):
        word = f"shot-{n}"
        if DOORS[list(DOORS)[client]](posternd, word, size=(300, 300000, 3000, 70)[n // CLIENTS % 4], to=recipients(n)):
            disk.mark(f"ACK {word} {n}")


def load(disk, scratch):
    """Messages come in by every door, go out, wait and bounce; then all is quiet."""
    posternd = daemon_on(disk, scratch, retry="{ min: 1s, max: 1s, expire: 5d }")
    posternd.configure(smarthost(PORT, tls="none", user=None))
    sink = Fickle(PORT, disk.mark)
    try:
        posternd.start()
        disk.mark("BEGIN")
        clients = [threading.Thread(target=submit, args=(posternd, disk, n)) for n in range(CLIENTS)]
        for one in clients:
            one.start()
        for one in clients:
            one.join(120)
        wait_for(lambda: not os.listdir(f"{posternd.spool}/drop"), 30, "the pick-up")
        posternd.wait_empty(30)
        assert posternd.stop() == 0
    finally:
        end(posternd)
        sink.stop()
    disk.stop()


def accounted(word, number, got, found):
    """Whether each recipient has the message, or a bounce tells that it has not, or the spool will see to it."""
    waiting = word in found.shots and found.failed[word] == 0
    told = "bounce" in got.get(word, ()) or word in found.bounces
    for recipient in recipients(number):
        delivered = recipient in got.get(word, ())
        if recipient.startswith("reject"):
            if not (waiting or told):
                return False
        elif not (delivered or word in found.shots):
            return False
    return True


def facts(marks):
    acknowledged, got = {}, {}
    for text in marks:
        word, *rest = text.split()
        if word == "ACK":
            acknowledged[rest[0]] = int(rest[1])
        elif word == "GOT":
            got.setdefault(rest[0], set()).add(rest[1])
    return acknowledged, got


def broken_in(found, acknowledged, got):
    lost = [word for word, number in acknowledged.items() if not accounted(word, number, got, found)]
    unreadable = sum(1 for entry in found.files if entry[2] == "corrupt")
    damaged = min(len(lost), unreadable)
    doubled = sum(1 for word in acknowledged if len(found.shots.get(word, ())) > 1)
    return {"lost": len(lost) - damaged, "damaged": damaged, "doubled": doubled}


def deliver_the_rest(spool, scratch, acknowledged, got):
    """Starts the daemon on what is left, with a smarthost that takes everything: nobody may be missing at the end."""
    more = {word: set(who) for word, who in got.items()}
    for word, who in (key for key in deliver_all(spool, scratch, PORT) if isinstance(key, tuple)):
        more.setdefault(word, set()).add(who)

    def arrived(number, word):
        # Who was rejected before the crash and is taken now has the message instead of the bounce.
        return all(who in more.get(word, ()) or (who.startswith("reject") and "bounce" in more.get(word, ()))
                   for who in recipients(number))
    return [word for word, number in acknowledged.items() if not arrived(number, word)]


def random_points(recording):
    """Crashes after the start, and how much of what was not flushed is there."""
    begin = next(i for i, text in recording.marks if text == "BEGIN")
    chance = random.Random(4711)
    return [(chance.randrange(begin, len(recording.kinds) + 1), (0.0, 0.5, 0.9, 1.0)[n % 4]) for n in range(IMAGES)]


def replay(recording, points, scratch, tally, method):
    begun, worst = time.monotonic(), {}
    restart_at = {point[0] for point in sorted(points)[::max(1, len(points) // RESTARTS)]}
    for crash, directory in recording.crashes(points, scratch):
        acknowledged, got = facts(recording.marks_before(crash))
        if crash in restart_at:
            restart_at.remove(crash)
            missing = deliver_the_rest(f"{directory}/spool", scratch, acknowledged, got)
            assert not missing, (crash, missing)
        broken = broken_in(Found(f"{directory}/spool"), acknowledged, got)
        tally.count(method, shots=1, acknowledged=len(acknowledged), **broken)
        if any(broken.values()):
            worst[crash] = broken
    print(f"\n{len(points)} crash images of {len(recording.kinds)} records ({len(recording.flushes)} flushes) in "
          f"{time.monotonic() - begun:.0f} s")
    assert not worst, worst


def test_p03_p07_power_fails_anywhere_while_mail_arrives_leaves_and_bounces(disks, scratch, tally):
    disk = disks.logging("ext4", size=SIZE)
    load(disk, scratch)
    recording = Recording(disk)
    assert len(facts(text for _, text in recording.marks)[0]) == MESSAGES, "a message was refused"
    replay(recording, random_points(recording), scratch, tally, "M7 ext4, all doors")

"""A job that mails again and again to a provider that takes so much and no more, beside one real alert: with `storms` the
alert arrives in seconds, the storm as a handful of digests, and nothing is lost."""

import os
import re
import time
import uuid

import pytest

from postern import smarthost
from waiting import wait_for

# A second between two of the job's mails and a window of two minutes for ten minutes with `tests/run long`.
STORM_SECONDS = int(os.environ.get("POSTERN_STORM_SECONDS", "10"))
LONG = STORM_SECONDS > 60
PAUSE, WINDOW, RATE = (1.0, 120, 30) if LONG else (0.2, 5, 12)
AFTER = 3
STORMS = f"""storms:
  - user: root
    sender: cron@example.net
    window: {WINDOW}s
    after: {AFTER}
"""


def failing(run):
    """What a job says of its failure: but for the time, the process and an id of the run always the same."""
    return (f"From: Cron Daemon <cron@example.net>\nSubject: Cron <root@web1> backup\n\n"
            f"{time.strftime('%F %T')} backup[{1000 + run}]: run {word(run)} failed: disk 91 % full\n")


def word(run):
    return str(uuid.UUID(int=(0x1234abcd << 96) + run))


def runs_in(raw):
    return {uuid.UUID(found.decode()).int & 0xFFFFFFFF for found in re.findall(rb"1234abcd-[0-9a-f-]{27}", raw)}


@pytest.fixture(name="stormy")
def _stormy(posternd):
    posternd.extra = STORMS
    posternd.configure(smarthost(2500, rate=f"\"{RATE} messages/minute\""))
    posternd.start()
    return posternd


def job(stormy, inbox, first, seconds):
    """Mails for so long; the number of the next run."""
    run, end = first, time.monotonic() + seconds
    while time.monotonic() < end:
        stormy.sendmail(failing(run), "-i", "-f", "cron@example.net", f"{inbox}-job@example.com")
        run += 1
        time.sleep(PAUSE)
    return run


def test_a_storm_arrives_as_a_handful_of_digests_and_the_alert_beside_it_in_seconds(postfix, stormy, inbox):
    # Before the alert come as many as the provider takes in a minute, and more: without `storms` it would be late.
    run = job(stormy, inbox, 0, STORM_SECONDS / 2)
    begun = time.monotonic()
    stormy.sendmail("From: root@example.net\nSubject: A Fail event on /dev/md0\n\nsdb1\n", "-i", "-f", "root@example.net",
                    f"{inbox}-alert@example.com")
    postfix.mail.wait(f"{inbox}-alert", 1, 10)
    print(f"\nthe alert was in after {time.monotonic() - begun:.1f} s")
    run = job(stormy, inbox, run, STORM_SECONDS / 2)
    seconds = time.monotonic() - begun + STORM_SECONDS / 2
    stormy.wait_empty(2 * WINDOW + 30)

    def all_of_them():
        arrived = postfix.mail.raw(f"{inbox}-job")
        return sum(len(runs_in(raw)) for raw in arrived) >= run and arrived
    arrived = wait_for(all_of_them, 20, "what Postfix has taken")
    digests = [raw for raw in arrived if b" alike] " in raw.partition(b"\n\n")[0]]
    found = [run for raw in arrived for run in runs_in(raw)]
    print(f"{run} messages arrived as {len(arrived)}, {len(digests)} of them digests")
    assert sorted(found) == list(range(run)), "each is in one message, and in one alone"
    # On a machine so slow that a window has but a few, the storm is over between, and the next one begins with as many.
    assert AFTER <= len(arrived) - len(digests) and 1 <= len(digests) <= seconds / WINDOW + 3
    assert len(arrived) <= max(run / 2, (AFTER + 1) * len(digests) + AFTER)
    log = stormy.read_log()
    assert log.count("in a storm digest") == sum(len(runs_in(raw)) for raw in digests)
    assert not os.listdir(f"{stormy.spool}/gather")
    # Each original's history names its digest, and that of the digest says what became of it.
    told = [line for line in stormy.json("history", "--state", "gathered", "--limit", "100000") if line["kind"] == "record"]
    assert len(told) == log.count("in a storm digest")
    assert len({line["digest"] for line in told}) == len(digests)
    original, digest = told[0]["id"], told[0]["digest"]
    assert [(line["state"], line.get("digest")) for line in stormy.json("history", "show", original)] == [
        ("accepted", None), ("gathered", digest)]
    assert f"in storm digest {digest}" in stormy.run("history", "show", original).stdout.decode()
    whole = stormy.json("history", "show", digest)
    assert whole[0]["state"] == "accepted" and whole[0]["reply"] == "storm digest" and whole[-1]["state"] == "delivered", whole
    assert " alike] Cron" in whole[0]["subject"]


def test_what_waits_for_a_digest_is_listed_counted_and_released(postfix, posternd, inbox):
    posternd.extra = STORMS.replace(f"window: {WINDOW}s", "window: 1h")
    posternd.configure(smarthost(2500))
    posternd.start()
    for run in range(AFTER + 4):
        posternd.sendmail(failing(run), "-i", "-f", "cron@example.net", f"{inbox}@example.com")
    postfix.mail.wait(inbox, AFTER)

    def stormy():
        listed = [line for line in posternd.json("queue", "list", "--state", "storm") if line["kind"] == "entry"]
        return len(listed) == 4 and listed
    waiting = wait_for(stormy, 10, "four that wait for a digest")
    assert all("goes with them as one" in entry["reason"] and entry["next"] for entry in waiting)
    status = posternd.status()
    assert status["queue"]["storm"] == 4 and status["queue"]["storm_until"] == min(entry["next"] for entry in waiting)
    assert "4 messages wait in storms, the first until " in status["verdict"], status["verdict"]
    assert b"4 in storms" in posternd.run("status").stdout
    # They survive the end of the daemon, be it sudden; of what has arrived it has noted that.
    wait_for(lambda: len(posternd.queue_files()) == 4, 10, "the end of what was delivered")
    posternd.kill()
    posternd.start()
    assert wait_for(stormy, 10, "the same four") and len(postfix.mail.raw(inbox)) == AFTER
    assert posternd.run("queue", "release", waiting[0]["id"]).returncode == 0
    postfix.mail.wait(inbox, AFTER + 1)
    assert posternd.run("queue", "delete", waiting[1]["id"]).returncode == 0
    assert posternd.run("queue", "hold", waiting[2]["id"]).returncode == 0
    assert posternd.run("queue", "release", waiting[2]["id"]).returncode == 0
    postfix.mail.wait(inbox, AFTER + 2)
    assert posternd.run("queue", "release", "--all", "--yes").returncode == 0
    postfix.mail.wait(inbox, AFTER + 3)
    posternd.wait_empty()
    assert not any(b" alike]" in raw for raw in postfix.mail.raw(inbox))


def test_explain_names_the_row_of_storms_that_would_gather_a_message(posternd):
    posternd.extra = STORMS + "  - group: mail\n    window: 1h\n"
    posternd.configure(smarthost(2500))
    posternd.start()
    row = next(number for number, line in enumerate(open(posternd.config), 1) if "user: root" in line)

    def storms(*arguments):
        lines = [line for line in posternd.json("explain", *arguments) if line["kind"] == "storm"]
        return [(line.get("row"), line.get("file"), line.get("line"), line.get("window"), line.get("after")) for line in lines]

    assert storms("--from", "cron@example.net") == [(0, posternd.config, row, WINDOW, AFTER)]
    assert storms("--from", "cron@example.net", "--user", "alice") == [(None,) * 5]
    assert storms("--from", "root@example.net", "--to", "a@example.com") == [(None,) * 5]
    assert storms("--user", "mail") == [(1, posternd.config, row + 4, 3600, 5)]
    assert storms() == [], "no message was asked about"
    screen = posternd.run("explain", "--from", "cron@example.net").stdout.decode()
    assert f"storms[0] in {posternd.config}, line {row}" in screen and f"beyond {AFTER} in" in screen, screen
    posternd.extra = ""
    posternd.configure(smarthost(2500))
    assert posternd.run("reload").returncode == 0
    assert storms("--from", "cron@example.net") == [], "there are no rows"

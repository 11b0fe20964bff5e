"""A spool that was damaged while the daemon was down, or whose corrupt/ cannot be written."""

import os
import shutil

import pytest

from ports import NOBODY_LISTENS
from postern import message, smarthost
from waiting import wait_for

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


@pytest.fixture
def stuck(posternd):
    """A daemon that has one message, which no smarthost takes yet."""
    posternd.configure(smarthost(NOBODY_LISTENS))
    posternd.start()
    yield posternd


def damage(posternd, like, count):
    """Files named as if accepted with the message `like`, but empty, or with its first half."""
    with open(f"{posternd.spool}/queue/{like}", "rb") as source:
        half = source.read()[:200]
    names = [like[:13] + ALPHABET[n // 1024] + ALPHABET[n // 32 % 32] + ALPHABET[n % 32] for n in range(count)]
    for number, name in enumerate(name for name in names if name != like):
        path = f"{posternd.spool}/queue/{name}"
        with open(path, "wb") as out:
            out.write(half if number % 2 else b"")
        os.chmod(path, 0o600)
        shutil.chown(path, "postern")


def lines(posternd, words):
    return [line for line in posternd.read_log().splitlines() if words in line]


def test_p31_a_thousand_damaged_files_at_the_start_are_set_aside_in_few_words(postfix, stuck, inbox):
    stuck.sendmail(message(f"{inbox}@example.com", "x\n"), "-i", "-f", "a@example.net", f"{inbox}@example.com")
    (good,) = stuck.queue_files()
    assert stuck.stop() == 0
    damage(stuck, good, 1000)
    count = len(stuck.queue_files()) - 1
    stuck.configure(smarthost(2500))
    stuck.start()
    postfix.mail.wait(inbox)
    stuck.wait_empty()
    assert len(os.listdir(f"{stuck.spool}/corrupt")) == count
    wait_for(lambda: len(lines(stuck, "more damaged messages are not delivered")) == 1, 10, "the summary")
    assert f" in_all={count} " in lines(stuck, "more damaged messages")[0]
    assert len(lines(stuck, "damaged message is not delivered")) == 20
    assert len([line for line in stuck.queue() if line["state"] == "corrupt"]) == count


def test_p34_where_corrupt_cannot_be_written_a_damaged_file_stays_and_the_mail_flows(postfix, stuck, inbox):
    stuck.sendmail(message(f"{inbox}@example.com", "x\n"), "-i", "-f", "a@example.net", f"{inbox}@example.com")
    (good,) = stuck.queue_files()
    assert stuck.stop() == 0
    damage(stuck, good, 3)
    damaged = sorted(set(stuck.queue_files()) - {good})
    os.chmod(f"{stuck.spool}/corrupt", 0o500)
    stuck.configure(smarthost(2500))
    stuck.start()
    postfix.mail.wait(inbox)
    wait_for(lambda: sorted(stuck.queue_files()) == damaged, 10, "the file of the delivered message to go")
    assert stuck.run("queue", "retry", "all").returncode == 0
    stuck.sendmail(message(f"{inbox}@example.com", "y\n"), "-i", "-f", "a@example.net", f"{inbox}@example.com")
    postfix.mail.wait(inbox, 2)
    assert len(lines(stuck, "left in place")) == len(damaged)
    assert sorted(line["id"] for line in stuck.queue() if line["state"] == "corrupt") == damaged
    # When it can be written again, the next start moves them.
    assert stuck.stop() == 0
    os.chmod(f"{stuck.spool}/corrupt", 0o700)
    stuck.start()
    stuck.wait_empty()
    assert sorted(os.listdir(f"{stuck.spool}/corrupt")) == damaged

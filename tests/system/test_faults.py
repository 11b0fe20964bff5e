"""A sample of the matrix of protocol steps and server faults (tests/unit/relay/fault_matrix_test.cc) with real
connections: the fault happens once, and the mail arrives all the same, once, with nobody told that it failed."""

import email
import os
import time

import pytest

from auth_servers import Practice
from matrix import MECHANISMS
from ports import PRACTICE_OWN
from postern import message, smarthost
from servers import PASSWORD
from waiting import wait_for

STEPS = ["greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "end-of-data", "quit"]
# What becomes of the message: it waits, it fails and is bounced, or it may come twice.
WAITS, BOUNCES, TWICE = "waits", "bounces", "twice"
FAULTS = {
    "reply 451 4.3.0 not now": lambda step: WAITS,
    "reply 550 5.7.1 never": lambda step: BOUNCES if step in ("mail", "rcpt", "data", "end-of-data") else WAITS,
    "reply 421 4.3.2 closing": lambda step: WAITS,
    "close": lambda step: TWICE if step == "end-of-data" else WAITS,
    "garbage": lambda step: TWICE if step == "end-of-data" else WAITS,
}


@pytest.fixture
def smarthost_with(work):
    servers = []

    def start(script):
        directory = f"{work}/faults-{len(os.listdir(work))}"
        os.makedirs(directory)
        with open(f"{directory}/script", "w") as out:
            out.write(script + "\n")
        servers.append(Practice(directory, PRACTICE_OWN, " ".join(MECHANISMS), "--script", f"{directory}/script", tls="starttls"))
        servers[-1].start()
        return servers[-1]
    yield start
    for server in servers:
        server.stop()


def inbox(server):
    directory = f"{server.directory}/Maildir/new"
    found = []
    for name in os.listdir(directory):
        with open(f"{directory}/{name}", "rb") as source:
            found.append(email.message_from_binary_file(source))
    return found


def emptied(posternd):
    """What may come twice is tried late, and so is a login that was refused for now: the operator does not wait."""
    if not posternd.queue_files():
        return True
    time.sleep(1)
    posternd.run("queue", "retry", "all")
    return False


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_each_step_loses_nothing(posternd, smarthost_with, fault):
    """Step by step, each with a smarthost of its own."""
    posternd.configure()
    posternd.start()
    for step in STEPS:
        outcome = FAULTS[fault](step)
        server = smarthost_with(f"at {step} 1 do {fault}")
        posternd.configure(smarthost(PRACTICE_OWN, tls="starttls", tls_ca_file=server.ca, name=step))
        posternd.reload()
        # The one that meets the fault, and one that follows.
        for subject in ("first", "second"):
            posternd.sendmail(message("b@example.com", "x\n", subject=subject), "-i", "-f", "a@example.net", "b@example.com")
        wait_for(lambda: emptied(posternd), 30, f"the queue to be empty: {step}")
        found = inbox(server)
        subjects = [one["Subject"] for one in found]
        assert len(found) in ((2, 3) if outcome == TWICE else (2,)), (step, subjects)
        if outcome == BOUNCES:
            assert sum(1 for one in found if one["Auto-Submitted"]) == 1, (step, subjects)
            assert "5.7.1 never" in str(next(one for one in found if one["Auto-Submitted"])), step
        else:
            assert set(subjects) == {"first", "second"}, (step, subjects)
            assert len({one["Message-ID"] for one in found}) == 2, "a second copy has the same Message-ID"
        server.stop()
    assert PASSWORD not in posternd.read_log()

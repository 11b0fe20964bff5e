"""A sample of the matrix of protocol steps and server faults (tests/unit/relay/fault_matrix_test.cc) with real
connections: the fault happens once, and the mail arrives all the same, once, with nobody told that it failed."""

import contextlib
import email
import os
import re
import socket
import threading
import time

import pytest

from auth_servers import Practice
from matrix import MECHANISMS
from ports import PRACTICE_OWN, SINK
from postern import message, smarthost
from servers import PASSWORD
from sink import Sink
from waiting import wait_for

STEPS = ["greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "end-of-data", "quit"]
# What becomes of the message: it waits, it fails and is bounced, or it may come twice.
WAITS, BOUNCES, TWICE = "waits", "bounces", "twice"
FAULTS = {
    "reply 451 4.3.0 not now": lambda step: WAITS,
    # Words that nobody knows. At RCPT it depends on whether the site took the other message already: left out.
    "reply 550 5.7.1 never": lambda step: None if step == "rcpt" else WAITS,
    "reply 550 5.1.1 never": lambda step: BOUNCES if step == "rcpt" else WAITS,
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


def misbehaviour(server):
    """The lines in which the smarthost says that it did something wrong."""
    with open(server.log) as source:
        return "".join(line for line in source if "misbehaving" in line)


def emptied(posternd):
    """What may come twice is tried late, and so is a login that was refused for now: the operator does not wait."""
    if not posternd.queue_files():
        return True
    time.sleep(1)
    posternd.run("queue", "retry", "all")
    return False


def told(outcome, step):
    """What posternd must have logged of the fault: nothing where another mechanism will do, or when all is done."""
    if step in ("auth", "quit"):
        return ""
    return {TWICE: "delivery uncertain", BOUNCES: r"warning: id=\S+ failed ", WAITS: r"site down|info: id=\S+ (deferred|doubtful) "}[outcome]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_each_step_loses_nothing(posternd, smarthost_with, fault):
    """Step by step, each with a smarthost of its own."""
    posternd.configure()
    posternd.start()
    for step in STEPS:
        outcome = FAULTS[fault](step)
        if outcome is None:
            continue
        server = smarthost_with(f"at {step} 1 do {fault}")
        before = len(posternd.read_log())
        posternd.configure(smarthost(PRACTICE_OWN, tls="starttls", tls_ca_file=server.ca, name=step))
        posternd.reload()
        # The one that meets the fault, and one that follows.
        for subject in ("first", "second"):
            posternd.sendmail(message("b@example.com", "x\n", subject=subject), "-i", "-f", "a@example.net", "b@example.com")
        wait_for(lambda: emptied(posternd), 30, f"the queue to be empty: {step}")
        posternd.configure()
        posternd.reload()  # takes its leave of the smarthost
        wait_for(lambda: f"step={step}\n" in misbehaviour(server), 10, f"the fault to happen: {step}")
        assert re.search(told(outcome, step), posternd.read_log()[before:]), (step, posternd.read_log()[before:])
        found = inbox(server)
        subjects = [one["Subject"] for one in found]
        assert len(found) in ((2, 3) if outcome == TWICE else (2,)), (step, subjects)
        if outcome == BOUNCES:
            assert sum(1 for one in found if one["Auto-Submitted"]) == 1, (step, subjects)
            assert "5.1.1 never" in str(next(one for one in found if one["Auto-Submitted"])), step
        else:
            assert set(subjects) == {"first", "second"}, (step, subjects)
            assert len({one["Message-ID"] for one in found}) == 2, "a second copy has the same Message-ID"
        server.stop()
    assert PASSWORD not in posternd.read_log()


class Forgetful(threading.Thread):
    """A smarthost that takes each message and hangs up on the first one without saying so."""

    def __init__(self):
        super().__init__(daemon=True)
        self.taken = []
        self.listener = socket.create_server(("127.0.0.1", SINK))
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                with self.listener.accept()[0] as sock, sock.makefile("rwb", buffering=0) as stream:
                    self.serve(stream)

    def serve(self, stream):
        stream.write(b"220 forgetful\r\n")
        while line := stream.readline():
            if line[:4].upper() == b"DATA":
                stream.write(b"354 go on\r\n")
                data = b""
                while not data.endswith(b"\r\n.\r\n"):
                    data += stream.readline()
                self.taken.append(data)
                if len(self.taken) == 1:
                    return
            stream.write(b"250 2.0.0 Ok\r\n")

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.join(10)


def test_h65_the_copy_after_a_lost_answer_is_the_same_to_the_byte(posternd):
    posternd.configure(smarthost(SINK, tls="none", user=None))
    posternd.start()
    server = Forgetful()
    try:
        posternd.sendmail("To: b@example.com\nSubject: no Date, no Message-ID, no From\n\n.\n..x\nno end",
                          "-i", "-f", "a@example.net", "b@example.com")
        wait_for(lambda: "delivery uncertain" in posternd.read_log(), 20, "the answer to be missed")
        wait_for(lambda: emptied(posternd), 30, "the second copy to be taken")
    finally:
        server.stop()
    first, second = server.taken
    assert first == second and first.lower().count(b"\r\nmessage-id:") == 1, server.taken


def test_h58_five_hundred_messages_pass_one_whose_delivery_stalls(posternd, work):
    with Sink(f"{work}/faults-sink", "stalls@example.com") as sink:
        posternd.configure(smarthost(SINK, tls="none", user=None))
        posternd.start()
        posternd.sendmail(message("stalls@example.com", "x\n"), "-i", "-f", "a@example.net", "stalls@example.com")
        wait_for(lambda: sink.subjects() == ["hangs"], 20, "the first message to stall")
        with posternd.smtp() as client:
            for number in range(500):
                client.sendmail("a@example.net", ["b@example.com"], message("b@example.com", "x\n", subject=f"good-{number}"))
        wait_for(lambda: len(set(sink.subjects())) == 501, 60, "those behind it")
        (stalled,) = wait_for(lambda: len(entries := posternd.queue()) == 1 and entries, 20, "the end of those behind it")
        assert stalled["state"] == "active" and stalled["recipients"][0]["address"] == "stalls@example.com", stalled

"""A message that takes the daemon down each time it is delivered, and the mail behind it."""

import os
import signal

import pytest

from ports import SINK
from postern import RELEASE, message, smarthost
from sink import Sink
from waiting import wait_for

POISON = "poison@example.com"


@pytest.fixture
def arrived(work):
    """The subjects that a smarthost got which never answers DATA of a message to POISON: "hangs" stands for one."""
    with Sink(f"{work}/poison-sink-{len(os.listdir(work))}", POISON) as one:
        yield one.subjects


def send(posternd, to, subject):
    posternd.sendmail(message(to, "x\n", subject=subject), "-i", "-f", "a@example.net", to)


def crash(posternd, number):
    posternd.process.send_signal(number)
    assert posternd.process.wait(60) == -number


# In the build with sanitizers these signals are theirs.
@pytest.mark.parametrize("posternd, number", [({"programs": RELEASE}, signal.SIGBUS), ({"programs": RELEASE}, signal.SIGSEGV)],
                         indirect=["posternd"])
def test_p35_a_message_that_crashes_the_daemon_three_times_is_held_and_others_flow(posternd, arrived, number):
    posternd.configure(smarthost(SINK, tls="none", user=None))
    posternd.start()
    send(posternd, "b@example.com", "other-0")
    wait_for(lambda: "other-0" in arrived(), 20, "the first message, which goes alone")
    send(posternd, POISON, "poison")
    for crashes in range(1, 4):
        wait_for(lambda: arrived().count("hangs") == crashes, 20, "the poison to be under way")
        send(posternd, "b@example.com", f"other-{crashes}")
        if crashes == 1:
            wait_for(lambda: "other-1" in arrived(), 20, "a message beside one that is not suspected yet")
            # A message that the crash finds under way is a suspect, too.
            wait_for(lambda: len(posternd.queue_files()) == 1, 20, "the queue to hold the poison alone")
        crash(posternd, number)
        posternd.start()
    wait_for(lambda: {"other-2", "other-3"} <= set(arrived()), 20, "the others")
    posternd.wait_empty()
    (held,) = posternd.queue()
    assert held["state"] == "held" and held["recipients"][0]["address"] == POISON, held
    assert "1 message is on hold" in posternd.status()["verdict"]
    line = next(line for line in posternd.read_log().splitlines() if "put on hold" in line)
    assert " error: " in line and "crashes=3" in line and f"`postern queue release {held['id']}`" in line, line

    # It stays so, and one who releases it knows what he does: it is as if it had never been tried.
    assert posternd.stop() == 0
    posternd.start()
    send(posternd, "b@example.com", "other-4")
    wait_for(lambda: "other-4" in arrived(), 20, "the next message")
    posternd.wait_empty()  # or the crash to come would find it under way, too
    assert arrived().count("hangs") == 3
    assert posternd.run("queue", "release", held["id"]).returncode == 0
    wait_for(lambda: arrived().count("hangs") == 4, 20, "the released message to be tried")
    crash(posternd, number)
    posternd.start()
    wait_for(lambda: arrived().count("hangs") == 5, 20, "the released message to be tried again")
    assert sorted(word for word in arrived() if word != "hangs") == [f"other-{one}" for one in range(5)]


# SIGABRT from outside is what the service manager's watchdog sends.
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT])
def test_p35_an_end_from_outside_is_no_crash(posternd, arrived, number):
    posternd.configure(smarthost(SINK, tls="none", user=None))
    posternd.start()
    send(posternd, POISON, "slow")
    for kills in range(1, 6):
        wait_for(lambda: arrived().count("hangs") == kills, 20, "the message to be under way")
        crash(posternd, number)
        posternd.start()

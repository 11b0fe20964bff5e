"""What else one user does beside others: asks for retries without end."""

import json
import os
import pwd
import socket
import time

import pytest

from ports import NOBODY_LISTENS, SINK
from postern import message, smarthost
from sink import Sink
from waiting import wait_for

SENDS = ["-i", "-f", "a@example.net"]
SECONDS = 5     # of each attack, and more where the machine is so slow that there were too few requests to say anything
ENOUGH = 101    # requests
ANOTHER = 4242  # nobody's name


@pytest.fixture
def show(request):
    return request.config.pluginmanager.getplugin("terminalreporter").write_line


@pytest.fixture
def sink(work):
    with Sink(f"{work}/neighbours-sink-{len(os.listdir(work))}") as one:
        yield one.subjects


def requests_as(uid, posternd, request, seconds):
    """As many as come within that time, and enough of them; how many, and the kinds of answers."""
    count, answers = 0, set()
    end = time.monotonic() + seconds
    os.seteuid(uid)
    try:
        while time.monotonic() < end or count < ENOUGH:
            with socket.socket(socket.AF_UNIX) as control:
                control.settimeout(20)
                control.connect(f"{posternd.directory}/control.sock")
                control.sendall(json.dumps(request).encode() + b"\n")
                answers.add(control.makefile().readline())
            count += 1
    finally:
        os.seteuid(0)
    return count, answers


def test_retries_without_end_of_one_user_fill_no_log_and_hold_up_nobody(posternd, sink, show):
    posternd.configure(smarthost(NOBODY_LISTENS, tls="none", user=None, name="away"))
    posternd.start()
    for number in range(20):
        posternd.sendmail(message("b@example.com", "x\n", subject=f"his {number}"), *SENDS, "b@example.com", user="alice")
    posternd.wait_reason()
    his = {"id": posternd.json("queue", "list")[0]["id"]}
    for which in ({"all": True}, his):
        before = len(posternd.read_log())
        count, answers = requests_as(pwd.getpwnam("alice").pw_uid, posternd, {"command": "queue retry", **which}, SECONDS)
        assert any('"retried"' in line for line in answers), answers
        written = len(posternd.read_log()) - before
        assert written < 64 * 1024, f"{written} bytes of log for {count} requests:\n{posternd.read_log()[-2000:]}"
        show(f"{count} retries of {which} in {SECONDS} s, {written} bytes of log")
    posternd.configure(smarthost(SINK, tls="none", user=None))
    posternd.reload()
    began = time.monotonic()
    posternd.sendmail(message("b@example.com", "x\n", subject="alert"), *SENDS, "b@example.com", user=ANOTHER)
    wait_for(lambda: "alert" in sink(), 30, "another user's alert")
    show(f"the alert came after {time.monotonic() - began:.1f} s")

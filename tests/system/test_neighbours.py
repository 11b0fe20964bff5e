"""What else one user does beside others: asks for retries without end, and lives where the daemon cannot tell users apart."""

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
SECONDS = 10    # of the attack
ANOTHER = 4242  # nobody's name


@pytest.fixture
def show(request):
    return request.config.pluginmanager.getplugin("terminalreporter").write_line


@pytest.fixture
def sink(work):
    with Sink(f"{work}/neighbours-sink-{len(os.listdir(work))}") as one:
        yield one.subjects


def requests_as(uid, posternd, request, seconds):
    """As many as come within that time; how many, and the kinds of answers."""
    count, answers = 0, set()
    end = time.monotonic() + seconds
    os.seteuid(uid)
    try:
        while time.monotonic() < end:
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
    wait_for(lambda: "cannot connect" in posternd.read_log(), 20, "the trouble")
    before = len(posternd.read_log())
    count, answers = requests_as(pwd.getpwnam("alice").pw_uid, posternd, {"command": "queue retry", "all": True}, SECONDS)
    assert count > 100 and answers, answers
    written = len(posternd.read_log()) - before
    assert written < 64 * 1024, f"{written} bytes of log for {count} requests:\n{posternd.read_log()[-2000:]}"
    posternd.configure(smarthost(SINK, tls="none", user=None))
    posternd.reload()
    began = time.monotonic()
    posternd.sendmail(message("b@example.com", "x\n", subject="alert"), *SENDS, "b@example.com", user=ANOTHER)
    wait_for(lambda: "alert" in sink(), 30, "another user's alert")
    show(f"{count} retries in {SECONDS} s, {written} bytes of log, alert after {time.monotonic() - began:.1f} s")


def test_v20_a_daemon_in_a_user_namespace_serves_all_whom_it_cannot_tell_apart_and_says_so_once(posternd, sink, tmp_path):
    """As with PrivateUsers=yes: every user but the daemon's own is the overflow uid there."""
    wrapper = tmp_path / "bin"
    wrapper.mkdir(mode=0o755)
    os.chmod(tmp_path, 0o755)
    real = posternd.programs
    for name in os.listdir(real):
        os.symlink(f"{real}/{name}", wrapper / name)
    os.remove(wrapper / "posternd")
    (wrapper / "posternd").write_text(f"#!/bin/sh\nexec unshare --user --map-current-user {real}/posternd \"$@\"\n")
    (wrapper / "posternd").chmod(0o755)
    posternd.programs = str(wrapper)
    posternd.configure(smarthost(SINK, tls="none", user=None))
    posternd.start()
    log = posternd.read_log()
    assert log.count("some users of this machine are not known here") == 1, log
    for user in ("alice", ANOTHER, "root"):
        posternd.sendmail(message("b@example.com", "x\n", subject=f"of {user}"), *SENDS, "b@example.com", user=user)
        wait_for(lambda: f"of {user}" in sink(), 30, f"mail of {user}")
    assert "uid 65534" in posternd.read_log()

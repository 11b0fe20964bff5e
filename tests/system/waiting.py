"""Waiting for a fact instead of sleeping for a time."""

import socket
import time

# The programs are built with sanitizers and share the machine with other views of the tests and with compilers. What is
# judged by time says so itself; here a time only bounds the wait for what must come.
PATIENCE = 3


def wait_for(fact, seconds, what):
    """Returns fact()'s first true value; fails with the name of what never came."""
    end = time.monotonic() + seconds * PATIENCE
    while True:
        # Before the look: if the machine stands still, one more look follows.
        over = time.monotonic() > end
        value = fact()
        if value:
            return value
        if over:
            raise AssertionError(f"waited {seconds * PATIENCE} s in vain for {what}")
        time.sleep(0.02)


def port_answers(port, host="127.0.0.1"):
    try:
        socket.create_connection((host, port), timeout=1).close()
        return True
    except OSError:
        return False


def wait_for_port(port, seconds=30):
    wait_for(lambda: port_answers(port), seconds, f"port {port}")

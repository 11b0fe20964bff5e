"""Clients from other networks, and reloads that come early."""

import fcntl
import signal
import smtplib
import socket
import struct

import pytest

from ports import POSTERND
from postern import message
from waiting import wait_for


def configure(posternd, smtp, networks=None):
    """Without a smarthost; `smtp` are the addresses."""
    posternd.configure()
    with open(posternd.config) as source:
        text = source.read()
    standard = f'smtp: ["127.0.0.1:{posternd.port}"]'
    assert standard in text
    listed = ", ".join(f'"{one}"' for one in smtp)
    named = "" if networks is None else ", networks: [" + ", ".join(f'"{one}"' for one in networks) + "]"
    posternd.write(text.replace(standard, f"smtp: [{listed}]{named}"))


def set_loopback_alias(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH2x4s8x", b"lo:1", socket.AF_INET, socket.inet_aton(address))
        fcntl.ioctl(any_socket, 0x8916, request)  # SIOCSIFADDR


@pytest.fixture
def another_address():
    """One more address of the loopback interface, with its /24; taken away after the test, since other tests share the network."""
    set_loopback_alias("192.0.2.1")
    yield "192.0.2.1"
    set_loopback_alias("0.0.0.0")


def test_fault_5_networks_say_who_may_send(posternd, another_address):
    everywhere = f"0.0.0.0:{POSTERND}"
    configure(posternd, [everywhere])
    run = posternd.run("--check", "--config", posternd.config, program="posternd", user="postern")
    assert run.returncode == 0 and b"only this machine can send to '0.0.0.0:2025'" in run.stderr, run
    posternd.start()
    with socket.create_connection((another_address, POSTERND), timeout=20) as client:
        assert client.recv(512).startswith(b"554 5.7.1 web1.example.net takes no mail from " + another_address.encode())

    configure(posternd, [everywhere], ["127.0.0.0/8", "192.0.2.0/24"])
    run = posternd.run("--check", "--config", posternd.config, program="posternd", user="postern")
    assert run.returncode == 0 and run.stderr.endswith(b"there is no smarthost: mail is accepted and held (note)\n"), run
    assert run.stderr.count(b"\n") == 1, run
    posternd.reload()
    wait_for(lambda: "settings reloaded" in posternd.read_log(), 20, "the reload")
    for host in (another_address, "127.0.0.1"):
        with smtplib.SMTP(host, POSTERND, timeout=60) as client:
            client.sendmail("a@example.net", ["b@example.com"], message("b@example.com", "x\n"))
    assert len(posternd.queue()) == 2


def test_fault_8_reloads_during_the_start_wait_for_its_end(posternd):
    posternd.configure()
    # Before it has come to its main() a signal would end it, as it would end any program.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    posternd.start(wait=False)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
    while True:
        posternd.process.send_signal(signal.SIGHUP)
        if "notice: ready " in posternd.read_log():
            break
        assert posternd.process.poll() is None, posternd.read_log()
    wait_for(lambda: "settings reloaded" in posternd.read_log(), 20, "the reload")
    log = posternd.read_log()
    assert log.index("listening address=") < log.index("notice: ready ") < log.index("settings reloaded"), log


def test_fault_18_what_is_wrong_with_the_settings_file_is_told_to_administrators_alone(posternd):
    posternd.configure()
    posternd.start()
    posternd.write("hostnam: x\n")
    posternd.reload()
    wait_for(lambda: "the old settings stay in force" in posternd.read_log(), 20, "the reload")
    assert b"hostnam'" in posternd.run("status").stdout
    run = posternd.run("status", user="alice")
    assert run.returncode == 1 and b"hostnam'" not in run.stdout and b"the settings file is wrong" in run.stdout, run

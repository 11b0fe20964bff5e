"""A smarthost with many addresses, some of them dead; and one that cuts every TLS resumption."""

import contextlib
import time

import pytest

from addresses import Cutter, Server, deaf, name_addresses
from ports import ADDRESSES, CUTTER
from postern import message, smarthost

SENDS = ["-i", "-f", "a@example.net"]
# The deadline of one connection is 30 s; what a dead address costs is 250 ms, and here there may be much else to do.
SOON = 20


def _check(posternd):
    began = time.monotonic()
    report = posternd.check()["main"]
    return report, time.monotonic() - began


def _plain(posternd, host):
    posternd.configure(smarthost(ADDRESSES, host=host, tls="none", user=None))
    posternd.start()


def test_fault_3_every_address_of_many_has_its_turn(posternd):
    addresses = [f"127.3.0.{i}" for i in range(1, 31)] + ["127.3.0.99", "::1"]
    name_addresses("many.example.com", addresses)
    for living in ["127.3.0.99", "127.3.0.30", "127.3.0.1", "::1"]:
        with Server(living, ADDRESSES) as server:
            if not posternd.process:
                _plain(posternd, "many.example.com")
            report, took = _check(posternd)
            assert not report.get("trouble"), report
            assert server.connections == 1 and took < SOON


def test_fault_3_a_dead_address_costs_no_time_out_and_is_not_asked_first_again(posternd):
    name_addresses("dead.example.com", ["127.4.0.1", "127.4.0.2", "127.4.0.3"])
    for living in ["127.4.0.3", "127.4.0.1"]:
        dead = [address for address in ["127.4.0.1", "127.4.0.2", "127.4.0.3"] if address != living]
        with contextlib.ExitStack() as stack:
            for address in dead:
                stack.enter_context(deaf(address, ADDRESSES))
            server = stack.enter_context(Server(living, ADDRESSES))
            if not posternd.process:
                _plain(posternd, "dead.example.com")
            for _ in range(2):
                report, took = _check(posternd)
                assert not report.get("trouble") and took < SOON, (report, took)
            assert server.connections == 2


def test_fault_3_the_other_family_is_tried_when_one_is_dead(posternd):
    name_addresses("both.example.com", ["::1", "127.5.0.1"])
    for dead, living in [("::1", "127.5.0.1"), ("127.5.0.1", "::1")]:
        with deaf(dead, ADDRESSES), Server(living, ADDRESSES) as server:
            if not posternd.process:
                _plain(posternd, "both.example.com")
            report, took = _check(posternd)
            assert not report.get("trouble") and took < SOON, (report, took)
            assert server.connections == 1


def test_fault_3_a_refused_greeting_goes_on_to_the_next_address(posternd):
    name_addresses("busy.example.com", ["127.6.0.1", "127.6.0.2"])
    with Server("127.6.0.1", ADDRESSES, b"421 4.3.2 too busy") as busy, Server("127.6.0.2", ADDRESSES) as server:
        _plain(posternd, "busy.example.com")
        posternd.sendmail(message("b@example.com", "hello\n"), *SENDS, "b@example.com")
        posternd.wait_empty(SOON)
        assert server.messages == 1
        assert busy.connections <= 1
        _check(posternd)
        assert busy.connections <= 1 and server.connections == 2, "the one that served is the first"


@pytest.mark.parametrize("how", ["end", "reset", "silence"])
def test_fault_4_a_resumption_that_is_cut_is_done_again_in_full(posternd, practice, how):
    with Cutter(CUTTER, practice.port) as cutter:
        posternd.configure(smarthost(CUTTER, tls="implicit", tls_ca_file=practice.ca))
        posternd.start()
        for _ in range(2):
            report, _ = _check(posternd)
            assert not report.get("trouble"), report
        assert cutter.cut == 0
        cutter.how = how
        report, took = _check(posternd)
        assert not report.get("trouble"), report
        assert cutter.cut == 1 and took < 20


def test_fault_4_the_file_of_authorities_is_read_again_when_it_changes(posternd, practice, certificates):
    trusted = f"{posternd.directory}/trusted.pem"

    def trust(path):
        with open(path) as source, open(trusted, "w") as out:
            out.write(source.read())

    trust(certificates.ca)
    posternd.configure(smarthost(practice.port, tls="implicit", tls_ca_file=trusted))
    posternd.start()
    report, _ = _check(posternd)
    assert "certificate verify failed" in str(report["trouble"]), report
    trust(practice.ca)
    report, _ = _check(posternd)
    assert not report.get("trouble"), report
    trust(certificates.ca)
    report, _ = _check(posternd)
    assert "certificate verify failed" in str(report["trouble"]), report

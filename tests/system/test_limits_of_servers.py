"""Servers that take so much and no more: connections at a time, messages on one of them, messages in a time, errors. Mail
flows as fast as they let it, nothing is given up, and no limit is taken for a server that is down."""

import re
import time

import pytest

from limit_servers import Haraka, LimitedExim, NodeServer, OpenSmtpd
from postern import message, smarthost
from servers import CROWDED_PORT, ERRORS_PORT, RATED_PORT
from waiting import wait_for

SENDER = "a@example.net"


def send(posternd, count, *to, **options):
    for number in range(count):
        posternd.sendmail(message(", ".join(to), "x\n", subject=f"number {number}"), "-i", "-f", SENDER, *to, **options)


def flood(posternd, count, to):
    with posternd.smtp() as client:
        for number in range(count):
            client.sendmail(SENDER, [to], message(to, "x\n", subject=f"number {number}"))


def no_trouble(posternd):
    log = posternd.read_log()
    assert "site down" not in log, log[-4000:]
    assert not re.search(r"warning: id=\S+ failed ", log), log[-4000:]
    assert posternd.status()["queue"]["bounced"] == 0


def test_an_alert_passes_twelve_messages_whose_every_recipient_is_refused(postfix, posternd, inbox):
    posternd.configure(smarthost(ERRORS_PORT))
    posternd.start()
    for number in range(12):
        gone = [f"gone-{inbox}-{number}-{one}@example.com" for one in range(30)]
        send(posternd, 1, *gone, user="alice")
    begun = time.monotonic()
    send(posternd, 1, f"{inbox}@example.com")
    postfix.mail.wait(inbox, 1, 10)
    print(f"\nthe alert was in after {time.monotonic() - begun:.1f} s")
    assert "site down" not in posternd.read_log()


def test_a_limit_of_connections_makes_fewer_of_them(postfix, posternd, inbox):
    posternd.configure(smarthost(CROWDED_PORT, connections=8))
    posternd.start()
    flood(posternd, 100, f"{inbox}@example.com")
    postfix.mail.wait(inbox, 100, 30)
    posternd.wait_empty()
    no_trouble(posternd)


@pytest.mark.parametrize("posternd", [{"retry": "{ min: 2s, max: 10s, expire: 5d }"}], indirect=True)
def test_a_limit_of_messages_in_a_time_is_waited_for(postfix, posternd, inbox):
    posternd.configure(smarthost(RATED_PORT))
    posternd.start()
    flood(posternd, 12, f"{inbox}@example.com")
    postfix.mail.wait(inbox, 12, 60)
    posternd.wait_empty()
    assert not re.search(r"warning: id=\S+ failed ", posternd.read_log())
    assert posternd.status()["queue"]["bounced"] == 0


# The next attempt is a minute away: what arrives within seconds was offered again at once.
PATIENT = {"retry": "{ min: 1m, max: 1h, expire: 5d }"}


@pytest.fixture(scope="module")
def limited_exim(work):
    server = LimitedExim(f"{work}/limited-exim")
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize("posternd", [PATIENT], indirect=True)
def test_exim_with_a_limit_of_messages_on_a_connection(limited_exim, posternd, inbox):
    posternd.configure(smarthost(LimitedExim.few, host="smtp2.example.com", tls="none", user=None))
    posternd.start()
    flood(posternd, 20, f"{inbox}@example.com")
    limited_exim.mail.wait(inbox, 20, 15)
    posternd.wait_empty()
    no_trouble(posternd)


@pytest.mark.parametrize("posternd", [{"retry": "{ min: 2s, max: 10s, expire: 5d }"}], indirect=True)
def test_exim_with_a_limit_of_messages_in_a_time(limited_exim, posternd, inbox):
    posternd.configure(smarthost(LimitedExim.slow, host="smtp2.example.com", tls="none", user=None))
    posternd.start()
    flood(posternd, 12, f"{inbox}@example.com")
    limited_exim.mail.wait(inbox, 12, 60)
    posternd.wait_empty()
    assert posternd.status()["queue"]["bounced"] == 0


@pytest.mark.parametrize("posternd", [PATIENT], indirect=True)
def test_opensmtpd_with_a_limit_of_messages_on_a_connection(postfix, work, posternd, inbox):
    with OpenSmtpd(f"{work}/opensmtpd") as server:
        posternd.configure(smarthost(server.port, host="smtp3.example.com", tls="none", user=None))
        posternd.start()
        flood(posternd, 20, f"{inbox}@example.com")
        postfix.mail.wait(inbox, 20, 15)
        posternd.wait_empty()
        no_trouble(posternd)


@pytest.mark.parametrize("posternd", [PATIENT], indirect=True)
def test_haraka_with_a_limit_of_recipients_and_of_messages_on_a_connection(work, posternd, inbox):
    with Haraka(f"{work}/haraka") as server:
        posternd.configure(smarthost(server.port, tls="none", user=None))
        posternd.start()
        many = [f"{inbox}-{number}@example.com" for number in range(11)]
        send(posternd, 1, *many)
        wait_for(lambda: set(server.recipients()) == set(many), 15, "every recipient, some in the next transactions")
        flood(posternd, 10, f"{inbox}@example.com")
        wait_for(lambda: server.recipients().count(f"{inbox}@example.com") == 10, 15, "the messages on fresh connections")
        posternd.wait_empty()
        no_trouble(posternd)


@pytest.mark.parametrize("posternd", [PATIENT], indirect=True)
def test_smtp_server_of_npm_with_a_limit_of_clients(work, posternd, inbox):
    with NodeServer(f"{work}/smtp-server") as server:
        posternd.configure(smarthost(server.port, tls="none", user=None, connections=8))
        posternd.start()
        flood(posternd, 50, f"{inbox}@example.com")
        wait_for(lambda: server.recipients().count(f"{inbox}@example.com") == 50, 20, "all of them, on two connections")
        posternd.wait_empty()
        no_trouble(posternd)

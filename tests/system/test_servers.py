"""The servers themselves, with other people's clients: what the other tests blame on Postern must not be theirs."""

import smtplib
import ssl
import subprocess

import pytest

from servers import HASHED_USER, PASSWORD, USER, Exim


def _swaks(port, mechanism, to, *more, user=USER, password=PASSWORD):
    return subprocess.run(
        ["swaks", "--server", "127.0.0.1", "--port", str(port), "--from", "a@example.net", "--to", f"{to}@example.com",
         "--auth", mechanism, "--auth-user", user, "--auth-password", password, "--body", f"via {mechanism}", *more],
        capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize("port,tls", [(2500, "--tls"), (2501, "--tls-on-connect")])
def test_postfix_takes_mail(postfix, port, tls, mechanism):
    to = f"direct-{port}-{mechanism.lower()}"
    run = _swaks(port, mechanism, to, tls)
    assert run.returncode == 0, run.stdout + run.stderr
    ((_, body),) = postfix.mail.wait(to)
    assert body.strip() == f"via {mechanism}".encode()


@pytest.mark.parametrize("mechanism,works", [("PLAIN", True), ("LOGIN", True), ("CRAM-MD5", False)])
def test_a_hashed_password_breaks_only_cram_md5(postfix, mechanism, works):
    run = _swaks(2500, mechanism, "hashed", "--tls", "--quit-after", "AUTH", user=HASHED_USER)
    assert "CRAM-MD5" in run.stdout
    assert ("235 2.7.0" in run.stdout) == works, run.stdout


@pytest.mark.parametrize("port,offered", [(2502, {"PLAIN"}), (2503, {"LOGIN"}), (2504, {"CRAM-MD5"})])
def test_postfix_offers_one_mechanism_a_port(postfix, port, offered):
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.starttls(context=ssl._create_unverified_context())
        client.ehlo()
        assert set(client.esmtp_features["auth"].split()) == offered


def test_postfix_counts_auth_in_its_log(postfix):
    before = len(postfix.sessions(2500))
    _swaks(2500, "PLAIN", "x", "--tls", "--quit-after", "AUTH", password="wrong")
    (session,) = postfix.wait_session(2500, before)
    assert session["auth"] == "0/1"


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_exim_takes_mail(exim, mechanism):
    to = f"exim-{mechanism.lower()}"
    run = _swaks(Exim.starttls, mechanism, to, "--tls")
    assert run.returncode == 0, run.stdout + run.stderr
    ((_, body),) = exim.mail.wait(to)
    assert body.strip() == f"via {mechanism}".encode()

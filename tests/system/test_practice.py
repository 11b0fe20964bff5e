"""The practice smarthost's server sides against clients nobody here wrote: GNU SASL and curl."""

import subprocess
import time

import pytest

from auth_servers import Practice, gsasl_client
from matrix import MECHANISMS
from ports import PRACTICE_OWN
from servers import PASSWORD, USER

TLS = {"1.3": "NORMAL", "1.2": "NORMAL:-VERS-TLS1.3"}


@pytest.mark.parametrize("tls", TLS)
@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5"])
def test_gnu_sasl_logs_in(practice_starttls, tls, mechanism):
    server = practice_starttls
    options = ["--no-cb", "--priority", TLS[tls]]
    before = len(server.logins())
    good, said = gsasl_client(server.port, mechanism, server.ca, *options)
    assert good, said
    good, said = gsasl_client(server.port, mechanism, server.ca, *options, password="not it")
    assert not good, said
    # Where the server says inside SCRAM that the proof is wrong, this client hangs up.
    assert server.logins()[before:] in ([(True, mechanism), (False, mechanism)], [(True, mechanism)])


@pytest.mark.parametrize("tls", TLS)
@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"])
def test_gnu_sasl_logs_in_bound_to_the_channel(practice_starttls, tls, mechanism):
    server = practice_starttls
    before = len(server.logins())
    good, said = gsasl_client(server.port, mechanism, server.ca, "--priority", TLS[tls])
    assert good, said
    assert server.logins()[before:] == [(True, mechanism)]


def _curl(server, tmp_path, mechanism, *more, user=f"{USER}:{PASSWORD}"):
    letter = tmp_path / "letter"
    letter.write_text("Subject: x\n\nhello\n")
    return subprocess.run(
        ["curl", "-sv", "--cacert", server.ca, "--url", f"smtps://{server.host}:{server.port}", "--login-options",
         f"AUTH={mechanism}", "--user", user, "--mail-from", "a@example.net", "--mail-rcpt", "b@example.com",
         "--upload-file", str(letter), *more], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_curl_logs_in_with_a_password(practice, tmp_path, mechanism):
    before = len(practice.logins())
    run = _curl(practice, tmp_path, mechanism)
    assert run.returncode == 0, run.stderr
    assert practice.logins()[before:] == [(True, mechanism)]


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_curl_logs_in_with_a_token(work, tmp_path, mechanism):
    # Curl takes its own favourite where both are offered.
    server = Practice(f"{work}/practice-{mechanism}", PRACTICE_OWN, mechanism, "--token", Practice.token)
    server.start()
    try:
        good = _curl(server, tmp_path, mechanism, "--oauth2-bearer", Practice.token, user=USER)
        bad = _curl(server, tmp_path, mechanism, "--oauth2-bearer", "another", user=USER)
    finally:
        server.stop()
    assert good.returncode == 0 and bad.returncode != 0, good.stderr + bad.stderr
    # At a refusal curl may hang up instead of asking for the server's last word.
    assert [name for accepted, name in server.logins() if accepted] == [mechanism]


def test_curl_logs_in_with_a_certificate(practice, certificates, tmp_path):
    before = len(practice.logins())
    certificate, key = certificates.files("client")
    run = _curl(practice, tmp_path, "EXTERNAL", "--cert", certificate, "--key", key, user=f"{USER}:")
    assert run.returncode == 0, run.stderr
    run = _curl(practice, tmp_path, "EXTERNAL", user=f"{USER}:")
    assert run.returncode != 0, run.stderr
    assert practice.logins()[before:] == [(True, "EXTERNAL"), (False, "EXTERNAL")]


def test_a_token_in_the_file_ends_at_its_time(work, certificates, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text(f"old {int(time.time()) - 1}\nnew {int(time.time()) + 3600}\nforever\n")
    server = Practice(f"{work}/practice-tokens", PRACTICE_OWN, "XOAUTH2", "--tokens-file", str(tokens))
    server.start()
    try:
        results = {word: _curl(server, tmp_path, "XOAUTH2", "--oauth2-bearer", word, user=USER).returncode == 0
                   for word in ("old", "new", "forever", "unknown")}
    finally:
        server.stop()
    assert results == {"old": False, "new": True, "forever": True, "unknown": False}


def test_it_offers_every_mechanism(practice, certificates):
    run = subprocess.run(["openssl", "s_client", "-quiet", "-CAfile", practice.ca, "-connect", f"127.0.0.1:{practice.port}"],
                         input="EHLO x\r\nQUIT\r\n", capture_output=True, text=True, timeout=60)
    for mechanism in MECHANISMS:
        assert f" {mechanism}" in run.stdout, run.stdout

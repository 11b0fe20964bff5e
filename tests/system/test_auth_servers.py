"""The login servers themselves, with other people's clients: what the other tests blame on Postern must not be theirs."""

import smtplib
import ssl
import subprocess

import pytest

from auth_servers import gsasl_client
from servers import USER, Exim


def _offered(port, certificates, client=None):
    context = ssl._create_unverified_context()
    if client:
        context.load_cert_chain(certificates.pem(client))
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as session:
        session.starttls(context=context)
        session.ehlo()
        return set(session.esmtp_features["auth"].split())


def test_postfix_with_dovecot_offers_what_dovecot_has(postfix, certificates):
    assert _offered(2530, certificates) == {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "OAUTHBEARER",
                                            "XOAUTH2"}


def test_postfix_with_cyrus_offers_what_cyrus_has(postfix, certificates):
    assert _offered(2540, certificates) == {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"}


def test_exim_offers_external_only_to_a_certificate(exim, certificates):
    password = {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"}
    assert _offered(Exim.more, certificates) == password
    assert _offered(Exim.more, certificates, "client") == password | {"EXTERNAL"}


def test_dovecot_submission_offers_external_to_a_certificate(dovecot_submission, certificates):
    assert "EXTERNAL" in _offered(dovecot_submission.starttls, certificates, "client")


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256"])
@pytest.mark.parametrize("host,port", [("smtp.example.com", 2530), ("smtp.example.com", 2540), (Exim.host, Exim.more)])
def test_gnu_sasl_logs_in_to_the_mail_servers(postfix, exim, certificates, host, port, mechanism):
    good, said = gsasl_client(port, mechanism, certificates.ca, "--no-cb", host=host)
    assert good, said
    good, said = gsasl_client(port, mechanism, certificates.ca, "--no-cb", host=host, password="not it")
    assert not good, said


def _curl_token(port, certificates, mechanism, token):
    return subprocess.run(["curl", "-sv", "--ssl-reqd", "--cacert", certificates.ca, "--login-options", f"AUTH={mechanism}",
                           "--user", USER, "--oauth2-bearer", token, "--url", f"smtp://smtp.example.com:{port}",
                           "--request", "NOOP"], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_dovecot_asks_the_authorization_server_about_tokens(postfix, authorization, certificates, mechanism):
    token = authorization.robot_token()
    run = _curl_token(2530, certificates, mechanism, token)
    assert "235 2.7.0" in run.stderr, run.stderr
    assert "235 2.7.0" not in _curl_token(2530, certificates, mechanism, "not-a-token").stderr


def test_a_person_agrees_to_a_device(authorization):
    begun = authorization.post("device/auth", client_id="postern", scope="openid offline_access mail")
    page = authorization.approve(begun["verification_uri_complete"])
    assert "success" in page.lower() or "signed in" in page.lower() or "logged in" in page.lower(), page
    first = authorization.post("token", client_id="postern", device_code=begun["device_code"],
                               grant_type="urn:ietf:params:oauth:grant-type:device_code")
    second = authorization.post("token", client_id="postern", grant_type="refresh_token",
                                refresh_token=first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"], "the server rotates refresh tokens"

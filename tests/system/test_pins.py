"""Servers that no authority vouches for, known by their keys, and servers that are too old: Postfix and openssl s_server."""

import subprocess

import pytest

from ports import SMALL_DH
from postern import message, smarthost
from servers import OLD_TLS_PORT
from waiting import wait_for, wait_for_port

SENDS = ["-i", "-f", "a@example.net"]


def _key_pin(certificates, name):
    """By the command that postern.yaml(5) gives."""
    certificate, _ = certificates.files(name)
    run = subprocess.run(f"openssl x509 -in {certificate} -noout -pubkey | openssl pkey -pubin -outform der | "
                         "openssl dgst -sha256", shell=True, check=True, capture_output=True, text=True)
    return run.stdout.split()[-1]


def _certificate_pin(certificates, name):
    """As openssl prints a fingerprint."""
    certificate, _ = certificates.files(name)
    run = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"], check=True,
                         capture_output=True, text=True)
    return run.stdout.strip().partition("=")[2]


def _pinned(port, tls, pin, **more):
    return smarthost(port, tls=tls, tls_pin=pin, **{"tls_ca_file": None, **more})


@pytest.mark.parametrize("port,tls", [(2514, "starttls"), (2515, "implicit")])
@pytest.mark.parametrize("pin_of", [_key_pin, _certificate_pin])
def test_a_self_signed_server_is_known_by_its_pin(postfix, posternd, certificates, inbox, port, tls, pin_of):
    posternd.configure(_pinned(port, tls, f"\"{pin_of(certificates, 'self')}\""))
    posternd.start()
    to = f"{inbox}@example.com"
    posternd.sendmail(message(to, "x\n"), *SENDS, to)
    postfix.mail.wait(inbox)
    report = posternd.check()["main"]
    assert "trouble" not in report and report["pin"] == _key_pin(certificates, "self")
    assert "known by its key" in report["tls_rules"][0]
    assert "known by its key" in posternd.run("explain").stdout.decode()


def test_another_key_than_the_pin_gets_no_mail_and_no_password(postfix, posternd, certificates, inbox):
    """The certificate is good, and an authority vouches for it that would be trusted if there were no pin."""
    before = len(postfix.sessions(2500))
    posternd.configure(_pinned(2500, "starttls", "0" * 64, tls_ca_file=posternd.ca))
    posternd.start()
    to = f"{inbox}@example.com"
    posternd.sendmail(message(to, "x\n"), *SENDS, to)
    assert f"the pin of its key is {_key_pin(certificates, 'good')}" in posternd.wait_reason()
    trouble = posternd.check()["main"]["trouble"]
    assert trouble["step"] == "tls" and f"is {_key_pin(certificates, 'good')}" in trouble["text"], trouble
    assert "another key than tls_pin says" in trouble["advice"]
    sessions = postfix.wait_session(2500, before)
    assert all("starttls" in session and "auth" not in session for session in sessions), sessions


def test_a_refused_certificate_is_shown_with_its_pin_which_then_works(postfix, posternd, certificates):
    posternd.configure(smarthost(2514))
    posternd.start()
    said = " ".join(posternd.run("check").stdout.decode().split())
    pin = _key_pin(certificates, "self")
    assert f"the pin of its key is {pin}" in said and "by telephone or ssh" in said, said
    posternd.configure(_pinned(2514, "starttls", pin))
    assert posternd.run("reload").returncode == 0
    wait_for(lambda: "trouble" not in posternd.check()["main"], 20, "the server known by its pin")


def test_an_old_server_is_spoken_to_where_that_is_allowed(postfix, posternd, inbox):
    posternd.configure(smarthost(OLD_TLS_PORT))
    posternd.start()
    to = f"{inbox}@example.com"
    posternd.sendmail(message(to, "x\n"), *SENDS, to)
    posternd.wait_reason()
    refused = posternd.check()["main"]["trouble"]
    assert refused["step"] == "tls" and "tls_min_version" in refused["advice"], refused
    posternd.configure(smarthost(OLD_TLS_PORT, tls_min_version="1.0"))
    checked = posternd.run("--check", "--config", posternd.config, program="posternd", user="postern")
    assert checked.returncode == 0 and b"TLS 1.0 and 1.1 are broken" in checked.stderr, checked
    assert posternd.run("reload").returncode == 0
    wait_for(lambda: "trouble" not in posternd.check()["main"], 20, "the old server")
    postfix.mail.wait(inbox)
    report = posternd.check()["main"]
    assert report["tls_version"] == "TLSv1.1"
    assert any("RFC 8996" in warning for warning in report["warnings"])
    assert "RFC 8996" in posternd.read_log()


def test_a_small_dh_key_is_taken_where_the_ciphers_say_so(posternd, certificates, tmp_path):
    """No mail server has one today: openssl s_server, which then says nothing, so that the greeting is waited for."""
    server = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{SMALL_DH}", "-tls1_2", "-quiet",
                               "-cert", certificates.pem("good"), "-key", certificates.pem("good"),
                               "-cipher", "DHE-RSA-AES256-SHA256:@SECLEVEL=0", "-dhparam", _small_dh(tmp_path)],
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(SMALL_DH)
        posternd.configure(smarthost(SMALL_DH, tls="implicit"))
        posternd.start()
        assert "dh key too small" in posternd.check()["main"]["trouble"]["text"]
        posternd.configure(smarthost(SMALL_DH, tls="implicit", tls_ciphers="\"DEFAULT:@SECLEVEL=1\""))
        assert posternd.run("reload").returncode == 0
        # The first one that connects gets this, and one that refuses the key would leave nothing of it.
        server.stdin.write(b"220 smtp.example.com ESMTP\n502 no\n502 no\n")
        server.stdin.flush()

        def checked():
            report = posternd.check()["main"]
            return "SECLEVEL=1" in str(report.get("tls_rules")) and report
        report = wait_for(checked, 20, "a check by the new settings")
        assert report["tls_version"] == "TLSv1.2" and report["greeting"].startswith("220 "), report
    finally:
        server.kill()
        server.wait()


def _small_dh(directory):
    """The 1024-bit group of RFC 2409 6.2."""
    prime = ("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD"
             "3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F"
             "24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF")
    assert len(prime) == 256
    config = directory / "dh.cnf"
    config.write_text(f"asn1=SEQUENCE:dh\n[dh]\np=INTEGER:0x{prime}\ng=INTEGER:2\n")
    path = directory / "dh.pem"
    subprocess.run(["openssl", "asn1parse", "-genconf", config, "-noout", "-out", directory / "dh.der"], check=True)
    subprocess.run(["openssl", "dhparam", "-inform", "der", "-in", directory / "dh.der", "-out", path], check=True)
    return str(path)

"""Logins: each server by the strongest mechanism both have, each mechanism by itself, wrong passwords, traces."""

import os
import time

import pytest

from auth_servers import BRIDGES, Practice
from matrix import MECHANISMS
from ports import DOVECOT_IMPLICIT, PRACTICE, PRACTICE_OWN
from postern import message, smarthost
from servers import PASSWORD, Exim
from waiting import wait_for

SENDS = ["-i", "-f", "a@example.net"]
SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-1")
PASSWORDS = ("PLAIN", "LOGIN", "CRAM-MD5")


class Target:
    """A server as the tests see it: fixtures to start, where it listens, what it has and what is best."""

    def __init__(self, fixtures, port, offered, strongest, host="smtp.example.com", tls="starttls", mail=None):
        self.fixtures, self.port, self.offered, self.strongest = fixtures, port, offered, strongest
        self.host, self.tls, self.mail = host, tls, mail


TARGETS = {
    "Postfix with Dovecot": Target(["postfix", "authorization"], 2530, ("OAUTHBEARER", "XOAUTH2", *SCRAM, *PASSWORDS),
                                   "SCRAM-SHA-256", mail="postfix"),
    "Postfix with Cyrus SASL": Target(["postfix"], 2540, ("SCRAM-SHA-512", *SCRAM, *PASSWORDS), "SCRAM-SHA-512",
                                      mail="postfix"),
    "Exim with Cyrus SASL": Target(["exim"], Exim.more, ("EXTERNAL", "SCRAM-SHA-512", *SCRAM, *PASSWORDS),
                                   "SCRAM-SHA-512", host=Exim.host, mail="exim"),
    "Dovecot submission": Target(["dovecot_submission"], DOVECOT_IMPLICIT, ("EXTERNAL", *SCRAM, *PASSWORDS), "SCRAM-SHA-256",
                                 tls="implicit", mail="postfix"),
    **{name: Target(["bridges"], port, mechanisms, mechanisms[0], tls="implicit")
       for name, (port, _, _, mechanisms) in BRIDGES.items()},
    "practice smarthost": Target(["practice"], PRACTICE, MECHANISMS, "SCRAM-SHA-512-PLUS", tls="implicit"),
}


def _server(request, name):
    target = TARGETS[name]
    for fixture in target.fixtures:
        request.getfixturevalue(fixture)
    return target


def _site(target, posternd, **more):
    keys = smarthost(target.port, host=target.host, tls=target.tls, **more)
    if target.port == PRACTICE:
        keys["tls_ca_file"] = posternd.practice_ca
    return keys


@pytest.fixture
def ready(posternd, work, certificates):
    """A posternd with the files of every kind of credential. Its trace is one of the places where secrets are looked for."""
    posternd.arguments = ["--trace"]
    posternd.practice_ca = f"{work}/practice/ca.pem"
    for name, path in zip(("client.crt", "client.key"), certificates.files("client")):
        with open(path) as source:
            posternd.private(name, source.read())
    return posternd


def _alone(request, target, posternd, mechanism):
    """The smarthost with this mechanism only and just the credential it needs."""
    keys = _site(target, posternd, name=mechanism, mechanisms=f"[{mechanism}]")
    if mechanism in ("XOAUTH2", "OAUTHBEARER"):
        del keys["password_file"]
        token = Practice.token
        if target.port != PRACTICE:
            token = request.getfixturevalue("authorization").robot_token()
        posternd.watch.secret(token)
        keys["token_file"] = posternd.private("token", token)
    if mechanism == "EXTERNAL":
        del keys["password_file"], keys["user"]
        keys.update(client_certificate=f"{posternd.directory}/client.crt", client_key=f"{posternd.directory}/client.key")
    return keys


def _result(report):
    if report["tried"]:
        return report["tried"][-1].get("reply", "refused")
    skips = {skip["mechanism"]: skip["reason"] for skip in report["skipped"]}
    return skips.get(report["site"], "not tried")


@pytest.mark.parametrize("name", TARGETS)
def test_each_mechanism_by_itself(request, ready, matrix, name):
    target = _server(request, name)
    ready.configure(*[_alone(request, target, ready, mechanism) for mechanism in target.offered])
    ready.start()
    reports = ready.check("--verbose")
    assert set(reports) == set(target.offered)
    for mechanism, report in reports.items():
        good = report.get("mechanism") == mechanism
        matrix.fill(name, mechanism, "ok" if good else _result(report)[:60])
        assert mechanism in (offer.upper() for offer in report["offered"]), report
        assert report["trace"], "check --verbose shows the session"
        assert not any(PASSWORD in line for line in report["trace"])
    failed = {mechanism: report for mechanism, report in reports.items() if report.get("mechanism") != mechanism}
    assert not failed, failed


@pytest.mark.parametrize("name", TARGETS)
def test_the_strongest_is_chosen(request, ready, matrix, inbox, name):
    target = _server(request, name)
    ready.configure(_site(target, ready))
    ready.start()
    report = ready.check()["main"]
    matrix.strongest[name] = report.get("mechanism", "none")
    assert report["mechanism"] == target.strongest, report
    assert f"AUTH {target.strongest}" in ready.read_log(), "the trace"
    assert len(report["tried"]) == 1, report
    to = f"{inbox}@example.com"
    ready.sendmail(message(to, "hello\n"), *SENDS, to)
    if target.mail:
        request.getfixturevalue(target.mail).mail.wait(inbox)
    ready.wait_empty()


def test_explain_says_what_check_would_try(postfix, ready):
    ready.configure(smarthost(2530))
    ready.start()
    ready.check()
    (line,) = [line for line in ready.json("explain") if line.get("kind") == "explain"]
    assert line["order"][0] == "SCRAM-SHA-256" and "PLAIN" in line["order"], line
    reasons = {skip["mechanism"]: skip["reason"] for skip in line["skipped"]}
    assert "token" in reasons["XOAUTH2"], line


def test_in_clear_the_reasons_are_told(postfix, ready):
    ready.configure(smarthost(2520, tls="none"))
    ready.start()
    report = ready.check()["main"]
    assert report["mechanism"] == "CRAM-MD5"
    reasons = {skip["mechanism"]: skip["reason"] for skip in report["skipped"]}
    assert "not encrypted" in reasons["PLAIN"] and "not encrypted" in reasons["LOGIN"], report


# Dovecot waits two seconds before it says that a password is wrong: five mechanisms take ten.
@pytest.mark.parametrize("port,mechanisms", [(2502, 1), (2530, 5)])
def test_a_wrong_password_waits_in_steps_and_ends_at_a_check(postfix, dovecot, authorization, ready, inbox, port, mechanisms):
    wrong = "wrong-password-Qq7#z"
    ready.password(wrong)
    ready.configure(smarthost(port))
    ready.start()
    to = f"{inbox}@example.com"
    before, sessions = len(dovecot.attempts()), len(postfix.sessions(port))
    for _ in range(20):
        ready.sendmail(message(to, "x\n"), "-i", "-f", f"from-{inbox}@example.com", to)
    assert "535" in ready.wait_reason()

    def logins():
        return len(dovecot.attempts()) - before
    # Another process of Dovecot's writes the log.
    wait_for(lambda: logins() >= mechanisms, 20, "Dovecot's log to tell of a whole round")
    time.sleep(4)
    assert logins() == mechanisms, "one round of logins in a step of the cool-down, not one a message"
    assert len(postfix.sessions(port)) - sessions <= 2
    entries = ready.queue()
    assert len(entries) == 20 and all(entry["state"] == "waiting" for entry in entries), entries
    assert not postfix.mail.raw(f"from-{inbox}"), "nothing is bounced"
    (site,) = ready.status()["smarthosts"]
    assert site["trouble"]["login_refused"] and site["trouble"]["advice"], site
    for text in (ready.run("status").stdout, ready.run("queue", "show", entries[0]["id"]).stdout,
                 ready.run("check").stdout):
        assert b"535" in text and b"password" in text, text
    assert " error" in ready.read_log() or "error:" in ready.read_log(), "the alarm in the log"
    wait_for(lambda: logins() >= 2 * mechanisms, 20, "Dovecot's log to tell of the check")
    assert logins() == 2 * mechanisms, "the check logged in once"
    ready.password(PASSWORD)
    begun = time.monotonic()
    assert ready.run("check").returncode == 0
    postfix.mail.wait(inbox, 20, 20)
    assert time.monotonic() - begun < 60, "the next step of the cool-down is five minutes after the one before"
    ready.wait_empty()
    assert not postfix.mail.raw(f"from-{inbox}")


def test_what_worked_is_tried_first_next_time(postfix, dovecot, ready):
    """A hashed password breaks SCRAM and CRAM-MD5; after the first round the log shows PLAIN alone, also after a restart."""
    ready.configure(smarthost(2530, user="hashed@example.com"))
    ready.start()
    begun = len(dovecot.attempts())
    first = ready.check()["main"]
    assert first["mechanism"] == "PLAIN" and len(first["tried"]) > 1, first

    def names(after):
        return [name for name, _ in dovecot.attempts()[after:]]
    # Another process of Dovecot's writes the log.
    wait_for(lambda: "PLAIN" in names(begun), 10, "Dovecot's log to tell of the first round")
    before = len(dovecot.attempts())
    assert ready.check()["main"]["mechanism"] == "PLAIN"
    assert ready.stop() == 0
    ready.start()
    assert ready.check()["main"]["mechanism"] == "PLAIN"
    wait_for(lambda: len(names(before)) > 1, 10, "Dovecot's log to tell of the others")
    assert names(before) == ["PLAIN", "PLAIN"]


@pytest.mark.parametrize("how", ["password_command", "password_credential", "token_command"])
def test_other_origins_of_credentials(request, ready, how):
    target = _server(request, "practice smarthost")
    keys = _site(target, ready)
    del keys["password_file"]
    if how == "password_credential":
        ready.private("password-of-main", PASSWORD)
        ready.process_environment["CREDENTIALS_DIRECTORY"] = ready.directory
        keys[how] = "password-of-main"
    else:
        path = ready.private("password-source", PASSWORD if how == "password_command" else Practice.token)
        keys[how] = f"[/bin/cat, {path}]"
    ready.configure(keys)
    ready.start()
    report = ready.check()["main"]
    assert report["mechanism"] == ("OAUTHBEARER" if how == "token_command" else "SCRAM-SHA-512-PLUS"), report


def test_a_weaker_server_is_noticed(ready, work, inbox):
    strong = Practice(f"{work}/practice-downgrade", PRACTICE_OWN, " ".join(MECHANISMS))
    weak = Practice(f"{work}/practice-downgrade", PRACTICE_OWN, "PLAIN LOGIN")
    keys = {**smarthost(PRACTICE_OWN, tls="implicit"), "tls_ca_file": strong.ca}
    strong.start()
    try:
        ready.configure(keys)
        ready.start()
        assert ready.check()["main"]["mechanism"] == "SCRAM-SHA-512-PLUS"
        strong.stop()
        weak.start()
        to = f"{inbox}@example.com"
        ready.sendmail(message(to, "x\n"), *SENDS, to)
        ready.wait_empty()
        assert "weaker than before" in ready.read_log(), "a delivery found it out, and said so"
        for _ in range(2):
            status = ready.run("status")
            assert status.returncode == 1 and b"SCRAM" in status.stdout and b"--accept-weaker" in status.stdout, status
            (line,) = [line for line in ready.json("explain") if line.get("kind") == "explain"]
            assert "SCRAM" in str(line["weaker"]), line
            assert ready.stop() == 0
            ready.start()
        report = ready.check()["main"]
        assert report["mechanism"] == "PLAIN" and "SCRAM" in str(report["weaker"]), report
        weak.stop()
        strong.start()
        assert ready.check()["main"]["mechanism"] == "SCRAM-SHA-512-PLUS"
        assert ready.run("status").returncode == 0, "as good as before again"
        assert ready.stop() == 0
        strong.stop()
        weak.start()
        logins = len(weak.logins())
        ready.configure({**keys, "auth_downgrade": "refuse"})
        ready.start()
        ready.sendmail(message(to, "x\n"), *SENDS, to)
        assert "SCRAM" in ready.wait_reason() and "auth_downgrade" in str(ready.status()), ready.status()
        assert len(weak.logins()) == logins, "refused before the password goes out"
        report = ready.check()["main"]
        assert not report.get("mechanism") and "--accept-weaker" in str(report["trouble"]), report
        assert len(weak.logins()) == logins, "a look at it sends no password either"
        report = ready.check("--accept-weaker")["main"]
        assert report["mechanism"] == "PLAIN" and report["weaker"], report
        ready.wait_empty()
    finally:
        strong.stop()
        weak.stop()


def test_a_command_that_takes_its_time_does_not_hold_up_a_stop(request, ready, inbox):
    target = _server(request, "practice smarthost")
    keys = _site(target, ready)
    del keys["password_file"]
    keys["password_command"] = "[/bin/sleep, '29']"
    ready.configure(keys)
    ready.start()
    to = f"{inbox}@example.com"
    ready.sendmail(message(to, "x\n"), *SENDS, to)
    time.sleep(1)
    begun = time.monotonic()
    assert ready.stop() == 0
    assert time.monotonic() - begun < 20, "a delivery under way has ten seconds"
    assert "cancelled" not in ready.read_log() and "site down" not in ready.read_log(), ready.read_log()


def test_v15_core_dumps_are_off_and_the_memory_is_closed_to_others(postfix, ready):
    ready.configure(smarthost(2500))
    ready.start()
    assert os.stat(f"/proc/{ready.process.pid}/mem").st_uid == 0, "its own user may not read it either"
    with open(f"/proc/{ready.process.pid}/limits") as source:
        (limit,) = [line.split() for line in source if line.startswith("Max core file size")]
    assert limit[4:6] == ["0", "0"], limit

"""Mail of cron and others through a server that takes no other sender than the account's: Postfix with
reject_sender_login_mismatch."""

import json

from postern import message, smarthost
from servers import OWNED_PORT, USER
from waiting import wait_for

ACCOUNT = {"from": USER}


def explained(posternd, *arguments):
    """The lines of explain by their kinds."""
    lines = posternd.run("--json", "explain", *arguments).stdout.decode().splitlines()
    return {line.get("kind"): line for line in map(json.loads, lines)}


def arrived(postfix, posternd, inbox, author, sender):
    """Header and body of a message that was sent so."""
    to = f"{inbox}@example.com"
    posternd.sendmail(f"From: {author}\nTo: {to}\nSubject: x\n\nhello\n".encode(), "-i", "-f", sender, to)
    (mail,) = postfix.mail.wait(inbox)
    return mail


def test_mail_of_root_goes_from_the_account_and_says_where_it_came_from(postfix, posternd, inbox):
    posternd.configure(smarthost(OWNED_PORT, **ACCOUNT))
    posternd.start()
    headers, body = arrived(postfix, posternd, inbox, "root (Cron Daemon)", "root")
    assert headers["From"] == f'"root at web1 (Cron Daemon)" <{USER}>'
    assert headers["Return-Path"].strip("<>") == USER
    assert headers["X-Original-From"] == "root@example.net (Cron Daemon)"
    assert b"hello" in body
    posternd.wait_empty()


def test_whoever_wrote_it_can_be_answered(postfix, posternd, inbox):
    posternd.configure(smarthost(OWNED_PORT, **ACCOUNT))
    posternd.start()
    headers, _ = arrived(postfix, posternd, inbox, "Anna Meyer <anna@corp.example>", "www-data")
    assert headers["From"] == f'"Anna Meyer (anna at corp.example)" <{USER}>'
    assert headers["Reply-To"] == "anna@corp.example"


def test_what_no_pattern_matches_is_refused_and_what_one_does_passes(postfix, posternd, inbox):
    posternd.configure(smarthost(OWNED_PORT, **{"from": f"{{ rewrite: {{ root: {USER} }} }}"}))
    posternd.start()
    to = f"{inbox}@example.com"
    posternd.sendmail(message(to, "x\n", sender="root", subject="root"), "-i", "-f", "root", to)
    postfix.mail.wait(inbox)
    posternd.sendmail(message(to, "x\n", sender="foreign@corp.example"), "-i", "-f", "foreign@corp.example", to)
    wait_for(lambda: all("not owned" in entry.get("reason", "") for entry in posternd.queue()), 30, "the refusal")
    assert len(posternd.queue()) == 1


def test_a_test_message_finds_out_that_the_server_takes_no_mail_of_root(postfix, posternd, inbox):
    posternd.configure(smarthost(OWNED_PORT))
    posternd.start()
    refused = posternd.run("send-test", f"{inbox}@example.com", check=False)
    assert refused.returncode == 75, refused
    assert "set from: {policy: account}" in refused.stdout.decode(), refused.stdout
    wait_for(lambda: posternd.run("queue", "delete", "--all", "--yes").returncode == 0, 20, "a moment when it is not being tried")
    posternd.configure(smarthost(OWNED_PORT, **{"from": "account"}))
    posternd.reload()
    wait_for(lambda: "settings reloaded" in posternd.read_log(), 20, "the reload")
    posternd.run("send-test", f"{inbox}@example.com")
    ((headers, _),) = postfix.mail.wait(inbox)
    assert headers["From"] == f'"root at web1 (Postern send-test)" <{USER}>'


def test_explain_shows_what_arrives(postfix, posternd, inbox, tmp_path):
    posternd.configure(smarthost(OWNED_PORT, **ACCOUNT))
    posternd.start()
    to = f"{inbox}@example.com"
    mail = tmp_path / "mail.eml"
    mail.write_text(f"From: root (Cron Daemon)\nTo: {to}\nSubject: cron\n\nhello\n")
    told = explained(posternd, "--user", "root", str(mail))
    assert told["text"]["changed"] is False and told["text"]["doubts"] == []
    line = told["explain"]
    assert line["policy"] == "account" and line["sender"] == {"before": "root", "after": USER}
    posternd.sendmail(mail.read_bytes(), "-i", "-f", "root", to)
    ((headers, _),) = postfix.mail.wait(inbox)
    (shown,) = [field["after"] for field in line["fields"] if field["name"] == "From"]
    assert headers["From"] == shown

"""Which users may send as whom (`senders`): by sendmail, by mail of cron, by TCP and by way of the drop directory."""

import subprocess

import pytest

from postern import message
from waiting import wait_for

RULES = """
senders:
  - user: alice
    may: [web@example.com, "*@shop.example.com"]
  - group: mail
    may: root
  - user: "*"
    may: noreply@example.com
"""


@pytest.fixture
def ruled(posternd):
    posternd.extra = RULES
    posternd.configure()
    posternd.start()
    return posternd


def sent(ruled, user, sender, author):
    return ruled.sendmail(message("x@example.org", "hello\n", sender=author), "-i", "-f", sender, "x@example.org", user=user,
                          check=False)


def test_a_user_sends_as_the_rules_and_the_own_name_say(ruled):
    for sender, author in (("alice", "alice"), ("web@example.com", "Web <web@example.com>"), ("<>", "a@shop.example.com"),
                           ("Alice@web1.example.net", "\"Cron Daemon\" <alice@localhost>")):
        run = sent(ruled, "alice", sender, author)
        assert run.returncode == 0, (sender, run)
    assert len(ruled.queue()) == 4


def test_whoever_sends_otherwise_is_told_the_rule_and_so_is_the_log(ruled):
    for sender, author in (("root", "alice"), ("alice", "root (Cron Daemon)"), ("alice", "alice, boss@bank.example"),
                           ("noreply@example.com", "alice")):
        run = sent(ruled, "alice", sender, author)
        assert run.returncode == 77, run
        assert b"is not allowed: senders[0] in postern.yaml lets alice send as web@example.com, *@shop.example.com" in run.stderr
    assert ruled.queue() == []
    assert "senders[0] in postern.yaml" in ruled.read_log()


def test_explain_names_the_row_that_refuses(ruled):
    def explained(user, sender):
        run = ruled.run("explain", "--user", user, "--from", sender, "--to", "b@example.org")
        return run.returncode, " ".join(run.stdout.decode().split())

    ruled.write(open(ruled.config).read().replace("smarthosts: []", "smarthosts: [{host: 127.0.0.1, port: 1, tls: none}]"))
    ruled.run("reload")
    status, words = explained("alice", "orders@bank.example")
    assert status == 1 and words.startswith("refused when it is handed in: the sender <orders@bank.example> is not allowed: senders[0]"), words
    assert "127.0.0.1" in words
    for user, sender in (("alice", "web@example.com"), ("alice", "alice"), ("root", "orders@bank.example")):
        status, words = explained(user, sender)
        assert status == 0 and "refused" not in words, words


def test_groups_count_root_is_free_and_the_others_have_the_row_of_everybody(ruled):
    assert sent(ruled, "root", "anybody@bank.example", "boss@bank.example").returncode == 0
    assert sent(ruled, "games", "noreply@example.com", "games").returncode == 0
    assert b"senders[2]" in sent(ruled, "games", "root", "games").stderr
    assert sent(ruled, "mail", "root", "root (Cron Daemon)").returncode == 0
    assert b"senders[1]" in sent(ruled, "mail", "noreply@example.com", "mail").stderr


def by_tcp(ruled, user, sender):
    """The exit status and words of a client that the kernel knows as this user."""
    client = f"""
import smtplib
with smtplib.SMTP("127.0.0.1", {ruled.port}, timeout=60) as client:
    client.sendmail("{sender}", ["x@example.org"], "From: {sender}\\r\\nTo: x@example.org\\r\\n\\r\\nb\\r\\n")
"""
    run = subprocess.run(["/usr/bin/python3", "-c", client], user=user, capture_output=True, timeout=60)
    return run.returncode, run.stderr.decode()


def test_clients_by_tcp_are_bound_as_the_users_that_they_are(ruled):
    assert by_tcp(ruled, "alice", "web@example.com")[0] == 0
    assert by_tcp(ruled, "root", "anybody@bank.example")[0] == 0
    status, words = by_tcp(ruled, "alice", "root@example.net")
    assert status != 0 and "550" in words and "senders[0]" in words
    status, words = by_tcp(ruled, "games", "web@example.com")
    assert status != 0 and "senders[2]" in words
    assert len(ruled.queue()) == 2


def test_a_reload_frees_everybody(ruled):
    assert sent(ruled, "alice", "root", "root").returncode == 77
    ruled.extra = ""
    ruled.configure()
    ruled.reload()
    wait_for(lambda: sent(ruled, "alice", "root", "root").returncode == 0, 20, "the new settings")

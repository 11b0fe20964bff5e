"""Which users may send as whom (`senders`): by sendmail, by mail of cron, by TCP and by way of the drop directory."""

import smtplib
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


def test_groups_count_root_is_free_and_the_others_have_the_row_of_everybody(ruled):
    assert sent(ruled, "root", "anybody@bank.example", "boss@bank.example").returncode == 0
    assert sent(ruled, "games", "noreply@example.com", "games").returncode == 0
    assert b"senders[2]" in sent(ruled, "games", "root", "games").stderr
    assert sent(ruled, "mail", "root", "root (Cron Daemon)").returncode == 0
    assert b"senders[1]" in sent(ruled, "mail", "noreply@example.com", "mail").stderr


def test_clients_by_tcp_are_nobody_in_particular(ruled):
    with ruled.smtp() as client:
        client.sendmail("noreply@example.com", ["x@example.org"], message("x@example.org", "b\r\n", "noreply@example.com"))
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("alice@example.net", ["x@example.org"], message("x@example.org", "b\r\n", "alice@example.net"))
        assert refused.value.smtp_code == 550 and b"senders[2]" in refused.value.smtp_error
    wait_for(lambda: len(ruled.queue()) == 1, 10, "the one that may")


def test_a_reload_frees_everybody(ruled):
    assert sent(ruled, "alice", "root", "root").returncode == 77
    ruled.extra = ""
    ruled.configure()
    ruled.reload()
    wait_for(lambda: sent(ruled, "alice", "root", "root").returncode == 0, 20, "the new settings")

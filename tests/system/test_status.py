"""What `postern status` knows before there is mail, and while a server says nothing."""

import socket
import time

import pytest

from ports import NOBODY_LISTENS, NOBODY_LISTENS_EITHER
from postern import message, smarthost
from waiting import wait_for

PATIENT = {"retry": "{ min: 1h, max: 2h, expire: 5d }"}
DELAY = 10  # of the first look, app/first_look.h


def test_a_fresh_start_with_a_wrong_password_says_so_and_a_restart_does_not_log_in_again(postfix, dovecot, posternd):
    posternd.password("not it")
    posternd.configure(smarthost(2500, try_at_start="true"))
    posternd.start()
    before = len(dovecot.attempts())
    assert "was not tried since the start" in posternd.status()["verdict"]
    wait_for(lambda: posternd.status()["level"] == 2, DELAY + 30, "the refused login in the status")
    run = posternd.run("status")
    first, below = run.stdout.decode().splitlines()[:2]
    assert run.returncode == 2 and first.startswith("nothing waits, but ") and "535" in first, run
    assert below.startswith("  what to do: "), run
    posternd.stop()
    # Another process of Dovecot's writes the log: PLAIN, LOGIN and CRAM-MD5.
    tried = wait_for(lambda: (now := len(dovecot.attempts())) >= before + 3 and now, 10, "Dovecot's log to tell of a whole round")
    posternd.start()
    time.sleep(DELAY + 3)
    assert len(dovecot.attempts()) == tried, "a service that is restarted again and again locks the account"
    assert "was not tried since the start" in posternd.status()["verdict"]


def test_a_good_login_at_the_start_makes_all_well_without_any_mail(postfix, posternd):
    posternd.configure(smarthost(2500, try_at_start="true"))
    posternd.start()
    wait_for(lambda: posternd.status()["verdict"] == "all is well: nothing waits", DELAY + 30, "the first look")
    (site,) = posternd.status()["smarthosts"]
    assert site["tried"] and site["certificate_expires"], site
    assert not postfix.mail.raw("nobody")


def test_a_server_that_says_nothing_is_told_of_while_it_is_tried(posternd, inbox):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        posternd.configure(smarthost(silent.getsockname()[1], tls="none", user=None))
        posternd.start()
        posternd.sendmail(message(f"{inbox}@example.com", "x\n"), "-i", f"{inbox}@example.com")
        wait_for(lambda: " has said nothing for " in posternd.status()["verdict"], 40, "the word of the silence")
        status = posternd.status()
        assert status["level"] == 0 and status["verdict"].startswith("main is tried since "), status
        assert status["smarthosts"][0]["silent_since"]
        posternd.stop()


@pytest.mark.parametrize("posternd", [PATIENT], indirect=True)
def test_smarthosts_that_stand_in_for_each_other_keep_all_of_the_mail_together(posternd, inbox):
    posternd.configure(smarthost(NOBODY_LISTENS, tls="none", user=None),
                       smarthost(NOBODY_LISTENS_EITHER, name="backup", tls="none", user=None))
    posternd.start()
    for _ in range(4):
        posternd.sendmail(message(f"{inbox}@example.com", "x\n"), "-i", f"{inbox}@example.com")
    wait_for(lambda: posternd.status()["queue"]["waiting"] == 4 and
             all("trouble" in one for one in posternd.status()["smarthosts"]), 20, "both to be down")
    findings = posternd.status()["findings"]
    assert findings[0]["text"].startswith("4 messages wait since "), findings
    assert "Connection refused (likewise " in findings[0]["text"], findings
    assert not [one for one in findings[1:] if "wait" in one["text"]], findings

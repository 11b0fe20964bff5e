"""A refusal that is the account's fault costs no message, and one that is a message's fault costs no other: with a real
Postfix, as strict as those of providers. What needs a quarter of an hour (a message that is disliked in unknown words) is
in tests/unit/queue, with a clock of its own."""

import re

import pytest

from postern import message, smarthost
from servers import FIRST_PORT, OWNED_PORT, USER
from waiting import wait_for

COUNT = 50


def send(posternd, count, to, sender, **options):
    for number in range(count):
        posternd.sendmail(message(to, "x\n", sender=sender, subject=f"number {number}"), "-i", "-f", sender, to, **options)


def nothing_given_up(posternd):
    status = posternd.status()["queue"]
    assert status["bounced"] == 0 and status["failed"] == 0, status
    assert not re.search(r"warning: id=\S+ failed ", posternd.read_log())


def first_finding(posternd):
    """What `status` says first, with what to do."""
    first = posternd.status()["findings"][0]
    return f"{first['text']}; {first.get('advice', '')}"


def wait_told(posternd, words):
    """The first finding of `status`, once it names what to change."""
    return wait_for(lambda: (found := first_finding(posternd)) and words in found and found, 30, f"{words!r} in what status finds first")


def test_a_sender_that_is_not_the_accounts_waits_while_others_pass_until_the_map_is_mended(postfix, posternd, inbox):
    posternd.configure(smarthost(OWNED_PORT))
    posternd.start()
    to, foreign = f"{inbox}@example.com", f"{inbox}@foreign.example"
    send(posternd, 10, to, foreign)
    send(posternd, 10, to, USER)
    postfix.mail.wait(inbox, 10)
    wait_for(lambda: len(posternd.queue_files()) == 10, 10, "the others to be gone")
    # Each of them was refused, more than once, and nothing became of it.
    wait_for(lambda: all("not owned" in entry.get("reason", "") for entry in posternd.queue()), 30, "the reason of each")
    send(posternd, 1, to, USER)
    postfix.mail.wait(inbox, 11)
    (entry, *_) = posternd.queue()
    shown = posternd.run("queue", "show", entry["id"]).stdout.decode()
    assert "may not send as this sender" in shown, shown
    nothing_given_up(posternd)
    postfix.own(foreign, USER)
    posternd.run("queue", "retry", "all")
    postfix.mail.wait(inbox, 21)
    posternd.wait_empty()
    nothing_given_up(posternd)


def test_a_first_set_up_that_is_wrong_in_four_ways_loses_nothing_and_is_told_one_thing_at_a_time(postfix, posternd, inbox):
    to, foreign = f"{inbox}@example.com", f"{inbox}@foreign.example"
    postfix.use_up(True)

    def configure(hostname, user):
        posternd.configure(smarthost(FIRST_PORT, user=user))
        with open(posternd.config) as source:
            text = source.read()
        posternd.write(text.replace("hostname: web1.example.net", f"hostname: {hostname}"))

    configure("web1", None)
    posternd.start()
    send(posternd, COUNT, to, foreign)
    wait_told(posternd, "set hostname to a full name")
    nothing_given_up(posternd)

    configure("web1.example.net", None)
    posternd.reload()
    send(posternd, COUNT, to, foreign)
    wait_told(posternd, "set user and a password")
    nothing_given_up(posternd)

    configure("web1.example.net", USER)
    posternd.reload()
    send(posternd, COUNT, to, foreign)
    wait_told(posternd, "may not send as this sender")
    nothing_given_up(posternd)

    postfix.own(foreign, USER)
    send(posternd, COUNT, to, foreign)
    wait_told(posternd, "used up what the provider lets it send")
    nothing_given_up(posternd)
    assert not postfix.mail.raw(inbox)

    postfix.use_up(False)
    posternd.run("queue", "retry", "all")
    postfix.mail.wait(inbox, 4 * COUNT, 60)
    posternd.wait_empty()
    nothing_given_up(posternd)
    assert len(postfix.mail.raw(inbox)) == 4 * COUNT


@pytest.mark.parametrize("posternd", [{"retry": "{ min: 1m, max: 1h, expire: 5d }"}], indirect=True)
def test_the_sender_of_mail_to_one_wrong_recipient_hears_at_once_whatever_the_servers_words_are(postfix, posternd, inbox):
    posternd.configure(smarthost(2500))
    posternd.start()
    sender = f"{inbox}-sender@example.com"
    posternd.sendmail(message(f"{inbox}@example.com", "x\n"), "-i", "-f", sender, f"{inbox}@example.com")
    postfix.mail.wait(inbox)
    posternd.wait_empty()
    posternd.sendmail(message(f"odd-{inbox}@example.com", "x\n"), "-i", "-f", sender, f"odd-{inbox}@example.com")
    ((headers, body),) = postfix.mail.wait(f"{inbox}-sender")
    assert "5.7.1" in str(headers) + body.decode() and "The moon is not right" in body.decode()
    # One right recipient in the same message settles it, too.
    both = [f"odd-{inbox}@example.com", f"{inbox}-too@example.com"]
    posternd.sendmail(message(", ".join(both), "x\n"), "-i", "-f", sender, *both)
    postfix.mail.wait(f"{inbox}-too")
    postfix.mail.wait(f"{inbox}-sender", 2)
    posternd.wait_empty()

"""The queue as an administrator and as an ordinary user steer it: the real commands on the real spool."""

import os
import pty
import signal
import subprocess

import pytest

from auth_servers import Practice
from matrix import MECHANISMS
from ports import NOBODY_LISTENS, NOBODY_LISTENS_EITHER, PRACTICE_OWN
from postern import message, smarthost
from waiting import wait_for



@pytest.fixture
def stuck(posternd):
    """posternd whose smarthost is down: what is sent stays."""
    posternd.configure(smarthost(NOBODY_LISTENS))
    posternd.start()
    return posternd


def send(posternd, to, sender="root@web1.example.net", count=1, user=None):
    for number in range(count):
        posternd.sendmail(message(to, f"{number}\n", sender=sender), "-i", "-f", sender, to, user=user)


def listed(posternd, *options):
    return [line["id"] for line in posternd.json("queue", "list", *options) if line.get("kind") == "entry"]


def on_a_terminal(posternd, answer, *arguments):
    """Runs `postern` on a terminal of its own and types the answer: (exit status, what was shown)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(f"{posternd.programs}/postern", ["postern", *arguments], {**os.environ, **posternd.environment})
    shown = b""
    try:
        while b"[y/N]" not in shown:
            shown += os.read(terminal, 4096)
        os.write(terminal, answer.encode())
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:  # the terminal went with its program
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_q06_a_held_message_survives_kill_and_restart_and_flows_when_released(postfix, posternd, inbox):
    posternd.configure(smarthost(NOBODY_LISTENS))
    posternd.start()
    send(posternd, f"{inbox}@example.com", count=2)
    first, second = listed(posternd)
    assert posternd.run("queue", "hold", first).returncode == 0
    posternd.configure(smarthost(2500))
    posternd.kill()
    posternd.start()
    postfix.mail.wait(inbox)
    assert listed(posternd) == [first] == listed(posternd, "--state", "held")
    assert f"postern queue release {first}" in posternd.run("queue", "retry", first).stderr.decode()
    assert "1 message is on hold" in posternd.status()["verdict"]
    assert posternd.run("queue", "release", first).returncode == 0
    postfix.mail.wait(inbox, 2)
    posternd.wait_empty()
    assert posternd.run("queue", "release", second).returncode == 66


def test_q07_a_selection_is_shown_and_asked_for_before_anything_is_done(stuck):
    send(stuck, "to@example.com", sender="cron@web1.example.net", count=13)
    send(stuck, "to@example.com", sender="other@web1.example.net", count=2)
    files = set(stuck.queue_files())

    run = stuck.run("queue", "delete", "--sender", "cron@", stdin=subprocess.DEVNULL)
    assert run.returncode == 64 and b"13 messages" in run.stderr and b"--yes" in run.stderr, run
    assert b"... and 3 more" in run.stderr and run.stderr.count(b"cron@web1.example.net -> to@") == 10, run
    status, shown = on_a_terminal(stuck, "n\n", "queue", "delete", "--sender", "cron@")
    assert status == 0 and "Delete 13 messages? [y/N]" in shown and "nothing was done" in shown, shown
    assert set(stuck.queue_files()) == files

    status, shown = on_a_terminal(stuck, "y\n", "queue", "delete", "--sender", "cron@")
    assert status == 0 and "13 messages: deleted" in shown, shown
    assert len(stuck.queue_files()) == 2
    assert "uid=0" in next(line for line in stuck.read_log().splitlines() if "queue delete" in line)

    run = stuck.run("queue", "delete", "--all", "--yes", stdin=subprocess.DEVNULL)
    assert run.returncode == 0 and b"2 messages: deleted" in run.stdout, run
    assert stuck.queue_files() == []
    run = stuck.run("queue", "delete", "--all", "--yes")
    assert run.returncode == 0 and b"no message is meant" in run.stderr, run


def test_what_comes_after_the_question_is_not_meant_by_the_answer(stuck):
    send(stuck, "to@example.com", count=2)
    before = listed(stuck)
    request = {"command": "queue delete", "filter": {"through": before[-1]}}
    send(stuck, "to@example.com")
    assert stuck.ask(request)[-2] == {"kind": "deleted", "count": 2, "left": 0}
    assert len(listed(stuck)) == 1


def test_every_option_of_a_listing_selects(stuck):
    send(stuck, "a@x.example", sender="cron@web1.example.net")
    stuck.sendmail(message("b@y.example", "x" * 5000 + "\n"), "-i", "-f", "backup@web1.example.net", "b@y.example")
    first, second = listed(stuck)
    assert stuck.run("queue", "hold", second).returncode == 0
    assert listed(stuck, "--sender", "CRON@") == [first]
    assert listed(stuck, "--recipient", "@Y.EXAMPLE") == [second]
    assert listed(stuck, "--state", "waiting") == [first]
    assert listed(stuck, "--state", "failed") == []
    assert listed(stuck, "--text", "connection refused") == [first]
    assert listed(stuck, "--site", "main") == [first]
    assert listed(stuck, "--older-than", "1h") == []
    assert listed(stuck, "--newer-than", "1h", "--sort", "newest") == [second, first]
    assert listed(stuck, "--sort", "largest") == [second, first]
    assert listed(stuck, "--sort", "next") == [first, second]
    assert listed(stuck, "--after", first) == [second]
    for wrong in (("--state", "lost"), ("--sort", "colour"), ("--sort", "next", "--after", first), ("--older-than", "soon")):
        run = stuck.run("queue", "list", *wrong)
        assert run.returncode == 64 and run.stderr, (wrong, run)


def test_q02_a_user_steers_his_own_messages_and_no_others(stuck):
    send(stuck, "to@example.com", sender="root@web1.example.net")
    send(stuck, "to@example.com", sender="alice@web1.example.net", user="alice")
    (of_root,) = listed(stuck, "--sender", "root@")
    (of_alice,) = listed(stuck, "--sender", "alice@")
    for command in ("retry", "hold", "release", "delete", "bounce"):
        run = stuck.run("queue", command, of_root, user="alice")
        assert run.returncode == 77, run
    run = stuck.run("queue", "hold", "--all", "--yes", user="alice")
    assert run.returncode == 0 and b"1 message: put on hold" in run.stdout, run
    assert listed(stuck, "--state", "held") == [of_alice]
    assert stuck.run("queue", "delete", of_alice, user="alice").returncode == 0
    assert listed(stuck) == [of_root]


def test_q07_giving_up_tells_the_sender(postfix, posternd, inbox):
    posternd.configure(smarthost(NOBODY_LISTENS))
    posternd.start()
    send(posternd, "nobody@elsewhere.example", sender=f"{inbox}@example.com")
    (one,) = listed(posternd)
    assert posternd.run("queue", "hold", one).returncode == 0
    run = posternd.run("queue", "bounce", one)
    assert run.returncode == 0 and b"returned to the sender" in run.stdout, run
    posternd.configure(smarthost(2500))
    posternd.reload()
    ((headers, body),) = postfix.mail.wait(inbox)
    assert headers["Auto-Submitted"] == "auto-replied"
    assert b"returned undelivered by the administrator of web1.example.net" in body
    assert b"nobody@elsewhere.example" in body
    posternd.wait_empty()


def test_status_watch_draws_anew_until_it_is_interrupted(stuck):
    program = subprocess.Popen([f"{stuck.programs}/postern", "status", "--watch", "1"], stdout=subprocess.PIPE,
                               env={**os.environ, **stuck.environment})
    try:
        os.set_blocking(program.stdout.fileno(), False)
        shown = b""

        def sees(words):
            nonlocal shown
            shown += program.stdout.read() or b""
            return words in shown

        wait_for(lambda: sees(b"nothing waits"), 10, "the first picture")
        send(stuck, "to@example.com")
        wait_for(lambda: sees(b"1 message waits"), 10, "a picture of the message")
        stuck.stop()
        wait_for(lambda: sees(b"posternd cannot be reached"), 10, "a picture of a daemon that is gone")
        stuck.start()
        shown = b""
        wait_for(lambda: sees(b"1 message waits"), 10, "a picture of the daemon that is back")
    finally:
        program.send_signal(signal.SIGINT)
        assert program.wait(10) in (130, -signal.SIGINT)


def test_a_message_is_rerouted_to_another_smarthost_and_waits_for_it_across_a_kill(postfix, posternd, inbox):
    posternd.configure(smarthost(NOBODY_LISTENS), smarthost(NOBODY_LISTENS_EITHER, name="backup"))
    posternd.start()
    send(posternd, f"{inbox}@example.com", count=2)
    first, second = listed(posternd)
    refused = posternd.run("queue", "reroute", first, "--to", "bakcup")
    assert refused.returncode == 64 and b"no smarthost is called bakcup; there is: main, backup" in refused.stderr, refused
    assert posternd.run("queue", "reroute", first).returncode == 64
    assert posternd.run("queue", "reroute", first, "--to", "main", "--any").returncode == 64
    run = posternd.run("queue", "reroute", first, "--to", "backup")
    assert run.returncode == 0 and f"{first}: rerouted".encode() in run.stdout, run
    assert b"rerouted to   backup" in posternd.run("queue", "show", first).stdout
    assert listed(posternd, "--site", "backup") == [first]

    # The first smarthost is well now, but only the second message is for it.
    posternd.kill()
    posternd.configure(smarthost(2500), smarthost(NOBODY_LISTENS_EITHER, name="backup"))
    posternd.start()
    postfix.mail.wait(inbox)
    wait_for(lambda: listed(posternd) == [first], 5, "the rerouted message waits alone")
    assert posternd.run("queue", "retry", "all").returncode == 0
    assert listed(posternd) == [first] == listed(posternd, "--site", "backup")
    run = posternd.run("queue", "reroute", "--any", "--site", "backup")
    assert run.returncode == 0 and b"1 message: rerouted" in run.stdout, run
    postfix.mail.wait(inbox, 2)
    posternd.wait_empty()


def test_show_tells_each_attempt_that_said_something_new_in_the_words_of_the_server(work, posternd):
    directory = f"{work}/busy-{os.path.basename(posternd.directory)}"
    os.makedirs(directory)
    with open(f"{directory}/script", "w") as out:
        out.write("at rcpt 1 do reply 451 4.2.1 mailbox is busy\n")
        for attempt in range(2, 30):
            out.write(f"at rcpt {attempt} do reply 452 4.2.2 mailbox is full\n")
    server = Practice(directory, PRACTICE_OWN, " ".join(MECHANISMS), "--script", f"{directory}/script")
    server.start()
    try:
        posternd.configure(smarthost(PRACTICE_OWN, tls="implicit", tls_ca_file=server.ca))
        posternd.start()
        send(posternd, "to@example.com")
        (queued,) = listed(posternd)

        def attempts():
            return [f"{one['recipient']} {one['status']['code']} {one['status']['text']}"
                    for one in posternd.json("queue", "show", queued)[0]["attempts"]]

        wait_for(lambda: len(attempts()) > 1, 20, "two answers that differ")
        assert attempts() == ["to@example.com 451 mailbox is busy", "to@example.com 452 mailbox is full"]
        shown = posternd.run("queue", "show", queued).stdout.decode()
        assert "to@example.com  deferred: 451 4.2.1 mailbox is busy\n" in shown, shown
    finally:
        server.stop()

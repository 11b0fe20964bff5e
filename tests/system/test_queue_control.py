"""The queue as an administrator and as an ordinary user steer it: the real commands on the real spool."""

import json
import os
import pty
import signal
import socket
import subprocess
import time

import pytest

import schema
from auth_servers import Practice
from matrix import MECHANISMS
from ports import NOBODY_LISTENS, NOBODY_LISTENS_EITHER, PRACTICE_OWN
from postern import message, smarthost
from spool_maker import fill
from waiting import PATIENCE, wait_for

# Sends a request so many times to the control socket, one after the other, and prints the last line of each answer.
ASK_OFTEN = """
import socket, sys
for _ in range(int(sys.argv[3])):
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(sys.argv[1])
        control.sendall(sys.argv[2].encode() + b"\\n")
        print(control.makefile().read().splitlines()[-1])
"""

# So that no message is just being tried when a command comes.
SELDOM = "{ min: 1h, max: 2h, expire: 5d }"


@pytest.fixture
def stuck(posternd):
    """posternd whose smarthost is down: what is sent stays."""
    posternd.retry = SELDOM
    posternd.configure(smarthost(NOBODY_LISTENS))
    posternd.start()
    return posternd


def send(posternd, to, sender="root@web1.example.net", count=1, user=None):
    for number in range(count):
        posternd.sendmail(message(to, f"{number}\n", sender=sender), "-i", "-f", sender, to, user=user)
    settle(posternd)


def settle(posternd):
    """What was sent is tried at once, and a command leaves alone what is just being tried."""
    wait_for(lambda: posternd.status()["queue"]["active"] == 0, 20, "the end of the attempts")


def listed(posternd, *options):
    return [line["id"] for line in posternd.json("queue", "list", *options) if line.get("kind") == "entry"]


def ask_often(posternd, user, request, count):
    run = subprocess.run(["python3", "-c", ASK_OFTEN, f"{posternd.directory}/control.sock", json.dumps(request), str(count)],
                         user=user, capture_output=True, check=True)
    return [json.loads(line)["exit"] for line in run.stdout.splitlines()]


def on_a_terminal(posternd, answer, *arguments, meanwhile=lambda: None):
    """Runs `postern` on a terminal of its own and types the answer: (exit status, what was shown). `meanwhile` happens
    while the question is on the screen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(f"{posternd.programs}/postern", ["postern", *arguments], {**os.environ, **posternd.environment})
    shown = b""
    try:
        while b"[y/N]" not in shown:
            shown += os.read(terminal, 4096)
        meanwhile()
        os.write(terminal, answer.encode())
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:  # the terminal went with its program
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_q06_a_held_message_survives_kill_and_restart_and_flows_when_released(postfix, posternd, inbox):
    posternd.retry = SELDOM
    posternd.configure(smarthost(NOBODY_LISTENS))
    posternd.start()
    send(posternd, f"{inbox}@example.com", count=2)
    first, second = listed(posternd)
    assert posternd.run("queue", "hold", first).returncode == 0
    posternd.configure(smarthost(2500))
    posternd.kill()
    posternd.start()
    postfix.mail.wait(inbox)
    wait_for(lambda: listed(posternd) == [first], 10, "the end of what was delivered")
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
    assert run.returncode == 0 and b"0 messages: deleted" in run.stdout, run
    run = stuck.run("queue", "delete", "--all", stdin=subprocess.DEVNULL)
    assert run.returncode == 0 and b"no message is meant" in run.stderr, run


def test_what_comes_after_the_question_is_not_meant_by_the_answer(stuck):
    send(stuck, "to@example.com", count=2)
    before = listed(stuck)
    request = {"command": "queue delete", "filter": {"through": before[-1]}}
    send(stuck, "to@example.com")
    assert stuck.ask(request)[-2] == {"kind": "deleted", "count": 2, "left": 0}
    assert len(listed(stuck)) == 1


def test_q07_what_comes_to_fit_while_the_question_is_read_is_not_touched(stuck):
    send(stuck, "to@example.com", count=4)
    ids = listed(stuck)
    for one in ids[1:]:
        assert stuck.run("queue", "hold", one).returncode == 0

    def meanwhile():
        assert stuck.run("queue", "hold", ids[0]).returncode == 0
        assert stuck.run("queue", "release", ids[3]).returncode == 0
    status, shown = on_a_terminal(stuck, "y\n", "queue", "delete", "--state", "held", meanwhile=meanwhile)
    assert status == 0 and "Delete 3 messages? [y/N]" in shown and "2 messages: deleted" in shown, shown
    assert listed(stuck) == [ids[0], ids[3]], "one that was not shown, and one that is no longer on hold"


def test_q04_a_retry_ends_in_whatever_order_it_is_asked_for(stuck):
    send(stuck, "to@example.com", count=3)
    socket.setdefaulttimeout(30)
    try:
        answer = stuck.ask({"command": "queue retry", "filter": {"state": "waiting"}, "order": "next"})
    finally:
        socket.setdefaulttimeout(None)
    assert answer == [{"kind": "retried", "count": 3, "left": 0}, {"done": True, "exit": 0}]


def test_q07_an_empty_text_selects_nothing(stuck):
    send(stuck, "to@example.com", count=2)
    stuck.sendmail(message("to@example.com", "a report\n"), "-i", "-f", "<>", "to@example.com")
    for option in ("--sender", "--recipient", "--site", "--text"):
        for command in (("delete", "--yes"), ("bounce", "--yes"), ("retry", "--yes"), ("list",)):
            for given in ((option, ""), (f"{option}=",)):
                run = stuck.run("queue", *command, *given)
                assert run.returncode == 64 and option.encode() in run.stderr, run
            assert b"--all" in stuck.run("queue", *command, option, "").stderr
    assert stuck.run("queue", "delete", "--state", "", "--yes").returncode == 64
    assert stuck.run("queue", "delete", "").returncode == 64
    for member in ("sender", "recipient", "site", "text"):
        refused = stuck.ask({"command": "queue delete", "filter": {member: ""}})[-1]
        assert refused["exit"] == 64 and f'"{member}" is empty' in refused["error"], refused
    assert len(listed(stuck)) == 3
    assert listed(stuck, "--sender", "<>") == listed(stuck)[2:]
    run = stuck.run("queue", "delete", "--sender", "<>", "--yes")
    assert run.returncode == 0 and b"1 message: deleted" in run.stdout, run
    assert len(listed(stuck)) == 2


def test_q07_what_cannot_be_done_is_told_of_a_selection_as_it_is_by_id(stuck):
    stuck.sendmail(message("to@example.com", "a report\n"), "-i", "-f", "<>", "to@example.com")
    stuck.sendmail("Auto-Submitted: auto-generated\n\nfrom a program\n", "-i", "-f", "cron@web1.example.net", "to@example.com")
    settle(stuck)
    first, second = listed(stuck)
    run = stuck.run("queue", "bounce", first)
    assert run.returncode == 0 and b"may not be told" in run.stdout and b"returned" not in run.stdout, run
    run = stuck.run("queue", "bounce", "--sender", "cron@", "--yes")
    assert run.returncode == 0 and b"1 message: given up; the sender may not be told" in run.stdout, run
    assert listed(stuck, "--state", "failed") == [first, second]
    for command in ("retry", "hold", "bounce"):
        by_id = stuck.run("queue", command, first)
        run = stuck.run("queue", command, "--state", "failed", "--yes")
        assert by_id.returncode == run.returncode == 66, (by_id, run)
        advice = f"postern queue show {first} --body".encode()
        assert advice in by_id.stderr and advice in run.stdout, (by_id, run)
        assert run.stdout.endswith(b"\n2 messages: left as they were\n"), run
    run = stuck.run("queue", "delete", "--state", "failed", "--yes")
    assert run.returncode == 0 and b"2 messages: deleted" in run.stdout, run


def test_every_option_of_a_listing_selects(stuck):
    send(stuck, "a@x.example", sender="cron@web1.example.net")
    stuck.sendmail(message("b@y.example", "x" * 5000 + "\n"), "-i", "-f", "backup@web1.example.net", "b@y.example")
    settle(stuck)
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
    more = stuck.run("queue", "list", "--limit", "1", "--newer-than", "1h").stdout.decode()
    assert more.endswith(f"There are more: the same command with --after {first} shows them.\n"), more
    more = stuck.run("queue", "list", "--limit", "1", "--sort", "largest").stdout.decode()
    assert more.endswith("There are more: a larger --limit shows them.\n"), more
    assert listed(stuck, "all") == listed(stuck, "--all") == [first, second]
    assert listed(stuck, "--site", "MAIN") == [first] and listed(stuck, "--newer-than", "1h30min") == [first, second]
    for wrong in (("--state", "lost"), ("--sort", "colour"), ("--sort", "next", "--after", first), ("--older-than", "soon"),
                  ("--older-than", "5"), ("--site", "mian"), ("--route", "nosuch"), ("al",)):
        run = stuck.run("queue", "list", *wrong)
        assert run.returncode == 64 and run.stderr, (wrong, run)
    assert b"did you mean main?" in stuck.run("queue", "list", "--site", "mian").stderr
    run = stuck.run("queue", "hold", "--site", "mian")
    assert run.returncode == 64 and b"no smarthost is called mian" in run.stderr, run
    for line, meant in ((["list"], "postern queue list"), (["hold", first], "postern queue hold"), (["retry", "all"], "postern queue retry"),
                        (["show", first], "postern queue show"), (["history", first], f"postern history show {first}"),
                        (["queue", "help"], "postern help queue"), (["queue", "list", first], f"postern queue show {first}")):
        run = stuck.run(*line)
        assert run.returncode == 64 and f"did you mean `{meant}`".encode() in run.stderr, (line, run)


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


def test_q02_a_user_is_shown_his_own_messages_and_no_others(stuck):
    send(stuck, "secret@example.com", sender="root@web1.example.net", count=2)
    send(stuck, "to@example.com", sender="alice@web1.example.net", user="alice", count=2)
    of_root, of_alice = listed(stuck, "--sender", "root@"), listed(stuck, "--sender", "alice@")
    assert len(of_root) == len(of_alice) == 2

    def shown(*arguments, **options):
        run = stuck.run(*arguments, user="alice", stdin=subprocess.DEVNULL, **options)
        return run, (run.stdout + run.stderr).decode()

    for arguments, options in [(("queue", "list"), {}), (("queue", "list", "--state", "waiting", "--sort", "newest"), {}),
                               (("queue", "list", "--recipient", "@example.com", "--json"), {}), ((), {"program": "mailq"}),
                               (("-bp",), {"program": "sendmail"}), (("queue", "delete", "--all"), {})]:
        run, text = shown(*arguments, **options)
        assert all(one in text for one in of_alice), run
        assert "secret@" not in text and not any(one in text for one in of_root), run
    assert run.returncode == 64 and "that is 2 messages" in text, "the preview"
    for arguments in (("queue", "list", "--recipient", "secret@"), ("queue", "list", "--sender", "root@", "--json"),
                      ("queue", "delete", "--recipient", "secret@")):
        run, text = shown(*arguments)
        assert run.returncode == 0 and "secret@" not in text and not any(one in text for one in of_root), run
    run, text = shown("queue", "show", "--body", of_alice[0])
    assert run.returncode == 0 and "alice@web1.example.net" in text, run
    run, text = shown("queue", "show", "--body", of_root[0])
    assert run.returncode == 77 and "secret@" not in text, run
    run, text = shown("status")
    assert "4 messages wait" in text and "secret@" not in text, "the totals are for everybody"
    assert len(listed(stuck)) == 4


def test_q04_a_user_tries_his_own_mail_at_once_and_all_of_it_once_a_second(stuck):
    send(stuck, "to@example.com")
    send(stuck, "to@example.com", sender="alice@web1.example.net", user="alice")
    (of_alice,) = listed(stuck, "--sender", "alice@")
    run = stuck.run("queue", "retry", "all", user="alice")
    assert run.returncode == 0 and b"1 message: will be tried now" in run.stdout, run
    everything = ({"command": "queue retry"}, {"command": "queue retry", "filter": {}})
    for user in ("alice", "root"):
        for request in everything:
            time.sleep(1.1)
            begun = time.monotonic()
            exits = ask_often(stuck, user, request, 100)
            seconds = time.monotonic() - begun
            assert exits.count(75) >= 99 - seconds and exits[0] == 0, (user, request, exits)
    for _ in range(3):
        assert stuck.run("-q", program="sendmail", user="alice").returncode == 0, "that all were just tried is no trouble"
    assert stuck.run("queue", "retry", of_alice, user="alice").returncode in (0, 75), "75: it is being tried"


def test_q01_ten_thousand_messages_are_listed_and_a_reader_may_leave(posternd):
    queue = f"{posternd.spool}/queue"
    os.makedirs(queue)
    ids = fill(queue, 10_000, lambda number: time.time() + 86_400)
    subprocess.run(["chown", "-R", "postern:postern", posternd.spool], check=True)
    posternd.configure(smarthost(NOBODY_LISTENS))
    posternd.start()
    wait_for(lambda: posternd.status()["queue"]["waiting"] == 10_000, 60, "the queue to be read")
    assert listed(posternd) == ids
    assert listed(posternd, "--sort", "newest", "--limit", "3") == ids[:-4:-1]
    assert posternd.run("queue", "list").stdout.count(b" -> admin@example.com\n") == 10_000
    for command in ("postern queue list", "postern --json queue list"):
        script = f'{posternd.programs}/{command} | head -1; echo "${{PIPESTATUS[0]}}"'
        run = subprocess.run(["bash", "-c", script], capture_output=True, timeout=60,
                             env={**os.environ, **posternd.environment})
        first, status = run.stdout.decode().splitlines()
        assert first.startswith(("ID ", "{")) and run.stderr == b"", run
        assert int(status) in (0, 128 + signal.SIGPIPE), run
    assert posternd.process.poll() is None and len(listed(posternd, "--limit", "5")) == 5
    assert posternd.stop() == 0


def test_q16_the_exit_status_tells_scripts_what_happened(postfix, posternd, inbox):
    unknown = "0123456789abcdef"

    def gives(status, *arguments, **options):
        run = posternd.run(*arguments, **options)
        assert run.returncode == status, (status, run)
        return run

    gives(69, "status")
    gives(69, "queue", "list")
    posternd.retry = SELDOM
    posternd.configure(smarthost(2500))
    posternd.start()
    gives(0, "status")
    gives(0, "queue", "list")
    gives(0, "check")
    gives(0, "send-test", f"{inbox}@example.com")
    gives(66, "queue", "show", unknown)
    gives(66, "queue", "delete", unknown)
    gives(64, "queue", "delete", "../../etc/passwd")
    gives(64, "queue", "delete")
    gives(64, "nonsense")
    gives(64, "check", "nowhere")
    gives(77, "check", user="alice")
    gives(77, "send-test", "to@example.com", user="alice")

    posternd.configure(smarthost(NOBODY_LISTENS))
    posternd.reload()
    wait_for(lambda: posternd.run("check").returncode == 1, 20, "the check of a smarthost that is down")
    gives(75, "send-test", "--timeout", "1", "to@example.com")
    gives(1, "status")
    (waiting,) = listed(posternd)
    gives(77, "queue", "delete", waiting, user="alice")
    gives(77, "queue", "reroute", "--any", waiting, user="alice")
    gives(64, "queue", "release", waiting)
    for arguments in (("queue", "list"), ("--json", "queue", "list"), ("status",)):
        with open("/dev/full", "w") as full:
            run = subprocess.run([f"{posternd.programs}/postern", *arguments], stdout=full, stderr=subprocess.PIPE,
                                 env={**os.environ, **posternd.environment})
        assert run.returncode == 74, run
    posternd.sendmail(message("to@example.com", "a report\n"), "-i", "-f", "<>", "to@example.com")
    settle(posternd)
    gives(0, "queue", "bounce", "--sender", "<>")
    gives(2, "status")
    gives(66, "queue", "retry", "--state", "failed")
    gives(0, "queue", "delete", "--state", "failed")
    os.chmod(f"{posternd.directory}/control.sock", 0o600)
    gives(77, "status", user="alice")
    assert posternd.stop() == 0
    gives(69, "queue", "list")


def test_q07_giving_up_tells_the_sender(postfix, posternd, inbox):
    posternd.retry = SELDOM
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
    # Whoever runs the tests in the background ignores SIGINT, and what ignores it at its start goes on doing so.
    program = subprocess.Popen([f"{stuck.programs}/postern", "status", "--watch", "1"], stdout=subprocess.PIPE,
                               env={**os.environ, **stuck.environment},
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
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
        assert program.wait(10 * PATIENCE) in (130, -signal.SIGINT)


def test_status_watch_as_json_prints_the_lines_of_each_answer(stuck):
    program = subprocess.Popen([f"{stuck.programs}/postern", "--json", "status", "--watch", "1"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env={**os.environ, **stuck.environment})
    try:
        pictures = [json.loads(program.stdout.readline()) for _ in range(2)]
        assert [one["kind"] for one in pictures] == ["status", "status"]
        schema.check(pictures)
        stuck.stop()
        # An answer that the end cut off is told of first.
        wait_for(lambda: b"posternd cannot be reached" in program.stderr.readline(), 10, "the word that the daemon is gone")
    finally:
        program.kill()
        program.wait(10)
        program.stdout.close()
        program.stderr.close()


def test_a_message_is_rerouted_to_another_smarthost_and_waits_for_it_across_a_kill(postfix, posternd, inbox):
    posternd.configure(smarthost(NOBODY_LISTENS), smarthost(NOBODY_LISTENS_EITHER, name="backup"))
    posternd.start()
    send(posternd, f"{inbox}@example.com", count=2)
    first, second = listed(posternd)
    refused = posternd.run("queue", "reroute", first, "--to", "bakcup")
    assert refused.returncode == 64 and b"no smarthost is called bakcup; did you mean backup? there is: main, backup" in refused.stderr, refused
    assert posternd.run("queue", "reroute", first).returncode == 64
    assert posternd.run("queue", "reroute", first, "--to", "main", "--any").returncode == 64

    def reroute(*arguments):
        run = posternd.run("queue", "reroute", *arguments)
        return run.returncode != 75 and run
    run = wait_for(lambda: reroute(first, "--to", "backup"), 10, "a moment when it is not being tried")
    assert run.returncode == 0 and f"{first}: rerouted".encode() in run.stdout, run
    assert b"rerouted to   backup" in posternd.run("queue", "show", first).stdout
    assert first in listed(posternd, "--site", "backup") and first not in listed(posternd, "--site", "main")

    # The first smarthost is well now, but only the second message is for it.
    posternd.kill()
    posternd.configure(smarthost(2500), smarthost(NOBODY_LISTENS_EITHER, name="backup"))
    posternd.start()
    postfix.mail.wait(inbox)
    wait_for(lambda: listed(posternd) == [first], 5, "the rerouted message waits alone")
    assert posternd.run("queue", "retry", "all").returncode == 0
    assert listed(posternd) == [first] == listed(posternd, "--site", "backup")
    run = wait_for(lambda: reroute("--any", "--site", "backup"), 10, "a moment when it is not being tried")
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


def test_all_is_the_word_and_the_option_and_means_what_the_command_can_be_done_to(stuck):
    send(stuck, "to@example.com", count=5)
    ids = listed(stuck)
    for word in ("all", "--all"):
        run = stuck.run("queue", "release", word, stdin=subprocess.DEVNULL)
        assert run.returncode == 0 and run.stdout == b"" and b"no message is meant by that: none is held" in run.stderr, run
        for one in ids[:3]:
            assert stuck.run("queue", "hold", one).returncode == 0
        run = stuck.run("queue", "release", word, stdin=subprocess.DEVNULL)
        assert run.returncode == 64 and b"that is 3 messages" in run.stderr, run
        run = stuck.run("queue", "release", word, "--yes")
        assert (run.returncode, run.stdout) == (0, b"3 messages: released, will be tried now\n"), run
    time.sleep(1.1)
    for word in ("all", "--all"):
        run = stuck.run("queue", "retry", word, stdin=subprocess.DEVNULL)
        assert run.returncode == 0 and b"5 messages: will be tried now" in run.stdout, run
        time.sleep(1.1)
    run = stuck.run("queue", "delete", "all", ids[0])
    assert run.returncode == 64 and b"not both" in run.stderr and len(listed(stuck)) == 5, run
    settle(stuck)
    run = stuck.run("queue", "delete", "all", "--yes")
    assert run.returncode == 0 and b"5 messages: deleted" in run.stdout and listed(stuck) == [], run


def test_the_beginning_of_an_id_is_its_message_and_tells_nothing_of_others(stuck):
    send(stuck, "to@example.com", sender="alice@web1.example.net", count=2, user="alice")
    send(stuck, "secret@example.com", sender="root@web1.example.net")
    first, second = listed(stuck, "--sender", "alice@")
    (of_root,) = listed(stuck, "--sender", "root@")
    shared = os.path.commonprefix([first, second, of_root])
    assert len(shared) >= 4, "they were made within minutes"
    beginning = os.path.commonprefix([first, second])
    run = stuck.run("queue", "show", beginning + second[len(beginning)], user="alice")
    assert run.returncode == 0 and second.encode() in run.stdout and first.encode() not in run.stdout, run
    for user, named in (("alice", [first, second]), (None, [first, second, of_root])):
        run = stuck.run("queue", "hold", shared, user=user)
        assert run.returncode == 64 and b"several messages begin with" in run.stderr, run
        assert [one for one in (first, second, of_root) if one.encode() in run.stderr] == named, run
    assert len(listed(stuck)) == 3
    alone = of_root[:len(os.path.commonprefix([second, of_root])) + 1]
    run = stuck.run("queue", "show", alone, user="alice")
    assert run.returncode == 66 and run.stderr.decode().endswith(f"no message of yours begins with {alone}\n"), run
    run = stuck.run("queue", "delete", of_root[:11])
    assert run.returncode == 64 and b"what cannot be undone needs 12 characters" in run.stderr, run
    run = stuck.run("queue", "delete", of_root[:max(12, len(alone))])
    assert run.returncode == 0 and of_root.encode() in run.stdout and len(listed(stuck)) == 2, run


def test_a_slip_is_answered_with_the_nearest_word_and_help_with_the_usage(posternd):
    for arguments, told in [(("qeue", "list"), "did you mean queue?"), (("queue", "lst"), "did you mean list?"),
                            (("queue", "list", "--stat", "held"), "did you mean --state?"),
                            (("queue", "list", "--state", "foo"), "there is: waiting, active, storm, held, failed, corrupt"),
                            (("queue", "delete", "--state", "hold"), "did you mean held?"),
                            (("queue", "list", "--sort", "newst"), "did you mean newest?"),
                            (("help", "qeue"), "did you mean queue?"), (("status", "now"), 'no argument "now"')]:
        run = posternd.run(*arguments)
        assert run.returncode == 64 and told in run.stderr.decode(), (arguments, run)
    for arguments, usage in [((), "Usage: postern "), (("queue",), "Usage: postern queue "),
                             (("queue", "list"), "Usage: postern queue list ")]:
        run = posternd.run("help", *arguments)
        assert run.returncode == 0 and usage in run.stdout.decode(), (arguments, run)
        assert run.stdout == posternd.run(*arguments, "--help").stdout
    assert posternd.run("-V").stdout == posternd.run("--version").stdout != b""


def test_a_daemon_that_is_not_there_is_told_of_once_however_many_messages_are_named(posternd):
    run = posternd.run("queue", "delete", *(f"0p6c9x2m7k4hq8f{last}" for last in "abcd"))
    assert run.returncode == 69 and run.stderr.count(b"cannot be reached") == 1, run

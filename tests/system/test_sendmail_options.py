"""Options of sendmail by which callers have lost mail, and what -bv says of the settings in force."""

import contextlib
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from dropping import stopped
from ports import NOBODY_LISTENS
from postern import message, smarthost

TEXT = "one\n.\ntwo\n"


WHOLE = ["-OIgnoreDots=true", "-OIgnoreDots", "-O IgnoreDots", "-O IgnoreDots=True", "-O ignoredots=yes", "-oi", "-oitrue", "-i", "-ti",
         "-ba -i", "-bm -i", "-ba -oi -t", "-i -N sometimes", "-i -R -V x"]
CUT = ["-OIgnoreDots=false", "-oifalse", "-oem -ba", ""]


@pytest.fixture
def stuck(posternd):
    """A daemon whose smarthost is down: what is sent stays."""
    posternd.retry = "{ min: 1h, max: 2h, expire: 5d }"
    posternd.configure(smarthost(NOBODY_LISTENS))
    posternd.start()
    return posternd


def stored(posternd):
    """Header and body of all messages, oldest first."""
    ids = [entry["id"] for entry in posternd.queue()]
    shown = posternd.json("queue", "show", *ids, "--body")
    return [(line["header"], line["body"]) for line in shown if line.get("kind") == "message"]


def test_c02_the_text_is_stored_whole_or_to_the_dot_as_the_options_say(stuck):
    for options in WHOLE + CUT:
        stuck.sendmail(message("a@example.com", TEXT), *options.split(), "a@example.com", user="alice")
    bodies = dict(zip(WHOLE + CUT, [body for _, body in stored(stuck)], strict=True))
    assert bodies == {**dict.fromkeys(WHOLE, TEXT), **dict.fromkeys(CUT, "one\n")}


@pytest.mark.parametrize("option", ["-F", "-f", "-r"])
def test_c26_c27_a_line_end_in_a_name_or_sender_is_refused(stuck, option):
    run = stuck.sendmail("To: a@example.com\nSubject: x\n\nbody\n", option, "x\r\nBcc: evil@example.com", "-t", check=False)
    assert run.returncode == 64 and b"control character" in run.stderr and not stuck.queue(), run


@pytest.mark.parametrize("options", ["-q root", "-t -i -q5m", "-bp root", "-bi root", "-I -t"])
def test_a_message_for_a_mode_that_reads_none_is_refused_and_logged(stuck, options):
    run = stuck.sendmail(message("a@example.com", TEXT), *options.split(), check=False)
    assert run.returncode == 64 and b"takes no message" in run.stderr and not run.stdout and not stuck.queue(), run
    assert "takes no message" in stuck.read_log()


def test_what_is_not_understood_is_told_and_left_out(stuck):
    run = stuck.sendmail(message("a@example.com", TEXT), "-N", "sometimes", "a@example.com")
    assert run.stderr.decode().splitlines() == [
        'sendmail: -N: "never", or some of "success,failure,delay" is needed, not sometimes; it is left out'], run
    assert len(stored(stuck)) == 1


@pytest.mark.parametrize("blocking", [True, False])
def test_a_standard_error_that_nobody_reads_keeps_no_mail_waiting(stuck, blocking):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, bytes(4096))
    os.set_blocking(writer, blocking)

    def send(*arguments):
        return subprocess.run([f"{stuck.programs}/sendmail", *arguments], input=message("a@example.com", TEXT).encode(), stderr=writer,
                              env={**os.environ, **stuck.environment}, timeout=30).returncode

    assert send("-N", "sometimes", "a@example.com") == 0 and len(stored(stuck)) == 1
    assert send("-q", "root") == 64 and len(stored(stuck)) == 1
    os.close(reader)
    os.close(writer)


def test_c12_bv_says_where_mail_would_go_and_sends_nothing(stuck):
    run = stuck.run("-bv", "root", "b@example.org", program="sendmail")
    assert run.returncode == 0, run
    lines = run.stdout.decode().splitlines()
    assert lines[0] == "root... deliverable: mailer smtp, host smtp.example.com, user admin@example.com", lines
    assert lines[1].startswith(f"    by main (smtp.example.com:{NOBODY_LISTENS}), from <root@example.net>"), lines
    assert lines[2] == "b@example.org... deliverable: mailer smtp, host smtp.example.com, user b@example.org", lines
    assert not stuck.queue_files()
    run = stuck.run("-bv", "root", program="sendmail", user="alice")
    assert run.returncode == 0 and b"admin@example.com" not in run.stdout, run
    assert b"from <alice@example.net>" in run.stdout, run
    run = stuck.run("-bv", "a@", "b@example.org", program="sendmail")
    assert run.returncode == 65 and run.stdout.startswith(b"a@... ") and b"user b@example.org" in run.stdout, run
    assert stuck.run("-bv", program="sendmail").returncode == 64


def test_c12_bv_without_a_smarthost_or_a_daemon_says_so(posternd):
    posternd.configure()
    posternd.start()
    run = posternd.run("-bv", "root", program="sendmail")
    assert run.returncode == 75 and b"held while no smarthost is configured, user admin@example.com" in run.stdout, run
    posternd.stop()
    run = posternd.run("-bv", "root", program="sendmail")
    assert run.returncode == 75 and b"control.sock" in run.stderr and not run.stdout, run


@pytest.mark.parametrize("program", ["sendmail", "mailq", "newaliases"])
def test_help_and_version_need_no_daemon(posternd, program):
    run = posternd.run("--help", program=program)
    assert run.returncode == 0 and b"Usage: " + program.encode() in run.stdout and not run.stderr, run
    run = posternd.run("--version", program=program)
    assert run.returncode == 0 and b"(Postern) " in run.stdout and not run.stderr, run


# sendmail -bs waits for a minute, and is left to the unit tests.
ASKING = [("postern", "status"), ("postern", "queue", "list"), ("postern", "queue", "hold", "all", "--yes"), ("postern", "metrics"),
          ("postern", "check"), ("postern", "explain"), ("postern", "history"), ("postern", "send-test", "b@example.org"),
          ("postern", "login"), ("postern", "reload"), ("sendmail", "-q"), ("sendmail", "-bv", "root"), ("sendmail", "-bi"),
          ("newaliases",), ("mailq",)]


def test_a_daemon_that_hangs_keeps_nobody_waiting(stuck):
    def ask(command):
        return stuck.run(*command[1:], program=command[0], timeout=45)

    with stopped(stuck.process), ThreadPoolExecutor(len(ASKING)) as all_at_once:
        runs = dict(zip(ASKING, all_at_once.map(ask, ASKING), strict=True))
    for command, run in runs.items():
        assert run.returncode == 75 and b"not answer" in run.stderr, (command, run)
    assert stuck.run("status").returncode in (0, 1), "and it goes on"

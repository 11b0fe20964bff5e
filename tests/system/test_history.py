"""Did it arrive? `postern history` after deliveries, failures and refusals: by root and by users, after a crash, with a disk that
is full, and while the settings change."""

import os
import re
import shutil
import socket
import subprocess
import threading
import time

import pytest

from ports import NOBODY_LISTENS, SINK
from postern import RELEASE, message, smarthost
from sink import Sink
from waiting import wait_for

MANY = int(os.environ.get("POSTERN_DELIVERIES", "400"))


@pytest.fixture
def sink(work):
    with Sink(f"{work}/history-sink-{len(os.listdir(work))}", names=True) as one:
        yield one


@pytest.fixture
def running(posternd, sink):
    """The daemon with a smarthost that takes everything, and has a name for each message."""
    posternd.configure(smarthost(SINK, tls="none", user=None))
    posternd.start()
    return posternd


def send(posternd, to, subject, user=None, **more):
    posternd.sendmail(message(to, "text\n", subject=subject), "-i", to, user=user, **more)


def records(posternd, *arguments, user=None):
    lines = posternd.json("history", *arguments, statuses=(0,), **({"user": user} if user else {}))
    return [line for line in lines if line["kind"] == "record"]


def delivered(posternd, count, *arguments):
    """So many are in the history."""
    arguments = ("--state", "delivered", "--limit", str(count + 1), *arguments)
    return wait_for(lambda: (found := records(posternd, *arguments)) and len(found) == count and found, 60, f"{count} deliveries")


def by_smtp(posternd, number, tag):
    with posternd.smtp() as client:
        for each in range(number):
            client.sendmail("app@example.net", ["ops@example.com"],
                            message("ops@example.com", "text\n", sender="app@example.net", subject=f"{tag}-{each}"))


@pytest.mark.parametrize("posternd", [{"programs": RELEASE}], indirect=True)
def test_one_command_tells_among_many_deliveries_whether_the_report_of_root_went_out(running, sink):
    half = MANY // 2
    before = threading.Thread(target=by_smtp, args=(running, half, "before"))
    before.start()
    send(running, "root", "Backup report of web1")
    before.join()
    by_smtp(running, half, "behind")
    running.wait_empty(120)
    began = time.monotonic()
    run = running.run("history", "--user", "root", "--subject", "backup", "--since", "yesterday")
    took = time.monotonic() - began
    text = run.stdout.decode()
    assert run.returncode == 0 and took < 10, (run, took)
    found = re.search(r"(?m)^(\w{16})  delivered .* root@\S+ -> admin@example\.com \(root@\S+\)$", text)
    assert found and text.count("delivered") == 1, text
    assert re.search(r'(?m)^ +"Backup report of web1"$', text), text
    assert re.search(r"(?m)^ +main.*: 250 2\.0\.0 Ok: queued as S\d{6}$", text), text
    (record,) = records(running, "--to", "root@", "--subject", "BACKUP", "--user", "0")
    assert record["remote_id"] == re.search(r"S\d{6}", text)[0] and record["id"] == found[1]
    assert record["site"] == "main" and record["uid"] == 0 and record["message_id"].startswith("<")
    story = running.run("history", "show", found[1][:12]).stdout.decode()
    assert re.search(r"(?m)^message-id +<", story) and "  accepted " in story and "queued as" in story, story
    gone = running.run("queue", "show", found[1])
    assert gone.returncode == 0 and gone.stdout.decode().split("accepted")[1:] == story.split("accepted")[1:], gone
    assert not records(running, "--subject", "backup", "--until", "yesterday")
    delivered(running, MANY + 1)
    assert len(records(running)) == 100, "no more than these without --limit"
    assert records(running, "--limit", "1")[0]["subject"].startswith("behind-")


def test_users_see_their_own_and_root_sees_all(running):
    send(running, "a@example.com", "of alice", user="alice")
    send(running, "b@example.com", "of root")
    (of_alice,) = delivered(running, 1, "--subject", "of alice")
    (of_root,) = delivered(running, 1, "--subject", "of root")
    running.wait_empty()  # the history has a delivery before the queue has lost the message
    assert [one["subject"] for one in records(running, user="alice")] == ["of alice"]
    assert records(running, "--user", "root", user="alice") == []
    assert records(running, "--id", of_root["id"], user="alice") == []
    for command in (["history", "show"], ["queue", "show"]):
        denied = running.run(*command, of_root["id"], user="alice")
        assert denied.returncode == 66 and not denied.stdout, denied
        assert running.run(*command, of_alice["id"], user="alice").returncode == 0
    assert {one["subject"] for one in records(running)} == {"of alice", "of root"}
    unknown = running.run("history", "show", "0000000000000000")
    assert unknown.returncode == 66 and b"the history knows no message" in unknown.stderr, unknown


def test_what_waits_fails_is_deleted_or_refused_is_told(posternd, sink):
    posternd.retry = "{ min: 1h, max: 2h, expire: 5d }"
    posternd.extra = "limits: { message_size: 2K }\nsenders: [{ user: alice, may: [alice@example.net] }]\n"
    posternd.configure(smarthost(NOBODY_LISTENS, tls="none", user=None))
    posternd.start()
    send(posternd, "a@example.com", "waits")
    wait_for(lambda: [one["state"] for one in records(posternd)] == ["deferred"], 20, "the first attempt")
    (waits,) = records(posternd, "--state", "deferred")
    assert waits["recipients"] == [{"address": "a@example.com"}] and "refused" in waits["reply"], waits
    posternd.wait_reason()  # until its attempt has ended it cannot be deleted
    assert posternd.run("queue", "delete", waits["id"]).returncode == 0
    (gone,) = records(posternd)
    assert gone["state"] == "deleted" and gone["subject"] == "waits" and gone["id"] == waits["id"]
    large = posternd.sendmail(message("b@example.com", "x" * 70 + "\n" * 3000, subject="large"), "-i", "b@example.com", check=False)
    assert large.returncode != 0
    own = posternd.sendmail(message("b@example.com", "x\n", sender="boss@example.net", subject="as another"), "-i", "-f",
                            "boss@example.net", "b@example.com", user="alice", check=False)
    assert own.returncode != 0
    with posternd.smtp() as client:
        client.ehlo()
        client.mail("app@example.net")
        assert client.rcpt("no address at all@")[0] // 100 == 5
    refused = records(posternd, "--state", "refused")
    assert len(refused) == 3, refused
    assert refused[0]["sender"] == "app@example.net" and refused[0]["client"].startswith("127.0.0.1:"), refused[0]
    assert refused[1]["reply"].startswith("5") and refused[1]["sender"] == "boss@example.net", refused[1]
    assert refused[1]["recipients"] == [{"address": "b@example.com"}]
    assert [one["reply"] for one in records(posternd, "--state", "refused", user="alice")] == [refused[1]["reply"]]


def test_after_a_crash_no_more_than_the_last_second_is_missing(running):
    send(running, "a@example.com", "before")
    delivered(running, 1)
    running.wait_empty()  # what a crash finds in the queue is delivered once more
    time.sleep(1.5)
    running.kill()
    running.start()
    assert [one["subject"] for one in records(running, "--state", "delivered")] == ["before"]
    send(running, "a@example.com", "behind")
    assert [one["subject"] for one in delivered(running, 2)] == ["behind", "before"]
    running.stop()
    running.start()
    delivered(running, 2)


def without_daemon(posternd, *arguments, **more):
    return posternd.run(*arguments, "--config", posternd.config, **more)


def test_root_has_an_answer_while_no_daemon_runs_and_users_are_told_that_none_does(running):
    directory = f"{running.spool}/history"
    send(running, "a@example.com", "of alice", user="alice")
    send(running, "b@example.com", "of root")
    (record,) = delivered(running, 1, "--subject", "of root")
    delivered(running, 2)
    running.wait_empty()  # what is still there is shown from the queue
    asked = (["history"], ["history", "--json"], ["history", "--user", "alice", "--since", "1h"], ["history", "--limit", "1"],
             ["history", "--subject", "of nobody"], ["history", "show", record["id"][:12], "--json"],
             ["queue", "show", record["id"], "--json"])
    before = [without_daemon(running, *one) for one in asked]
    assert all(run.returncode == 0 and not run.stderr for run in before), before
    running.stop()
    kept = {name: os.stat(f"{directory}/{name}").st_mtime_ns for name in os.listdir(directory)}
    for one, run in zip(asked, before):
        alone = without_daemon(running, *one)
        assert alone.returncode == 0 and alone.stdout == run.stdout, (one, alone, run)
        (line,) = alone.stderr.decode().splitlines()
        assert line.startswith("postern: posternd does not run") and directory in line and "until 20" in line, line
    assert {name: os.stat(f"{directory}/{name}").st_mtime_ns for name in os.listdir(directory)} == kept
    unknown = without_daemon(running, "history", "show", "0000000000000000", record["id"])
    assert unknown.returncode == 66 and b"the history knows no message" in unknown.stderr and b"of root" in unknown.stdout, unknown
    assert unknown.stderr.count(b"does not run") == 1, unknown
    for denied in (without_daemon(running, "history", user="alice"), without_daemon(running, "history", "show", record["id"], user="alice"),
                   without_daemon(running, "queue", "show", "0000000000000000"), running.run("history"), running.run("queue", "list")):
        assert denied.returncode == 69 and not denied.stdout and b"posternd cannot be reached" in denied.stderr, denied
    running.write(open(running.config).read() + "frobnicate: true\n")
    assert b"of alice" in without_daemon(running, "history").stdout


def test_what_cannot_be_read_is_named_behind_the_rest_and_is_written_to_no_more(running):
    directory = f"{running.spool}/history"
    send(running, "a@example.com", "before")
    (before,) = delivered(running, 1)
    with open(f"{directory}/0000000001.history", "r+b") as file:
        file.write(b"XXXX")
    empty = running.run("history")
    assert empty.returncode == 74 and not empty.stdout, empty
    assert b"1 file of the history cannot be read" in empty.stderr and b"0000000001.history: its first line is damaged" in empty.stderr, empty
    send(running, "b@example.com", "behind")
    wait_for(lambda: b"behind" in running.run("history", "--state", "delivered").stdout, 60, "the next file")
    gone = running.run("queue", "show", before["id"])
    assert gone.returncode == 74 and b"is in the queue" in gone.stderr and b"cannot be read" in gone.stderr, gone
    running.stop()
    alone = without_daemon(running, "history")
    assert alone.returncode == 74 and b'"behind"' in alone.stdout and b"first line is damaged" in alone.stderr, alone


def test_a_message_that_is_gone_without_an_end_is_said_to_be(running, sink):
    running.configure(smarthost(NOBODY_LISTENS, tls="none", user=None))
    assert running.run("reload").returncode == 0
    send(running, "a@example.com", "lost", user="alice")
    (entry,) = running.queue()
    wait_for(lambda: records(running, "--id", entry["id"]), 60, "the acceptance")
    waits = running.run("history", "show", entry["id"], user="alice")
    assert waits.returncode == 0 and not waits.stderr, waits
    running.kill()
    (file,) = [f"{place}/{name}" for place, _, names in os.walk(running.spool) for name in names if name.startswith(entry["id"])]
    alone = without_daemon(running, "queue", "show", entry["id"])
    assert alone.returncode == 75 and b"may be in the queue" in alone.stderr and b"accepted" in alone.stdout, alone
    os.unlink(file)
    running.start()
    for command in ("history", "queue"):
        gone = running.run(command, "show", entry["id"], user="alice")
        assert gone.returncode == 66 and b"accepted" in gone.stdout, gone
        assert f"journalctl POSTERN_QUEUE_ID={entry['id']}".encode() in gone.stderr, gone


def test_root_does_not_wait_for_a_daemon_that_says_nothing(running):
    send(running, "a@example.com", "before")
    delivered(running, 1)
    running.stop()
    path = f"{running.directory}/control.sock"
    if os.path.exists(path):
        os.unlink(path)
    with socket.socket(socket.AF_UNIX) as held:  # as by systemd for a service that does not start
        held.bind(path)
        held.listen()
        alone = without_daemon(running, "history", timeout=40)
        assert alone.returncode == 0 and b"before" in alone.stdout and b"does not answer" in alone.stderr, alone


def test_a_full_disk_costs_history_and_no_mail(running):
    state = f"{running.directory}/state"
    os.mkdir(state)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,mode=700", "tmpfs", state], check=True)
    try:
        shutil.chown(state, "postern", "postern")
        running.stop()
        running.process_environment = {"STATE_DIRECTORY": state}
        running.start()
        send(running, "a@example.com", "with room")
        delivered(running, 1)
        assert os.stat(f"{state}/history").st_mode & 0o777 == 0o700
        assert all(os.stat(f"{state}/history/{name}").st_mode & 0o777 == 0o600 for name in os.listdir(f"{state}/history"))
        with open(f"{state}/full", "wb") as out:
            out.write(bytes(60 << 20))
        for number in range(20):
            send(running, "a@example.com", f"without-{number}")
        running.wait_empty()
        wait_for(lambda: "warning: the history cannot be written" in running.read_log(), 20, "a word of it")
        assert len(delivered(running, 1)) == 1
        os.unlink(f"{state}/full")
        send(running, "a@example.com", "with room again")
        assert [one["subject"] for one in delivered(running, 2)] == ["with room again", "with room"]
        log = running.read_log()
        assert log.count("the history cannot be written") == 1 and "the history is written again; records were lost meanwhile number=40" in log, log
    finally:
        running.stop()
        subprocess.run(["umount", "-l", state], check=True)


def test_a_small_disk_is_not_for_the_history(running):
    state = f"{running.directory}/state"
    os.mkdir(state)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m,mode=700", "tmpfs", state], check=True)
    try:
        send(running, "a@example.com", "on the disk of the queue")
        delivered(running, 1)
        running.stop()
        [name] = os.listdir(f"{running.spool}/history")
        with open(f"{running.spool}/history/{name}", "rb") as source:
            first_line = source.readline()
        os.mkdir(f"{state}/history")
        for number in range(1, 31):
            with open(f"{state}/history/{number:010}.history", "wb") as out:
                out.write(first_line + bytes(4 << 20))
        for path in (state, f"{state}/history"):
            shutil.chown(path, "postern", "postern")
        running.process_environment = {"STATE_DIRECTORY": state}
        running.start()
        wait_for(lambda: len(os.listdir(f"{state}/history")) < 4, 20, "a sixteenth of the disk to be left")
        send(running, "a@example.com", "with room")
        delivered(running, 1)
    finally:
        running.stop()
        subprocess.run(["umount", "-l", state], check=True)


def test_a_slip_in_the_settings_removes_nothing_and_keeps_no_subjects(running):
    directory = f"{running.spool}/history"
    good = open(running.config).read()
    send(running, "a@example.com", "before")
    delivered(running, 1)
    running.stop()
    kept = os.listdir(directory)
    old = time.time() - 200 * 86400
    for spoil in ("history: of\n", "history: { size: 0, subject: true }\n", "frobnicate: true\nhistory: off\n"):
        with open(f"{directory}/0000000000.history", "wb") as out:
            out.write(bytes(300 << 10))
        os.utime(f"{directory}/0000000000.history", (old, old))
        running.write(good + spoil)
        running.start()
        send(running, "b@example.com", "while it is wrong")
        running.stop()
        assert set(os.listdir(directory)) >= {*kept, "0000000000.history"}, spoil
    running.write(good)
    running.start()
    states = {one["state"]: one.get("subject") for one in records(running, "--to", "b@example.com", "--state", "all")}
    assert states["accepted"] is None, states


def test_a_reload_changes_what_is_kept(running):
    directory = f"{running.spool}/history"
    send(running, "a@example.com", "secret words")
    delivered(running, 1)
    running.extra = "history: { subjects: false, days: 30 }\n"
    running.configure(smarthost(SINK, tls="none", user=None))
    assert running.run("reload").returncode == 0
    send(running, "b@example.com", "more secret words")
    found = delivered(running, 2)
    assert [one.get("subject") for one in found] == [None, "secret words"]
    running.extra = "history: off\n"
    running.configure(smarthost(SINK, tls="none", user=None))
    assert running.run("reload").returncode == 0
    wait_for(lambda: not os.listdir(directory), 20, "the files to go")
    run = running.run("history")
    assert run.returncode == 66 and b"no history is kept: the settings say 'history: off'" in run.stderr, run
    send(running, "c@example.com", "nobody notes this")
    running.wait_empty()
    running.extra = ""
    running.configure(smarthost(SINK, tls="none", user=None))
    assert running.run("reload").returncode == 0
    assert b"The history is empty." in running.run("history").stdout
    send(running, "d@example.com", "this again")
    assert [one["subject"] for one in delivered(running, 1)] == ["this again"]


def test_what_cannot_be_meant_is_refused(running):
    for arguments in (["--since", "whenever"], ["--state", "arrived"], ["--subject", ""], ["--user", "nobody-of-that-name"],
                      ["--limit", "0"]):
        run = running.run("history", *arguments)
        assert run.returncode == 64 and not run.stdout, (arguments, run)
    for filter_ in ({"colour": "red"}, {"since": "yesterday"}, {"user": "root"}, {"subject": ""}, {"state": "gone"}, {"to": "x"}):
        (answer,) = running.ask({"command": "history", "filter": filter_})
        assert answer["exit"] == 64, (filter_, answer)
    assert b"Nothing in the history is meant by that." in running.run("history", "--to", "nobody").stdout

"""The log answers "did the mail that cron sent at 03:00 go out?": by one grep, by one journalctl with fields, and by the programs
that read Postfix's log, pflogsumm and logwatch, as Debian has them."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import time

import pytest

from fickle import Fickle
from ports import NOBODY_LISTENS, SINK
from postern import smarthost
from waiting import wait_for

PFLOGSUMM, LOGWATCH, JOURNALD = "/usr/sbin/pflogsumm", "/usr/sbin/logwatch", "/lib/systemd/systemd-journald"
NAMES = ("ok-1", "ok-2", "defer-3", "reject-4")
FROM_CRON = "From: root (Cron Daemon)\nTo: {to}\nSubject: Cron <root@web1> backup\nMessage-ID: <{to}.cron@web1>\n\ndone\n"


@contextlib.contextmanager
def mail_of_every_end(posternd):
    """Root's mail to an alias of each name: taken at once, later, never. Yields when nothing waits any more."""
    server = Fickle(SINK, lambda line: None)
    try:
        posternd.configure(smarthost(SINK, tls="none", user=None))
        with open(posternd.config) as source:
            text = source.read()
        aliases = ", ".join(f"cron-{name}: {name}@example.com" for name in NAMES)
        posternd.write(text.replace("aliases: { root: admin@example.com }", f"aliases: {{ root: admin@example.com, {aliases} }}"))
        posternd.start()
        for name in NAMES:
            posternd.sendmail(FROM_CRON.format(to=f"cron-{name}"), "-i", "-f", "root", f"cron-{name}")
        posternd.wait_empty(60)
        # The last line about a message comes when its file has gone already.
        wait_for(lambda: posternd.status()["queue"]["active"] == 0, 20, "the last lines")
        yield
    finally:
        server.stop()


def with_format(name):
    return pytest.mark.parametrize("posternd", [{"extra": f"log: {{ format: {name} }}\n"}], indirect=True)


def grep(pattern, path):
    run = subprocess.run(["grep", pattern, path], capture_output=True, text=True, timeout=20)
    return run.stdout.splitlines()


def test_one_grep_tells_whether_the_mail_of_cron_went_out(posternd):
    hour = time.strftime("%Y-%m-%dT%H:")
    with mail_of_every_end(posternd):
        # What an hour that ends meanwhile needs is asked for, too.
        when = rf"\({hour}\|{time.strftime('%Y-%m-%dT%H:')}\)"
        went_out = grep(rf"delivered .* uid=0 accepted={when}", posternd.log)
        assert len(went_out) == 3, posternd.read_log()
        (late,) = grep(r"delivered .* orig_to=cron-defer-3@example.net", posternd.log)
        assert " message_id=<cron-defer-3.cron@web1> " in late and " left=0 " in late and 'reply="250 ' in late, late
        assert " site=main " in late and " host=smtp.example.com[127.0.0.1]:" in late, late
        (failed,) = grep(r"failed .* uid=0 accepted=", posternd.log)
        assert " warning: " in failed and "550 5.1.1 No such user" in failed, failed
        # Where there is no journal every line has its time and its level.
        line = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d (info|notice|warning|error): \S")
        assert all(line.match(each) for each in posternd.read_log().splitlines()), posternd.read_log()


@with_format("postfix")
def test_pflogsumm_counts_what_became_of_each_message(posternd):
    with mail_of_every_end(posternd):
        assert posternd.run("send-test", "ok-2@example.com").returncode == 0
        run = subprocess.run([PFLOGSUMM, "--problems_first", "-e", posternd.log], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0 and not run.stderr, run
    totals = {word: int(number) for number, word in re.findall(r"(?m)^ +(\d+)k? +(received|delivered|deferred|bounced)\b", run.stdout)}
    # One more is received, the test message, and one more delivered, the report about the one that failed.
    assert totals == {"received": 5, "delivered": 5, "deferred": 1, "bounced": 1}, run.stdout
    assert "No such user" in run.stdout and "4.3.0 Later" in run.stdout, run.stdout
    # "Did the mail go out?" has its answer message by message.
    assert re.search(r"(?m)^ *[0-9A-Z]{16} +root@example\.net\n +ok-1@example\.com$", run.stdout), run.stdout
    assert "(sender not in log)" not in run.stdout and "no size data" not in run.stdout.lower(), run.stdout


@with_format("postfix")
def test_logwatch_knows_every_line(posternd):
    with mail_of_every_end(posternd):
        # Trouble of the smarthost is a warning there.
        posternd.configure(smarthost(1, tls="none", user=None))
        assert posternd.run("reload").returncode == 0
        posternd.sendmail("Subject: waits\n\nx\n", "-i", "b@example.com")
        wait_for(lambda: "dsn=4.4.1, status=deferred" in posternd.read_log(), 20, "the smarthost to be down, and the word of what waits")
    directory = f"{posternd.directory}/var-log"
    os.makedirs(directory)
    with open(f"{directory}/mail.log", "w") as out:
        out.write(posternd.read_log())
    run = subprocess.run([LOGWATCH, "--service", "postfix", "--logdir", directory, "--range", "all", "--detail", "10",
                          "--output", "stdout"], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run
    said = run.stdout
    assert "Unmatched" not in said and "unmatched" not in said, said

    def count(words):
        found = re.search(rf"(?m)^ *(\d+) +{words}", said)
        return int(found[1]) if found else said
    assert count("Accepted") == 5, said
    assert count("Sent via SMTP") == 4 and count("Removed from queue") == 5, said
    assert count("Bounced") == 1 and count("Deferred") == 2 and count("Notifications sent") == 1, said
    assert "site down" in said, said


def send_in_an_outage(posternd, sender="root"):
    """Three messages, the last to four, while nobody listens. Returns their ids when the log says of each that it waits."""
    posternd.configure(smarthost(NOBODY_LISTENS, tls="none", user=None))
    posternd.start()
    for names in (["a"], ["b"], ["c", "d", "e", "f"]):
        posternd.sendmail("Subject: waits\n\nx\n", "-i", "-f", sender, *(f"{name}@example.com" for name in names))
    ids = posternd.queue_files()
    assert len(ids) == 3

    def told():
        log = posternd.read_log().lower()
        return all(re.search(rf"{one}[^\n]*deferred|deferred[^\n]*{one}", log) for one in ids)
    wait_for(told, 30, "a line about each message that waits")
    return ids


@with_format("postfix")
def test_pflogsumm_counts_what_waits_for_a_smarthost_that_is_down(posternd):
    ids = send_in_an_outage(posternd)
    wait_for(lambda: posternd.read_log().count("status=deferred") >= 6, 30, "a line about each recipient that waits")
    run = subprocess.run([PFLOGSUMM, "--problems_first", "-e", posternd.log], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0 and not run.stderr, run
    assert re.search(r"(?m)^ +3 +received$", run.stdout) and re.search(r"(?m)^ +0 +delivered$", run.stdout), run.stdout
    assert re.search(r"(?m)^ +3 +deferred +\(6 +deferrals\)$", run.stdout), "six recipients of three messages\n" + run.stdout
    assert "connect: Connection refused" in run.stdout, "it says why\n" + run.stdout
    log = posternd.read_log()
    assert len(re.findall(r"to=<[a-f]@example\.com>, relay=none, delay=[0-9.]+, dsn=4\.4\.1, status=deferred \(", log)) == 6, log
    for one in ids:
        assert log.index(f"qmgr[{posternd.process.pid}]: {one.upper()}: from=") < log.index(f"{one.upper()}: to=<"), log


def test_one_grep_tells_what_waits_and_since_when(posternd):
    ids = send_in_an_outage(posternd)
    lines = [line for line in grep(r"delivered\|failed\|deferred", posternd.log) if " id=" in line]
    assert sorted(re.search(r"id=(\w+) deferred to=", line)[1] for line in lines) == sorted(ids), lines
    assert all(" uid=0 accepted=" in line and " site=main " in line and ' reply="4.4.1 ' in line for line in lines), lines
    time.sleep(5)  # some probes, and a look
    assert len(grep(" deferred ", posternd.log)) == 3, "one line a message, however often it is tried"


@with_format("json")
def test_json_names_every_recipient_of_what_waits(posternd):
    ids = send_in_an_outage(posternd)
    facts = [json.loads(line) for line in posternd.read_log().splitlines()]
    for event in ("accepted", "deferred"):
        named = [fact["to_list"] for fact in facts if fact["event"] == event]
        assert sorted(map(len, named)) == [1, 1, 4] and sorted(sum(named, [])) == [f"{x}@example.com" for x in "abcdef"], facts
    waits = {fact["id"]: fact for fact in facts if fact["event"] == "deferred"}
    assert set(waits) == set(ids) and sorted(fact["left"] for fact in waits.values()) == [1, 1, 4]


@with_format("json")
def test_json_is_one_object_a_line(posternd):
    with mail_of_every_end(posternd):
        facts = [json.loads(line) for line in posternd.read_log().splitlines()]
    ends = {fact["to"]: fact for fact in facts if fact.get("left") == 0}
    assert set(ends) == {f"{name}@example.com" for name in (*NAMES, "admin")}, "the sender, root, had a report"
    assert ends["reject-4@example.com"]["event"] == "failed" and ends["reject-4@example.com"]["level"] == "warning"
    assert ends["defer-3@example.com"]["delay"] >= 1, "in seconds"
    assert all({"time", "level", "event"} <= set(fact) for fact in facts)


@contextlib.contextmanager
def journald(directory):
    """The real one, in this view of the machine alone. It wants to see control groups."""
    groups = "/sys/fs/cgroup"
    os.makedirs(groups, exist_ok=True)
    mounted = not os.path.ismount(groups)
    if mounted and subprocess.run(["mount", "-t", "cgroup2", "cgroup2", groups], capture_output=True).returncode:
        pytest.fail("journald needs a file system of control groups, which cannot be mounted here")
    path = "/run/systemd/journal/socket"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(f"{directory}/journald.log", "w") as log:
        process = subprocess.Popen([JOURNALD], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        # It is there a moment before every user may write to it.
        wait_for(lambda: os.path.exists(path) and os.stat(path).st_mode & 0o222 == 0o222, 20, "journald")
        yield
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree("/run/systemd/journal")  # its sockets stay
        if mounted:
            subprocess.run(["umount", groups], check=True)


def journal(*arguments):
    run = subprocess.run(["journalctl", "--no-pager", "-q", "-o", "json", *arguments], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_one_journalctl_with_fields_tells_whether_the_mail_of_cron_went_out(posternd):
    with journald(posternd.directory), open(posternd.log, "a") as log:
        status = os.fstat(log.fileno())
        posternd.process_environment = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        with mail_of_every_end(posternd):
            assert not posternd.read_log(), "all of it is in the journal"
            subprocess.run(["journalctl", "--sync"], check=True, timeout=60)
            asked = ("--since", "-10min", "POSTERN_STATUS=delivered", "POSTERN_UID=0")
            went_out = wait_for(lambda: len(found := journal(*asked)) >= 3 and found, 20, "the entries")
            assert sorted(entry["POSTERN_ORIGINAL_RECIPIENT"] for entry in went_out) == [
                f"cron-{name}@example.net" for name in ("defer-3", "ok-1", "ok-2")]
            (late,) = [entry for entry in went_out if "defer" in entry["POSTERN_RECIPIENT"]]
            assert late["SYSLOG_FACILITY"] == "2" and late["PRIORITY"] == "6" and late["POSTERN_SITE"] == "main"
            assert late["POSTERN_MESSAGE_ID"] == "<cron-defer-3.cron@web1>" and float(late["POSTERN_DELAY"]) >= 1
            (failed,) = journal("POSTERN_STATUS=failed")
            assert failed["PRIORITY"] == "4" and failed["MESSAGE_ID"] != late["MESSAGE_ID"]
            history = journal(f"POSTERN_QUEUE_ID={late['POSTERN_QUEUE_ID']}")
            assert [entry["POSTERN_STATUS"] for entry in history] == ["accepted", "deferred", "deferred", "delivered", "ended"]
            assert {entry["MESSAGE_ID"] for entry in went_out} == {late["MESSAGE_ID"]}
            for field in ("ORIGINAL_RECIPIENT=cron-ok-1@example.net", "RECIPIENT=ok-1@example.com"):
                assert len(journal("POSTERN_STATUS=accepted", f"POSTERN_{field}")) == 1, field
            assert journal(f"MESSAGE_ID={late['MESSAGE_ID']}", "--facility=mail")


def test_the_journal_has_what_waits_for_each_recipient(posternd):
    with journald(posternd.directory), open(posternd.log, "a") as log:
        status = os.fstat(log.fileno())
        posternd.process_environment = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        posternd.configure(smarthost(NOBODY_LISTENS, tls="none", user=None))
        posternd.start()
        posternd.sendmail("Subject: waits\n\nx\n", "-i", "-f", "root", *(f"{name}@example.com" for name in "abcd"))
        (waits,) = wait_for(lambda: journal("POSTERN_STATUS=deferred", "POSTERN_RECIPIENT=d@example.com"), 30, "the entry")
        assert waits["POSTERN_QUEUE_ID"] in posternd.queue_files() and waits["PRIORITY"] == "6"
        (accepted,) = journal("POSTERN_STATUS=accepted", "POSTERN_RECIPIENT=d@example.com")
        assert accepted["POSTERN_QUEUE_ID"] == waits["POSTERN_QUEUE_ID"]


def test_journalctl_takes_the_catalog(posternd):
    root = f"{posternd.directory}/catalog"
    os.makedirs(f"{root}/usr/lib/systemd/catalog")
    with open("/srv/tree/packaging/systemd/postern.catalog") as source, \
            open(f"{root}/usr/lib/systemd/catalog/postern.catalog", "w") as out:
        text = source.read()
        out.write(text)
    for option in ("--update-catalog", "--list-catalog"):
        run = subprocess.run(["journalctl", f"--root={root}", option], capture_output=True, text=True, timeout=60)
        assert run.returncode == 0 and not run.stderr, run
    assert len(run.stdout.splitlines()) == len(re.findall("(?m)^-- ", text)), run.stdout
    assert "Postern: Mail to @POSTERN_RECIPIENT@ was delivered" in run.stdout, run.stdout

"""What `postern --json` prints in many states, against config/output.schema.json; postern.Posternd.run() does the comparing
here as in every other test."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

import schema
from auth_servers import Practice
from matrix import MECHANISMS
from ports import NOBODY_LISTENS, PRACTICE_OWN
from postern import message, smarthost
from test_log import mail_of_every_end
from waiting import wait_for

SELDOM = "{ min: 1h, max: 2h, expire: 5d }"
# test_page.py has the documents of the page. The first three are of a login by a person (test_oauth2.py has one), the others of states that need hours, another server
# in the same place, other settings, a server that says nothing for long, or a directory that cannot be read.
NOT_SEEN = {"url", "complete_url", "expires", "told_later", "told_never", "uncertain", "weaker", "error", "local", "doubt",
            "warnings", "login_ends", "silent_since", "own_certificate_expires", "tls_rules"}

# Seen elsewhere in an answer, and not in this place: explain has the members of check, and connects to nobody.
NOT_SEEN_THERE = {
    *(f"explain.{name}" for name in ("certificate_expires", "certificate_issuer", "certificate_subject", "greeting", "mechanism",
                                     "pin", "tls_cipher", "trace", "tried[].end", "tried[].mechanism", "tried[].reply",
                                     "tried[].succeeded", "trouble.code")),
    "entry.recipients[].last.doubtful", "message.recipients[].last.doubtful", "message.attempts[].status.doubtful",
    "record.attempts", "record.remote_id", "record.digest", "more.reached", "status.queue.storm_until",
    "event.status.doubtful", "event.advice", "event.trouble.code", "message.route", "status.dropped.oldest", "status.root.file"}


def is_never_seen(path):
    return path.rsplit(".", 1)[1] in NOT_SEEN or path in NOT_SEEN_THERE or path.startswith(("browser.", "device.", "searching.", "waiting.", "page_"))

SEEN = []  # the lines of all tests of this file, in order


@pytest.fixture
def asked(posternd):
    """Asks `postern --json`, and keeps the lines."""
    def ask(*arguments, statuses=(0, 1, 2, 64, 65, 66, 75), **options):
        lines = posternd.json(*arguments, statuses=statuses, **options)
        SEEN.extend(lines)
        return lines
    return ask


@pytest.fixture
def scripted(work, posternd):
    """A practice smarthost of this test that misbehaves by a script: a function that starts it."""
    servers = []

    def start(*rules):
        directory = f"{work}/schema-{os.path.basename(posternd.directory)}"
        os.makedirs(directory)
        with open(f"{directory}/script", "w") as out:
            out.write("\n".join(rules) + "\n")
        servers.append(Practice(directory, PRACTICE_OWN, " ".join(MECHANISMS), "--script", f"{directory}/script"))
        servers[0].start()
        return smarthost(PRACTICE_OWN, tls="implicit", tls_ca_file=servers[0].ca)

    yield start
    for server in servers:
        server.stop()


def send(posternd, *recipients, sender="root@web1.example.net", user=None, check=True):
    posternd.sendmail(message("to@example.com", "text\n", sender=sender), "-i", "-f", sender, *recipients, user=user, check=check)


def test_without_a_smarthost_and_for_programs_alone(posternd, asked):
    posternd.configure()
    posternd.start()
    for arguments in (["status"], ["check"], ["explain"], ["explain", "--to", "root"], ["metrics"], ["reload"],
                      ["setup", "--list"]):
        assert asked(*arguments), arguments
    asked("status", user="alice")


def test_with_a_smarthost_that_is_down(posternd, asked):
    posternd.retry = SELDOM
    posternd.configure(smarthost(NOBODY_LISTENS), smarthost(NOBODY_LISTENS, name="second", rate="1 messages/day"))
    posternd.start()
    for number in range(4):
        send(posternd, f"to{number}@example.com", "root", "Web Team (sales", check=False)
    send(posternd, "to@example.com", user="alice")
    send(posternd, *(f"to{number}@example.com" for number in range(120)))
    with posternd.smtp() as client:
        client.sendmail("app@example.net", ["to@example.com"], message("to@example.com", "text\n").encode())
    posternd.wait_reason()
    entries = asked("queue", "list")
    assert [one["recipient_count"] for one in entries if "recipient_count" in one] == [120]
    assert asked("queue", "list", "--limit", "1")[-1]["kind"] == "more"
    ids = [one["id"] for one in entries]
    asked("queue", "show", ids[0], "--body")
    asked("queue", "show", ids[-1])
    asked("queue", "list", user="alice")
    for command in (["hold"], ["release"], ["reroute", "--to", "second"], ["retry"], ["hold"]):
        asked("queue", command[0], ids[0], *command[1:])
    assert [one["route"] for one in asked("queue", "list") if "route" in one] == ["second"]
    asked("queue", "hold", "--all", "--yes")
    asked("queue", "retry", "--sender", "root@", "--yes")
    asked("queue", "bounce", ids[0])
    asked("queue", "delete", "--all", "--yes")
    asked("send-test", "to@example.com", "--timeout", "2")
    asked("queue", "retry", "all")
    for arguments in (["status"], ["check"], ["explain"]):
        asked(*arguments)
    asked("status", user="alice")
    posternd.write("smarthosts: 7\n")
    assert posternd.run("reload").returncode != 0
    assert asked("status")[0]["complaints"]


def test_with_a_smarthost_that_answers_in_many_ways(posternd, asked, scripted):
    """The answers come in this order, and each message waits for hours after it was put off."""
    posternd.retry = SELDOM
    keys = scripted("at rcpt 1 do reply 451 4.2.1 mailbox is busy", "at rcpt 2 do reply 550 5.1.1 no such user",
                    *(f"at rcpt {number} do reply 550 5.7.1 we do not like this" for number in (3, 4, 5)))
    keys["from"] = "{ policy: account }"
    posternd.configure(keys)
    posternd.start()
    assert [line["kind"] for line in asked("check", "--verbose")] == ["checking", "check"]

    def answered():
        # A list leaves out what ends while it is made; its report may be too late for the same list.
        under_way = posternd.status()["queue"]["active"]
        return not under_way and all(one["state"] == "waiting" and "last" in one["recipients"][0] for one in posternd.queue())
    for number in range(3):
        send(posternd, "to@example.com")
        wait_for(answered, 20, "an answer")
    for line in asked("queue", "list"):
        asked("queue", "show", line["id"])
    posternd.extra = "storms:\n  - user: root\n    sender: cron@example.net\n"
    posternd.configure(keys)
    assert posternd.run("reload").returncode == 0
    rows = [line for sender in ("cron", "root") for line in asked("explain", "--from", f"{sender}@example.net")
            if line["kind"] == "storm"]
    assert [("row" in line, line.get("window"), line.get("after")) for line in rows] == [(True, 600, 5), (False, None, None)]
    text = f"{posternd.directory}/text"
    with open(text, "w") as out:
        out.write(message("to@example.com", "gr\u00fcn\n" + "x" * 2000 + "\n", sender="Cron <root@web1.example.net>"))
    asked("explain", text, "--to", "root")
    asked("explain", "--from", "root@web1.example.net", "--to", "root", user="alice")
    assert "delivered" in [line.get("event") for line in asked("send-test", "to@example.com")]
    asked("status")
    posternd.configure({**keys, "rate": "2 messages/minute"})
    assert posternd.run("reload").returncode == 0
    for _ in range(4):
        send(posternd, "to@example.com")
    wait_for(lambda: any("limited" in one for one in posternd.status()["smarthosts"]), 30, "the rate is used up")
    asked("status")
    asked("queue", "list")
    send(posternd, "root")
    found = asked("history", "--state", "all")
    assert {"accepted", "delivered"} <= {line["state"] for line in found}, found
    asked("history", "show", found[-1]["id"])


def test_with_a_login_that_is_refused_and_a_sender_too(posternd, asked, scripted):
    posternd.retry = SELDOM
    keys = scripted("at mail do reply 550 5.7.60 SMTP; Client does not have permissions to send as this sender")
    posternd.configure(keys)
    posternd.start()
    for _ in range(2):
        send(posternd, "to@example.com")
    wait_for(lambda: posternd.status()["smarthosts"][0].get("senders"), 20, "a sender whose mail is not taken")
    for user in (None, "alice"):
        asked("status", **({"user": user} if user else {}))
    asked("queue", "list")
    posternd.password("n0t-the-right-one")
    posternd.configure({**keys, "user": "other@example.com"})
    posternd.run("reload")
    assert asked("check")[-1]["trouble"]["login_refused"]
    asked("send-test", "to@example.com", "--timeout", "2")
    asked("status")


def test_with_files_that_are_damaged_or_were_refused(posternd, asked):
    posternd.retry = SELDOM
    posternd.configure(smarthost(NOBODY_LISTENS))
    posternd.start()
    send(posternd, "to@example.com", sender="<>")
    posternd.stop()
    (name,) = posternd.queue_files()
    with open(f"{posternd.spool}/queue/{name}", "r+b") as out:
        out.truncate(100)
    os.makedirs(f"{posternd.spool}/drop", exist_ok=True)
    shutil.chown(f"{posternd.spool}/drop", "postern")
    for number in range(2):
        path = f"{posternd.spool}/drop/garbage{number}"
        with open(path, "w") as out:
            out.write("no message\n")
        os.chmod(path, 0o604)
    posternd.start()
    wait_for(lambda: posternd.status().get("dropped", {}).get("refused"), 20, "files in refused/")
    wait_for(lambda: [one for one in posternd.queue() if one["state"] == "corrupt"], 20, "a damaged file")
    asked("status")
    (line,) = asked("queue", "list")
    asked("queue", "show", line["id"], "--body")


def test_with_routes(posternd, asked):
    posternd.retry = SELDOM
    posternd.extra = "routes: [{ recipient: '*@example.com', smarthosts: second }]\n"
    posternd.configure(smarthost(NOBODY_LISTENS), smarthost(NOBODY_LISTENS, name="second"))
    posternd.start()
    send(posternd, "to@example.com", "to@example.net")
    # Each route has an attempt of its own.
    wait_for(lambda: [one["waiting"] for one in posternd.status()["routes"]] == [1, 1], 20, "both recipients to wait")
    (entry,) = asked("queue", "list")
    assert len(entry["routes"]) == 2
    asked("queue", "show", entry["id"])
    assert [one["waiting"] for one in asked("status")[0]["routes"]] == [1, 1]
    asked("explain", "--to", "to@example.com")


def test_with_a_history_that_has_no_room_for_all(posternd, asked):
    """One user may have a quarter of it in a day, and half of that for what is not an end."""
    posternd.retry = SELDOM
    posternd.extra = "history: { size: 1M }\n"
    posternd.configure(smarthost(NOBODY_LISTENS))
    posternd.start()
    with posternd.smtp() as client:
        for number in range(120):
            recipients = [f"{'r' * 50}-{number}-{one}@example.com" for one in range(25)]
            client.sendmail("app@example.net", recipients, message("to@example.com", "text\n").encode())
    (kept,) = [line for line in asked("history", "--state", "all", "--since", "2020-01-01", "--limit", "10000") if line["kind"] == "kept"]
    (left_out,) = kept["left_out"]
    assert kept["begins"] and left_out["user"] == 0 and left_out["number"] >= 1, kept
    said = posternd.run("history", "--since", "2020-01-01", "--limit", "10000")
    assert said.returncode == 0 and b"left out" in said.stdout and b"The history begins at" in said.stdout, said


def test_each_member_of_the_schema_is_printed_somewhere():
    """After the others."""
    if len(SEEN) < 40:
        pytest.skip("the other tests of this file did not run")
    missing = schema.documented() - schema.printed(SEEN)
    assert "\n".join(sorted(path for path in missing if not is_never_seen(path))) == ""
    assert set(schema.by_kind()) - {line["kind"] for line in SEEN} <= {"device", "browser", "searching", "waiting", "page_status", "page_history"}


def test_a_member_that_is_not_documented_is_refused_wherever_it_stands():
    if not SEEN:
        pytest.skip("the other tests of this file did not run")
    for line in {line["kind"]: line for line in SEEN}.values():
        assert schema.problems(line) == []
        for changed in schema.with_a_stranger(line):
            assert schema.problems(changed), changed
            assert schema.published().is_valid(changed), "a later version may have it"
    assert schema.problems({"kind": "stranger"}) and schema.problems({})


def test_whoever_has_the_schema_of_today_takes_what_a_later_version_prints_and_nothing_that_is_wrong():
    published = schema.published()
    assert published.is_valid({"kind": "stranger", "x": 1})
    for wrong in ({}, {"kind": 1}, {"kind": "entry"}, {"kind": "metrics", "text": 1}, {"kind": "more", "after": "../x"}):
        assert not published.is_valid(wrong), wrong


def test_a_kind_of_a_later_version_is_none_of_today():
    later = schema.OPEN["$defs"]["later"]["properties"]["kind"]["not"]["enum"]
    assert sorted(later) == sorted(schema.by_kind())
    assert not any("additionalProperties" in row for row in schema.OPEN["$defs"].values()), "a later version may have more"


MANUALS = schema.PATH.parents[1] / "man"

# What a line must have is said by the row of its kind, and by those that the row is made of.
AS_THE_SCHEMA_SAYS = f"""jq -n -e --slurpfile schema {schema.PATH} '
  def needed($name): $schema[0]."$defs"[$name]
    | (.required // []) + ([.allOf[]?."$ref" | ltrimstr("#/$defs/") as $base | needed($base)] | add // []);
  [inputs | needed(.kind) - keys == []] | length > 0 and all'"""

# As somebody writes them who has the schema and postern(8) before him.
BY_JQ = {
    "status": """jq -e '.kind == "status" and .level == 1 and (.verdict | length > 0) and .queue.waiting == 1
      and .findings[0].level == 1 and all(.findings[]; .text | length > 0)
      and any(.smarthosts[]; .name == "main" and .trouble.step == "connect" and .trouble.login_refused == false)
      and (.started | .[:19] + "Z" | fromdate) <= now'""",
    "queue list": """jq -s -e 'map(select(.kind == "entry")) | length == 1 and (.[0] | .state == "waiting" and .sender == "root@example.net"
      and .source.uid == 0 and [.recipients[].address] == ["late@example.com"] and .size > 0 and .site == "main" and has("reason")
      and (.accepted | .[:19] + "Z" | fromdate) <= now)'""",
    "history": """jq -s -e 'map(select(.kind == "record"))
      | ([.[] | select(.state == "delivered") | .recipients[] | .address + " for " + .original]
         | contains(["ok-1@example.com for cron-ok-1@example.net", "defer-3@example.com for cron-defer-3@example.net"]))
        and ([.[] | select(.state == "failed" and .uid == 0) | .reply] | length == 1 and (.[0] | test("^550 5.1.1 No such user")))
        and any(.[]; .message_id == "<cron-ok-2.cron@web1>" and .site == "main" and .subject == "Cron <root@web1> backup")'""",
}


def in_a_shell(posternd, line):
    path = f"{posternd.programs}:{os.environ['PATH']}"
    return subprocess.run(["bash", "-c", line], env={**os.environ, **posternd.environment, "PATH": path}, capture_output=True,
                          text=True, timeout=60)


def examples_with_jq():
    """The lines of the manuals, as they are read there."""
    for manual in sorted(pathlib.Path(MANUALS).glob("postern*.[1-9]")):
        for line in manual.read_text(encoding="utf-8").splitlines():
            if "| jq " in line:
                yield re.sub(r"^\.Dl [#$] ", "", line).replace(r"\(dq", '"')


def test_jq_finds_what_the_schema_and_the_manuals_promise(posternd):
    with mail_of_every_end(posternd):
        pass
    posternd.sendmail(message("late@example.com", "text\n"), "-i", "-f", "root", "late@example.com")
    posternd.wait_reason()
    # Now and then the message is tried, and so does not wait.
    for command, by_jq in BY_JQ.items():
        for program in (by_jq, AS_THE_SCHEMA_SAYS):
            line = f"postern {command} --json | {program}"
            wait_for(lambda: in_a_shell(posternd, line).stdout == "true\n", 20, f"jq to find what is promised: {line}")
    examples = list(examples_with_jq())
    assert len(examples) == 5, examples
    for line in examples:
        run = in_a_shell(posternd, line)
        assert run.stderr == "", (line, run)
    for line, shown in {
            "postern status --json | jq '.queue.waiting'": ["1"],
            "postern queue list --json | jq -r 'select(.kind == \"entry\") | .state' | sort | uniq -c": ["1", "waiting"]}.items():
        assert line in examples
        wait_for(lambda: in_a_shell(posternd, line).stdout.split() == shown, 20, f"jq to show {shown}: {line}")

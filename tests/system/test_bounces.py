"""Reports to senders, through a Postfix that refuses recipients, read by Python's email package."""

import email
import email.policy
import os
import re
import shutil
import subprocess
import time

import pytest

from ports import REFUSING, REFUSING_SEVEN_BIT, REFUSING_WITHOUT_DSN
from postern import message, smarthost
from spool_maker import fill, rfc3339
from waiting import wait_for, wait_for_port


@pytest.fixture(scope="module")
def refusing(postfix):
    """More ports of the Postfix: they refuse every recipient that begins with "refused" for good and put off those that
    begin with "later"; one of them does not offer DSN, one neither offers 8BITMIME nor takes what would need it."""
    ports = (REFUSING, REFUSING_WITHOUT_DSN, REFUSING_SEVEN_BIT)
    with open(f"{postfix.config}/refused", "w") as out:
        out.write("/^refused/ 550 5.1.1 no such user here\n/^later/ 450 4.2.1 come back tomorrow\n")
    with open(f"{postfix.config}/master.cf", "a") as out:
        out.write("seven-bit unix n - n - 0 cleanup -o strict_8bitmime=yes\n")
        for port in ports:
            out.write(f"127.0.0.1:{port} inet n - n - - smtpd\n  -o smtpd_sasl_auth_enable=no\n"
                      "  -o smtpd_relay_restrictions=permit_auth_destination,reject\n"
                      "  -o smtpd_tls_security_level=none\n"
                      f"  -o {{smtpd_recipient_restrictions=check_recipient_access regexp:{postfix.config}/refused,"
                      "permit_auth_destination,reject}\n")
            if port == REFUSING_WITHOUT_DSN:
                out.write("  -o smtpd_discard_ehlo_keywords=dsn\n")
            if port == REFUSING_SEVEN_BIT:
                out.write("  -o smtpd_discard_ehlo_keywords=8bitmime -o cleanup_service_name=seven-bit\n")
    subprocess.run(["postfix", "-c", postfix.config, "reload"], check=True, capture_output=True)
    for port in ports:
        wait_for_port(port)
    return postfix


def plain(port):
    return smarthost(port, tls="none", user=None)


def report(server, local):
    """The one report in this mailbox, as (whole, text for people, fields of the message, fields of each recipient)."""
    ((headers, body),) = server.mail.wait(local)
    whole = email.message_from_bytes(headers.as_bytes() + body, policy=email.policy.default)
    assert whole["Return-Path"] == "<>", "from the null sender"
    assert whole["Auto-Submitted"] == "auto-replied"
    assert whole.get_content_type() == "multipart/report" and whole.get_param("report-type") == "delivery-status"
    assert not whole.defects, whole.defects
    text, status, original = whole.iter_parts()
    assert text.get_content_type() == "text/plain" and status.get_content_type() == "message/delivery-status"
    fields = status.get_payload()
    return whole, words_of(text), fields[0], fields[1:], original


def words_of(part):
    """Its text in one line: where lines end is of no matter."""
    return " ".join(part.get_content().split())


def messages(server, local):
    return [email.message_from_bytes(headers.as_bytes() + body, policy=email.policy.default)
            for headers, body in server.mail.wait(local)]


def failed_at(posternd, seconds):
    """Sets the clock of what is owed: the logs of the stopped daemon's files say since when."""
    when = rfc3339(int(seconds * 1_000_000)).encode()
    for name in posternd.queue_files():
        path = os.path.join(posternd.spool, "queue", name)
        with open(path, "rb") as source:
            text = source.read()
        changed, count = re.subn(rb"(?<=\nlog: )[0-9TZ:.-]{24}(?= <[^ ]*> failed-untold )", when, text)
        assert count == 1 and len(changed) == len(text), text
        with open(path, "r+b") as out:
            out.write(changed)


def send(posternd, sender, to, body, *options):
    posternd.sendmail(message(to, body, sender=sender, subject="the quarterly figures"), "-i", "-f", sender, *options, to)


def test_a_refused_recipient_comes_back_to_the_sender(refusing, posternd, inbox):
    posternd.configure(plain(REFUSING))
    posternd.start()
    send(posternd, f"{inbox}@example.com", "refused-1@example.com", "every byte of it\n", "-V", "job-17")
    _, text, top, (bob,), original = report(refusing, inbox)
    for words in ("the quarterly figures", "<refused-1@example.com>", "no such user here", "What to do: "):
        assert words in text, text
    assert top["Reporting-MTA"] == "dns; web1.example.net" and top["Original-Envelope-Id"] == "job-17"
    assert bob["Final-Recipient"] == "rfc822; refused-1@example.com" and bob["Action"] == "failed"
    assert bob["Status"] == "5.1.1" and "no such user here" in bob["Diagnostic-Code"]
    assert original.get_content_type() == "message/rfc822"
    assert "every byte of it" in str(original)
    posternd.wait_empty()


@pytest.mark.parametrize("options,size,whole", [((), 1000, True), (("-R", "hdrs"), 1000, False),
                                                (("-R", "full"), 60000, False)])
def test_the_body_comes_back_where_it_is_wanted_and_small(refusing, posternd, inbox, options, size, whole):
    posternd.configure(plain(REFUSING))
    posternd.start()
    send(posternd, f"{inbox}@example.com", "refused-1@example.com", "a line of the body\n" * (size // 19), *options)
    *_, original = report(refusing, inbox)
    assert original.get_content_type() == ("message/rfc822" if whole else "text/rfc822-headers")
    assert ("a line of the body" in str(original)) == whole
    assert "the quarterly figures" in str(original)


def test_a_bounce_goes_where_the_alias_of_the_sender_leads(refusing, posternd, inbox):
    posternd.configure(plain(REFUSING))
    with open(posternd.config) as source:
        text = source.read()
    posternd.write(text.replace("root: admin@example.com", f"root: {inbox}@example.com"))
    posternd.start()
    posternd.sendmail(message("refused-1@example.com", "x\n"), "-i", "-f", "root", "refused-1@example.com")
    report(refusing, inbox)


def test_nobody_is_told_who_does_not_want_it(refusing, posternd, inbox):
    posternd.configure(plain(REFUSING))
    posternd.start()
    to, sender = "refused-1@example.com", f"{inbox}@example.com"
    send(posternd, sender, to, "x\n", "-N", "never")
    send(posternd, "<>", to, "x\n")
    posternd.sendmail(b"Auto-Submitted: auto-generated\nSubject: s\n\nx\n", "-i", "-f", sender, to)
    # The daemon knows it a moment after the files are there.
    wait_for(lambda: [entry["state"] for entry in posternd.queue()] == ["failed"] * 3, 20, "three messages in failed/")
    assert not posternd.queue_files()
    send(posternd, sender, to, "x\n")
    report(refusing, inbox)  # the only one


def test_a_list_manager_gets_its_reports(refusing, posternd, inbox):
    posternd.configure(plain(REFUSING))
    posternd.start()
    text = b"List-Id: <l.example.com>\nPrecedence: list\nSubject: s\n\nx\n"
    posternd.sendmail(text, "-i", "-f", f"{inbox}@example.com", "refused-1@example.com")
    report(refusing, inbox)
    posternd.wait_empty()


def test_no_line_of_a_report_is_too_long_for_a_strict_server(refusing, posternd, inbox):
    """RFC 5321 4.5.3.1.6. The subject is legal, each of its lines short."""
    posternd.configure(plain(REFUSING))
    posternd.start()
    subject = b"Subject: the beginning of it\n" + b"".join(b" and so on" * 30 + b"\n" for _ in range(20))
    posternd.sendmail(subject + b"To: refused-1@example.com\n\nx\n", "-i", "-f", f"{inbox}@example.com", "refused-1@example.com")
    _, text, *_ = report(refusing, inbox)
    assert "with the subject the beginning of it and so on" in text
    assert max(map(len, refusing.mail.raw(inbox)[0].splitlines())) <= 998


@pytest.mark.parametrize("declared", [True, False])
def test_a_report_of_a_message_in_8_bits_is_taken_by_a_server_of_7_bits(refusing, posternd, inbox, declared):
    """RFC 6152. The header has raw UTF-8, too, as scripts write it."""
    posternd.configure(plain(REFUSING_SEVEN_BIT))
    posternd.start()
    to, sender = "refused-1@example.com", f"{inbox}@example.com"
    mime = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n" if declared else ""
    text = f"From: {sender}\nTo: {to}\nSubject: der Plattenplatz f\u00fcr b\u00fcro geht aus\n{mime}\nnoch \u00bd Stunde\n"
    posternd.sendmail(text.encode(), "-i", "-f", sender, to)
    _, words, _, (one,), original = report(refusing, inbox)
    (raw,) = refusing.mail.raw(inbox)
    assert raw.isascii()
    assert one["Action"] == "failed" and one["Status"] == "5.1.1"
    assert "der Plattenplatz f\u00fcr b\u00fcro geht aus" in words
    returned = original.get_payload(0)
    assert "noch \u00bd Stunde" in returned.get_payload(decode=True).decode()
    posternd.wait_empty()


def test_success_is_passed_on_or_reported_as_relayed(refusing, posternd, inbox):
    posternd.configure(plain(REFUSING_WITHOUT_DSN))
    posternd.start()
    sender, to = f"{inbox}@example.com", f"to-{inbox}@example.com"
    send(posternd, sender, to, "x\n", "-N", "success")
    refusing.mail.wait(f"to-{inbox}")
    _, text, _, (one,), original = report(refusing, inbox)
    assert one["Action"] == "relayed" and one["Status"] == "2.0.0", one
    assert "handed on to the next server" in text and original.get_content_type() == "text/rfc822-headers"


def test_success_with_dsn_is_reported_by_the_smarthost(refusing, posternd, inbox):
    posternd.configure(plain(REFUSING))
    posternd.start()
    sender, to = f"{inbox}@example.com", f"to-{inbox}@example.com"
    send(posternd, sender, to, "x\n", "-N", "success", "-V", "job-18")
    refusing.mail.wait(f"to-{inbox}")
    _, _, top, (one,), _ = report(refusing, inbox)
    assert one["Action"] == "delivered" and top["Reporting-MTA"] == "dns; smtp.example.com"
    assert top["Original-Envelope-Id"] == "job-18"


@pytest.mark.parametrize("posternd", [{"retry": "{ min: 1s, max: 1s, expire: 10s, warn_after: 1s }"}], indirect=True)
def test_q13_late_mail_is_warned_of_once_and_comes_back_with_the_last_reason(refusing, posternd, inbox):
    posternd.configure(plain(REFUSING))
    posternd.start()
    send(posternd, f"{inbox}@example.com", "later-1@example.com", "x\n")
    refusing.mail.wait(inbox, 2, seconds=40)
    posternd.wait_empty()
    actions = {}
    for headers, body in refusing.mail.wait(inbox, 2):
        whole = email.message_from_bytes(headers.as_bytes() + body, policy=email.policy.default)
        _, status, _ = whole.iter_parts()
        fields = status.get_payload()[1]
        assert re.fullmatch(r"smtp; 450 4\.2\.1 .*come back tomorrow", fields["Diagnostic-Code"]), "as it was received"
        actions[fields["Action"]] = fields
    assert set(actions) == {"delayed", "failed"} and len(refusing.mail.raw(inbox)) == 2
    assert actions["delayed"]["Will-Retry-Until"] and actions["failed"]["Status"] == "4.4.7"


def counted_at_the_last_start(posternd):
    """How many messages the log of the start tells of, waiting, under way and owed together: each file is one of them."""
    log = posternd.read_log()
    loaded = re.findall(r"info: queue loaded messages=(\d+) ", log)[-1]
    ready = re.findall(r"notice: ready .* waiting=(\d+) under_way=(\d+) owed=(\d+)", log)[-1]
    assert int(loaded) == sum(int(each) for each in ready), (loaded, ready)
    return int(loaded)


@pytest.mark.parametrize("posternd", [{"extra": "bounces: { per_sender: 3 }\n"}], indirect=True)
def test_h63_what_is_over_the_cap_waits_for_a_digest(refusing, posternd, inbox):
    posternd.configure(plain(REFUSING))
    posternd.start()
    for number in range(10):
        send(posternd, f"{inbox}@example.com", f"refused-{number}@example.com", "x\n")
    refusing.mail.wait(inbox, 3)
    wait_for(lambda: posternd.read_log().count("waits for the digest") == 7, 20, "seven that wait for the digest")
    wait_for(lambda: len(posternd.queue_files()) == 7, 20, "the reports that were sent to be gone")
    assert len(refusing.mail.raw(inbox)) == 3
    posternd.kill()
    posternd.start()
    wait_for(lambda: not any(entry["state"] == "active" for entry in posternd.queue()), 20, "quiet")
    assert len(posternd.queue_files()) == 7, "a crash does not lose what is owed"
    assert len(refusing.mail.raw(inbox)) == 3
    assert counted_at_the_last_start(posternd) == 7
    posternd.stop()
    failed_at(posternd, time.time() - 3600 + 10)
    posternd.start()
    refusing.mail.wait(inbox, 4, seconds=40)
    posternd.wait_empty()
    (digest,) = [whole for whole in messages(refusing, inbox) if whole.get_content_type() == "multipart/mixed"]
    assert not digest.defects and digest["Return-Path"] == "<>"
    assert digest["Subject"] == "Undelivered mail: reports about 7 messages"
    words, *reports = digest.iter_parts()
    told = set()
    for each in reports:
        assert each.get_content_type() == "multipart/report" and each.get_param("report-type") == "delivery-status"
        _, status = each.iter_parts()
        top, recipient = status.get_payload()
        assert top["Reporting-MTA"] == "dns; web1.example.net" and recipient["Action"] == "failed"
        told.add(recipient["Final-Recipient"].removeprefix("rfc822; "))
    for whole in messages(refusing, inbox):
        if whole.get_content_type() == "multipart/report":
            told.add(list(whole.iter_parts())[1].get_payload()[1]["Final-Recipient"].removeprefix("rfc822; "))
    assert len(reports) == 7 and told == {f"refused-{number}@example.com" for number in range(10)}
    assert words_of(words).count("no such user here") == 7


def test_h62_a_refused_bounce_is_kept_and_makes_no_mail(refusing, posternd):
    posternd.configure(plain(REFUSING))
    posternd.start()
    send(posternd, "refused-sender@example.com", "refused-1@example.com", "x\n")
    # The daemon knows it a moment after the file is there.
    wait_for(lambda: [entry["state"] for entry in posternd.queue()] == ["failed"], 20, "the bounce in failed/")
    (entry,) = posternd.queue()
    assert not posternd.queue_files() and entry["sender"] == ""
    assert posternd.read_log().count("kept in failed/") == 1


def test_trouble_is_told_by_a_program(postfix, posternd, inbox):
    told = f"{posternd.directory}/told"
    program = f"{posternd.directory}/page"
    with open(program, "w") as out:
        out.write(f'#!/bin/sh\nprintf "%s|" "$@" >>{told}\necho >>{told}\n')
    subprocess.run(["chmod", "755", program], check=True)
    posternd.extra = f"notify: {{ command: [{program}, --urgent] }}\n"
    posternd.password("not it")
    posternd.configure(smarthost(2500))
    posternd.start()
    send(posternd, f"{inbox}@example.com", f"{inbox}@example.com", "x\n")

    def lines():
        try:
            with open(told) as source:
                return source.read().splitlines()
        except FileNotFoundError:
            return []
    wait_for(lines, 20, "the alarm")
    (line,) = lines()
    assert line.startswith("--urgent|trouble|main refuses the login: ") and "What to do: " in line, line


def test_p42_a_machine_that_was_off_for_eight_days_bounces_nothing_at_the_first_450(refusing, posternd):
    posternd.configure(plain(REFUSING))
    posternd.start()
    assert posternd.stop() == 0
    off = 8 * 86400
    (waiting,) = fill(f"{posternd.spool}/queue", 1, lambda _: time.time() - off, "later@example.com", age=off + 600)
    shutil.chown(f"{posternd.spool}/queue/{waiting}", "postern")
    heartbeat = f"{posternd.spool}/gaps"
    assert abs(os.stat(heartbeat).st_mtime - time.time()) < 30
    os.utime(heartbeat, (time.time() - off, time.time() - off))
    posternd.start()
    wait_for(lambda: " deferred " in posternd.read_log(), 20, "a first attempt")
    assert posternd.queue_files() == [waiting]
    assert " bounced " not in posternd.read_log()

    def noted():
        with open(heartbeat) as source:
            return len(source.read().splitlines()) == 2
    wait_for(noted, 20, "the pause to be noted")  # in the background

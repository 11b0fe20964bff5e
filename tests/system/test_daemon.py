"""The daemon's life: start, reload, stop, a second one, the order of system calls before a 250."""

import os
import re
import shutil
import signal
import socket
import subprocess

import pytest

from ports import NOBODY_LISTENS
from postern import RELEASE, message, smarthost
from waiting import wait_for



def test_a_restart_keeps_the_queue(postfix, posternd, inbox):
    posternd.configure(smarthost(NOBODY_LISTENS))
    posternd.start()
    for n in range(20):
        posternd.sendmail(message(f"{inbox}@example.com", f"{n}\n"), "-i", f"{inbox}@example.com")
    ids = {entry["id"] for entry in posternd.queue()}
    assert len(ids) == 20
    assert posternd.stop() == 0
    posternd.start()
    assert {entry["id"] for entry in posternd.queue()} == ids
    assert posternd.stop() == 0
    posternd.configure(smarthost(2500))
    posternd.start()
    found = postfix.mail.wait(inbox, 20)
    assert sorted(int(body) for _, body in found) == list(range(20))
    posternd.wait_empty()
    assert len(postfix.mail.raw(inbox)) == 20


def test_a_spool_in_memory_is_warned_of_and_works(posternd, inbox):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=711", "tmpfs", posternd.spool], check=True)
    try:
        shutil.chown(posternd.spool, "postern")
        posternd.configure(smarthost(NOBODY_LISTENS))
        posternd.start()
        assert re.search("warning: the spool does not last .*file_system=tmpfs", posternd.read_log()), posternd.read_log()
        posternd.sendmail(message(f"{inbox}@example.com", "x\n"), "-i", f"{inbox}@example.com")
        assert len(posternd.queue_files()) == 1
        assert posternd.stop() == 0
    finally:
        subprocess.run(["umount", "-l", posternd.spool], check=True)


def test_f11_a_broken_file_keeps_the_settings(postfix, posternd, inbox):
    posternd.configure(smarthost(2500))
    posternd.start()
    posternd.write("smarthost:\n  - host: x\nlimits: { recipients: many }\n")
    posternd.reload()
    wait_for(lambda: "the old settings stay in force" in posternd.read_log(), 20, "the word about the old settings")
    log = posternd.read_log()
    assert f"{posternd.config}:1:1" in log and "smarthosts" in log and f"{posternd.config}:3:" in log, log
    posternd.sendmail(message(f"{inbox}@example.com", "x\n"), "-i", f"{inbox}@example.com")
    postfix.mail.wait(inbox)


@pytest.mark.parametrize("spoil", ["frobnicate: true\n", "notify: { command: [\n", "- a list\n"])
def test_f01_a_file_that_is_wrong_at_the_start_holds_mail_until_it_is_mended(postfix, posternd, inbox, spoil):
    posternd.configure(smarthost(2500))
    good = open(posternd.config).read()
    posternd.write(good + spoil)
    posternd.start()
    posternd.sendmail(message(f"{inbox}@example.com", "x\n"), "-i", f"{inbox}@example.com")
    assert len(posternd.queue_files()) == 1  # in the spool that the file names
    run = posternd.run("status")
    said = run.stdout.decode().splitlines()[0]
    assert run.returncode == 1 and "the settings file is wrong, and mail is held" in said and f"{posternd.config}:" in said, run
    assert "error: the settings file is wrong" in posternd.read_log() and "what=" in posternd.read_log()
    assert posternd.run("--check", "--config", posternd.config, program="posternd").returncode == 78
    # Nobody is sent to set up what is there, whatever is asked.
    for words in (["status"], ["check"], ["explain"], ["queue", "list"], ["send-test", "root"]):
        told = posternd.run(*words)
        told = (told.stdout + told.stderr).decode()
        assert "the settings file is wrong" in " ".join(told.split()) and "setup" not in told and "no smarthost" not in told, told
    posternd.write(good)
    posternd.reload()
    postfix.mail.wait(inbox)
    assert "settings file" not in posternd.run("status").stdout.decode().splitlines()[0]


def test_f10_check_lists_every_error_with_its_place(posternd):
    posternd.write("hostnam: x\nlimits: { message_size: lots }\nsmarthosts:\n  - host: a\n    tls: maybe\n")
    run = posternd.run("--check", "--config", posternd.config, program="posternd")
    assert run.returncode == 78, run
    text = (run.stdout + run.stderr).decode()
    for place in (":1:1:", ":2:", ":5:"):
        assert posternd.config + place in text, text
    assert "hostname" in text
    posternd.configure(smarthost(2500))
    assert posternd.run("--check", "--config", posternd.config, program="posternd", user="postern").returncode == 0


def test_f08_a_password_others_can_read_is_an_error(posternd):
    posternd.configure(smarthost(2500))
    os.chmod(f"{posternd.directory}/password", 0o644)
    run = posternd.run("--check", "--config", posternd.config, program="posternd", user="postern")
    assert run.returncode == 78 and b"password" in run.stdout + run.stderr, run


def test_f10_root_checks_as_the_user_of_the_service_and_is_told_what_mends_it(posternd):
    posternd.configure(smarthost(2500))
    password = f"{posternd.directory}/password"
    shutil.chown(password, "root", "root")
    root, service = {"user": "root"}, {"user": "postern", "group": "postern", "extra_groups": []}

    def check(who, *arguments):
        run = posternd.run("--check", "--config", posternd.config, *arguments, program="posternd", **who)
        return run.returncode, run.stderr.decode()

    # What the daemon would say at its start is the same, but for whose right is missing.
    for who in (root, service):
        status, told = check(who)
        assert status == 78 and f"run: chgrp postern {password}; chmod 640 {password}\n" in told, told
    assert check(root, "--user", "root")[0] == 0
    subprocess.run(re.search(r"run: (.*)", told)[1], shell=True, check=True)
    assert check(service) == (0, "")
    # As root it speaks of the service, whose unit does not know of a spool elsewhere: of nothing else.
    status, told = check(root)
    assert status == 0 and "ReadWritePaths=" in told and len(told.splitlines()) == 1, told
    os.chmod(posternd.config, 0o666)
    for who in (root, service):
        status, told = check(who)
        assert status == 78 and f"run: chmod o-w {posternd.config}\n" in told, told


def test_p22_a_second_daemon_refuses(posternd):
    posternd.configure(smarthost(2500))
    posternd.start()
    run = posternd.run("--config", posternd.config, program="posternd", user="postern", timeout=30)
    assert run.returncode != 0
    assert str(posternd.process.pid) in (run.stdout + run.stderr).decode(), run
    posternd.smtp().quit()


def test_q08_the_commands_say_when_the_daemon_is_not_there(posternd):
    posternd.configure(smarthost(2500))
    run = posternd.run("status")
    assert run.returncode == 69 and run.stderr, run
    run = posternd.sendmail(message("x@example.com", "x\n"), "-i", "x@example.com", check=False)
    assert run.returncode == 75, run


def test_s54_p08_sigterm_lets_data_end(postfix, posternd, inbox):
    posternd.configure(smarthost(2500))
    posternd.start()
    client = posternd.smtp()
    client.ehlo()
    client.mail("a@example.net")
    client.rcpt(f"{inbox}@example.com")
    client.putcmd("data")
    assert client.getreply()[0] == 354
    client.send(b"Subject: late\r\n\r\n")
    posternd.process.send_signal(signal.SIGTERM)
    wait_for(lambda: "stopping" in posternd.read_log(), 10, "the word that it stops")
    client.send(b"body\r\n.\r\n")
    assert client.getreply()[0] == 250
    assert posternd.stop() == 0
    posternd.start()
    postfix.mail.wait(inbox)


def test_delete_and_retry(posternd, inbox):
    posternd.configure(smarthost(NOBODY_LISTENS))
    posternd.start()
    posternd.sendmail(message(f"{inbox}@example.com", "x\n"), "-i", f"{inbox}@example.com")
    (entry,) = wait_for(posternd.queue, 10, "the message")
    posternd.wait_reason()
    assert posternd.run("queue", "retry", entry["id"]).returncode == 0
    run = wait_for(lambda: (lambda r: r.returncode == 0 and r)(posternd.run("queue", "delete", entry["id"])), 10, "delete")
    assert run and posternd.queue() == [] and posternd.queue_files() == []


@pytest.mark.parametrize("posternd", [{"programs": RELEASE}], indirect=True)
def test_the_250_comes_after_the_syncs(posternd, inbox, work):
    # The release build: LeakSanitizer cannot work under strace.
    posternd.configure(smarthost(NOBODY_LISTENS))
    posternd.start()
    trace = f"{work}/strace.out"
    told = f"{posternd.directory}/strace.told"
    with open(told, "w") as out:
        tracer = subprocess.Popen(["strace", "-f", "-y", "-s", "64", "-o", trace, "-p", str(posternd.process.pid), "-e",
                                   "trace=openat,renameat2,rename,linkat,fdatasync,fsync,sendto,sendmsg,write,writev"],
                                  stderr=out)
    # It says so when it has all threads; the first one alone does not sync.
    wait_for(lambda: " attached" in open(told).read(), 10, "strace")
    with posternd.smtp() as client:
        client.sendmail("a@example.net", [f"{inbox}@example.com"], message("x@example.com", "x\n"))
    tracer.terminate()
    tracer.wait(60)
    lines = open(trace, errors="replace").read().splitlines()

    def first(pattern, after=0):
        found = [n for n, line in enumerate(lines) if n >= after and re.search(pattern, line)]
        assert found, f"no {pattern} in\n" + "\n".join(lines)
        return found[0]

    # A call that another thread interrupted is done where it is resumed.
    def done(call, path):
        start = first(rf"{call}\(\d+<[^>]*{path}")
        if "unfinished" not in lines[start]:
            return start
        return first(rf"^{lines[start].split()[0]} .*{call} resumed", start)

    start_of_data = first(r'"354 ')
    file_synced = done("fdatasync", "/spool/[^>]*")
    directory_synced = done("fsync", "/spool/queue")
    answered = first(r'"250 [^"]*', start_of_data)
    assert start_of_data < file_synced < answered and directory_synced < answered, "\n".join(lines)


def test_an_address_that_is_taken_keeps_no_other_door_shut_and_is_had_when_it_is_free(postfix, posternd):
    with socket.create_server(("127.0.0.1", posternd.port)):
        posternd.configure(smarthost(2500))
        posternd.start(wait=False)
        wait_for(lambda: "notice: ready " in posternd.read_log(), 20, "posternd to be ready")
        posternd.sendmail(message("a@example.com", "x\n"), "-i", "a@example.com")
        run = posternd.run("status")
        words = f"nobody can connect to 127.0.0.1:{posternd.port}: Address already in use"
        assert run.returncode == 1 and words in run.stdout.decode().splitlines()[0], run
        assert any(words in text for text in posternd.status()["complaints"])
        assert "all is well" not in run.stdout.decode()
    posternd.wait_ready(60)
    assert "complaints" not in posternd.status()
    assert posternd.read_log().count("cannot listen; it is tried again") == 1


def test_status_tells_of_a_settings_file_that_is_wrong_until_it_is_mended(posternd):
    posternd.configure()
    posternd.start()
    good = open(posternd.config).read()
    posternd.write(good + "nonsense: true\n")
    posternd.reload()
    wait_for(lambda: "the old settings stay in force" in posternd.read_log(), 20, "the reload")
    run = posternd.run("status")
    assert run.returncode == 1 and "the settings file is wrong" in run.stdout.decode().splitlines()[0], run
    assert f"{posternd.config}:" in run.stdout.decode().splitlines()[0] and "nonsense" in run.stdout.decode().splitlines()[0]
    posternd.write(good)
    posternd.reload()
    wait_for(lambda: "settings reloaded" in posternd.read_log(), 20, "the reload")
    assert "settings file" not in posternd.run("status").stdout.decode().splitlines()[0]


@pytest.mark.parametrize("start", ["good", "wrong"])
def test_f12_reload_takes_what_it_can_and_tells_warnings_and_what_needs_a_restart(posternd, start):
    posternd.configure()
    good = open(posternd.config).read()
    if start == "wrong":
        posternd.write(good + "nonsense: true\n")
    posternd.start()
    elsewhere = good.replace(f"{posternd.directory}/spool", f"{posternd.directory}/elsewhere")
    elsewhere = elsewhere.replace("control.sock", "other.sock")
    assert elsewhere != good
    one = "smarthosts: [{host: 127.0.0.1, port: 1, tls: none, allow_cleartext_auth: true}]"
    posternd.write(elsewhere.replace("smarthosts: []", one))
    run = posternd.run("reload")
    told = " ".join(run.stdout.decode().split())
    assert run.returncode == 0 and "(warning)" in told, run
    assert f"{posternd.directory}/elsewhere after a restart" in told and "other.sock after a restart" in told, run
    assert "are in force, but for what needs a restart" in told, run
    status = posternd.run("status").stdout.decode()
    assert "after a restart" in status and "127.0.0.1" in status and "settings file" not in status, status
    posternd.write(good)
    run = posternd.run("reload")
    assert run.returncode == 0 and "restart" not in run.stdout.decode(), run
    assert "after a restart" not in posternd.run("status").stdout.decode()


def test_a_reload_that_comes_before_the_daemon_is_ready_waits_until_it_is(posternd):
    posternd.configure()
    posternd.start(wait=False)
    # As soon as it handles signals at all: before that a SIGHUP would end it.
    wait_for(lambda: catches(posternd.process.pid, signal.SIGHUP), 20, "the handler")
    for _ in range(3):
        posternd.reload()
    wait_for(lambda: "settings reloaded" in posternd.read_log(), 20, "the reload")
    posternd.wait_ready()
    lines = [line for line in posternd.read_log().splitlines() if "notice: ready " in line or "settings reloaded" in line]
    assert "ready " in lines[0] and 2 <= len(lines) <= 4, lines


def catches(pid, number):
    with open(f"/proc/{pid}/status") as status:
        caught = next(int(line.split()[1], 16) for line in status if line.startswith("SigCgt:"))
    return caught >> (number - 1) & 1

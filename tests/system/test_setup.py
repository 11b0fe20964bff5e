"""`postern setup` against the practice smarthost: by options and at a terminal, again, with a wrong password, and back."""

import grp
import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import termios
import time

import pytest

from postern import BUILT
from servers import PASSWORD, USER

NOTE = "# what the administrator wrote\n"


@pytest.fixture
def fresh(posternd):
    """A daemon that runs without a smarthost, and no password anywhere."""
    os.remove(f"{posternd.directory}/password")
    posternd.configure()
    with open(posternd.config, "a") as settings:
        settings.write(NOTE)
    posternd.start()
    os.chown(posternd.directory, 0, 0)  # as /etc/postern is: what the service's user can write is not obeyed at an undo
    return posternd


@pytest.fixture
def secret(tmp_path):
    """The password where only the administrator has it."""
    path = str(tmp_path / "given")
    with open(path, "w") as out:
        out.write(PASSWORD + "\n")
    os.chmod(path, 0o600)
    return path


def read(path):
    with open(path, "rb") as source:
        return source.read()


def set_up(daemon, practice, *arguments, **options):
    return daemon.run("setup", USER, "--config", daemon.config, "--smarthost", f"{practice.host}:{practice.port}",
                      "--tls", "implicit", "--tls-ca-file", practice.ca, *arguments, **options)


def said(run):
    return (run.stdout + run.stderr).decode()


def arrived(practice, inbox):
    new = f"{practice.directory}/Maildir/new"
    return any(inbox.encode() in read(f"{new}/{name}") for name in os.listdir(new))


def test_the_providers_are_listed_for_people_and_for_programs(posternd):
    run = posternd.run("setup", "--list")
    assert run.returncode == 0
    rows = [line.split() for line in run.stdout.decode().splitlines()]
    run = posternd.run("--json", "setup", "--list")
    assert run.returncode == 0
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert [line["name"] for line in lines] == [row[0] for row in rows] and len(rows) > 20
    assert {line["kind"] for line in lines} == {"provider"} and all(line["title"] for line in lines)
    assert next(line for line in lines if line["name"] == "gmail")["domains"] == ["gmail.com", "googlemail.com"]


def test_by_options_mail_flows_and_a_second_run_changes_nothing(fresh, practice, secret, inbox):
    before = read(fresh.config).decode()
    run = set_up(fresh, practice, "--password-file", secret, "--root", f"{inbox}@example.com")
    assert run.returncode == 0, said(run)
    assert arrived(practice, inbox)
    after = read(fresh.config).decode()
    gone = [line for line in before.splitlines() if line not in after.splitlines()]
    assert gone == ["aliases: { root: admin@example.com }", "smarthosts: []"], after
    assert NOTE in after and PASSWORD not in after
    password = os.stat(f"{fresh.directory}/password")
    assert stat.S_IMODE(password.st_mode) == 0o640 and password.st_uid == 0
    assert password.st_gid == grp.getgrnam("postern").gr_gid
    assert read(f"{fresh.directory}/password").decode() == PASSWORD + "\n"

    run = set_up(fresh, practice, "--password-file", secret, "--root", f"{inbox}@example.com")
    assert run.returncode == 0 and "stays as it is" in said(run), said(run)
    assert read(fresh.config).decode() == after


def test_the_password_may_come_by_standard_input(fresh, practice):
    run = set_up(fresh, practice, "--password-stdin", "--no-test", input=PASSWORD.encode() + b"\n")
    assert run.returncode == 0, said(run)
    assert fresh.check()["smtp.example.com"].get("trouble") is None
    # Root's mail went somewhere already, and nobody said otherwise.
    assert b"root: admin@example.com" in read(fresh.config)


def test_a_wrong_password_changes_nothing(fresh, practice, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.write_text("not-the-password-1\n")
    before = read(fresh.config), sorted(os.listdir(fresh.directory))
    run = set_up(fresh, practice, "--password-file", str(wrong))
    assert run.returncode == 77, said(run)
    assert "535" in said(run) and "not-the-password-1" not in said(run)
    assert (read(fresh.config), sorted(os.listdir(fresh.directory))) == before


def test_undo_puts_settings_and_password_back(fresh, practice, secret):
    before = read(fresh.config)
    kept = os.stat(fresh.config)
    assert set_up(fresh, practice, "--password-file", secret, "--no-test").returncode == 0
    assert fresh.status()["smarthosts"]
    run = fresh.run("setup", "--undo", "--config", fresh.config)
    assert run.returncode == 0, said(run)
    assert read(fresh.config) == before and os.stat(fresh.config).st_ino == kept.st_ino
    assert not os.path.exists(f"{fresh.directory}/password")
    assert not fresh.status()["smarthosts"]
    run = fresh.run("setup", "--undo", "--config", fresh.config)
    assert run.returncode != 0 and "nothing to undo" in said(run)


def test_undo_takes_nothing_from_who_changed_the_file_since(fresh, practice, secret):
    assert set_up(fresh, practice, "--password-file", secret, "--no-test").returncode == 0
    time.sleep(0.01)
    with open(fresh.config, "a") as settings:
        settings.write("# and more\n")
    changed = read(fresh.config)
    run = fresh.run("setup", "--undo", "--config", fresh.config)
    assert run.returncode != 0 and "changed since" in said(run), said(run)
    assert read(fresh.config) == changed and os.path.exists(f"{fresh.directory}/password")


def test_where_no_line_can_be_changed_safely_the_new_file_stands_beside(fresh, practice, secret):
    text = "smarthosts: [{ host: other.example.com }]\n"
    with open(fresh.config, "w") as settings:
        settings.write(text)
    run = set_up(fresh, practice, "--password-file", secret)
    assert run.returncode == 78 and "+     user: " in said(run), said(run)
    assert read(fresh.config).decode() == text
    assert USER.encode() in read(fresh.config + ".new")


def test_a_whole_file_where_there_is_none_and_no_daemon(posternd, practice, secret, tmp_path):
    config = tmp_path / "postern.yaml"
    arguments = ["setup", USER, "--config", str(config), "--smarthost", f"{practice.host}:{practice.port}",
                 "--tls-ca-file", practice.ca, "--password-file", secret, "--no-test"]
    run = posternd.run(*arguments)  # the kind of TLS is found out
    assert run.returncode == 0, said(run)
    assert f"posternd does not run: posternd --config {config}" in said(run)
    check = posternd.run("--check", "--user", "root", "--config", str(config), program="posternd")
    assert check.returncode == 0, said(check)
    assert f"root: {USER}".encode() in config.read_bytes()


@pytest.mark.parametrize("kind", ["fifo", "device", "directory"])
def test_what_is_no_file_is_told_and_not_waited_for(fresh, practice, secret, tmp_path, kind):
    path = {"fifo": str(tmp_path / "fifo"), "device": "/dev/zero", "directory": str(tmp_path)}[kind]
    if kind == "fifo":
        os.mkfifo(path)
    before = read(fresh.config), sorted(os.listdir(fresh.directory))
    for option in ("--config", "--password-file", "--tls-ca-file"):
        arguments = {"--config": fresh.config, "--password-file": secret, "--tls-ca-file": practice.ca, option: path}
        words = [word for pair in arguments.items() for word in pair]
        run = fresh.run("setup", USER, "--smarthost", f"{practice.host}:{practice.port}", "--no-test", *words, stdin=subprocess.DEVNULL)
        assert run.returncode in (64, 77) and path in said(run), (option, run)
    with open("/etc/msmtprc", "w") as out:
        out.write(f"account default\nhost {practice.host}\nport {practice.port}\ntls on\ntls_starttls off\nauth off\n"
                  f"tls_trust_file {path}\nfrom {USER}\n")
    try:
        run = fresh.run("setup", "--config", fresh.config, "--import", "msmtp", "--no-test", stdin=subprocess.DEVNULL)
    finally:
        os.remove("/etc/msmtprc")
    words = "a directory of authorities cannot be named" if kind == "directory" else f"there is no file {path}"
    assert run.returncode != 0 and words in said(run), run
    assert (read(fresh.config), sorted(os.listdir(fresh.directory))) == before


def test_a_command_of_another_program_is_asked_as_root_and_its_password_kept_for_the_service(fresh, practice, secret):
    """What reads a file of root's would work here and never for the service."""
    with open("/etc/msmtprc", "w") as out:
        out.write(f"account default\nhost {practice.host}\nport {practice.port}\ntls on\ntls_starttls off\nauth on\nuser {USER}\n"
                  f"tls_trust_file {practice.ca}\nfrom {USER}\npasswordeval cat {secret}\n")
    os.chmod("/etc/msmtprc", 0o600)
    try:
        run = fresh.run("setup", "--config", fresh.config, "--import", "msmtp", "--no-test", stdin=subprocess.DEVNULL)
    finally:
        os.remove("/etc/msmtprc")
    assert run.returncode == 0, said(run)
    assert b"password_command" not in read(fresh.config) and PASSWORD not in said(run)
    assert read(f"{fresh.directory}/password").decode() == PASSWORD + "\n"


def test_what_a_command_says_that_gives_no_password_is_told_at_once(fresh, practice):
    with open("/etc/msmtprc", "w") as out:
        out.write(f"account default\nhost {practice.host}\nport {practice.port}\ntls on\ntls_starttls off\nauth on\nuser {USER}\n"
                  f"tls_trust_file {practice.ca}\nfrom {USER}\npasswordeval cat /nowhere/secret\n")
    os.chmod("/etc/msmtprc", 0o600)
    try:
        run = fresh.run("setup", "--config", fresh.config, "--import", "msmtp", "--no-test", stdin=subprocess.DEVNULL)
    finally:
        os.remove("/etc/msmtprc")
    assert run.returncode != 0, said(run)
    assert "cat: /nowhere/secret: No such file or directory" in said(run), said(run)
    assert "what it said is above" in said(run) and "in the log" not in said(run), said(run)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_with_closed_descriptors_no_word_goes_into_a_file(fresh, practice, secret, closed):
    command = (f"exec {BUILT}/postern setup {USER} --config {fresh.config} --smarthost {practice.host}:{practice.port} "
               f"--tls-ca-file {practice.ca} --password-file {secret} --no-test {closed}")
    run = subprocess.run(["sh", "-c", command], capture_output=True, timeout=60, env={**os.environ, **fresh.environment})
    assert run.returncode == 0, run
    assert read(f"{fresh.directory}/password").decode() == PASSWORD + "\n"
    assert fresh.run("--check", "--user", "root", "--config", fresh.config, program="posternd").returncode == 0


def test_a_daemon_that_has_other_settings_is_not_tried(fresh, practice, secret, tmp_path):
    config = tmp_path / "postern.yaml"
    run = fresh.run("setup", USER, "--config", str(config), "--smarthost", f"{practice.host}:{practice.port}", "--tls-ca-file",
                    practice.ca, "--password-file", secret)
    assert run.returncode == 69, said(run)
    assert f"has its settings in {fresh.config}" in said(run) and f"posternd --config {config}" in said(run)
    assert config.exists() and "A test to root" not in said(run)


def test_who_may_not_write_the_settings_is_told_before_any_question(fresh, practice):
    run = set_up(fresh, practice, "--password-stdin", user="nobody", input=b"x\n")
    assert run.returncode == 77 and "run it as root" in said(run), said(run)


@pytest.mark.parametrize("arguments, words", [
    ([], "say the mail address"),
    (["root"], "has no domain"),
    ([USER], "--password-file FILE or --password-stdin"),
    ([USER, "--provider", "nobody"], "no provider is called nobody"),
    ([USER, "--smarthost", "a:b:c:d"], "is no server"),
    (["a@no-such-domain.invalid"], "--smarthost HOST[:PORT]"),
])
def test_what_is_missing_without_a_terminal_is_told(fresh, practice, arguments, words):
    more = ["--smarthost", f"{practice.host}:{practice.port}", "--tls-ca-file", practice.ca] if arguments == [USER] else []
    before = read(fresh.config)
    run = fresh.run("setup", "--config", fresh.config, *arguments, *more, stdin=subprocess.DEVNULL)
    assert run.returncode in (64, 69) and words in said(run), said(run)
    assert read(fresh.config) == before


def test_another_programs_account_is_taken_over(fresh, practice, inbox):
    text = (f"defaults\nauth on\ntls on\ntls_starttls off\ntls_trust_file {practice.ca}\naccount default\nhost {practice.host}\n"
            f"port {practice.port}\nfrom {USER}\nuser {USER}\npassword \"{PASSWORD}\"\n")
    with open("/etc/msmtprc", "w") as out:
        out.write(text)
    os.chmod("/etc/msmtprc", 0o600)
    try:
        run = fresh.run("setup", "--config", fresh.config, stdin=subprocess.DEVNULL)
        assert run.returncode == 64 and "--import msmtp" in said(run), said(run)
        run = fresh.run("setup", "--config", fresh.config, "--import", "msmtp", "--root", f"{inbox}@example.com")
    finally:
        os.remove("/etc/msmtprc")
    assert run.returncode == 0, said(run)
    assert arrived(practice, inbox) and PASSWORD not in said(run)
    assert read(f"{fresh.directory}/password").decode() == PASSWORD + "\n"


def test_reload_tells_what_is_wrong_and_keeps_what_was_in_force(fresh):
    run = fresh.run("reload")
    assert run.returncode == 0 and "in force" in said(run), said(run)
    with open(fresh.config, "a") as settings:
        settings.write("frobnicate: true\n")
    run = fresh.run("reload")
    assert run.returncode == 64 and "unknown key 'frobnicate'" in said(run), said(run)
    run = fresh.run("reload", user="nobody")
    assert run.returncode == 77, said(run)


class Person:
    """Somebody at a terminal."""

    def __init__(self, daemon, *arguments):
        self.master, slave = pty.openpty()
        self.terminal = os.ttyname(slave)
        self.process = subprocess.Popen([f"{BUILT}/postern", "setup", "--config", daemon.config, *arguments],
                                        stdin=slave, stdout=slave, stderr=slave, env={**os.environ, **daemon.environment},
                                        preexec_fn=self._in_the_foreground)
        os.close(slave)
        self.seen = ""
        self.read = 0

    @staticmethod
    def _in_the_foreground():
        """What the tests themselves ignore, since they run in the background, a program at a terminal does not."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)

    def expect(self, words, seconds=30):
        end = time.monotonic() + seconds
        while words not in self.seen[self.read:]:
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            try:
                more = os.read(self.master, 4096) if ready else b""
            except OSError:
                more = b""
            assert more, f"no {words!r} in: {self.seen}"
            self.seen += more.decode()
        self.read = self.seen.index(words, self.read) + len(words)

    def answer(self, words, text):
        self.expect(words)
        os.write(self.master, text.encode() + b"\n")

    def end(self):
        try:
            while more := os.read(self.master, 4096):
                self.seen += more.decode()
        except OSError:
            pass
        os.close(self.master)
        return self.process.wait(30)


def test_at_a_terminal(fresh, practice, inbox, watch):
    person = Person(fresh, "--smarthost", f"{practice.host}:{practice.port}", "--tls-ca-file", practice.ca)
    person.answer("Mail address of the account", "nonsense")
    person.answer("has no domain", USER)
    person.answer("Password (is not shown)", "a-wrong-password-1")
    person.expect("535")
    person.answer("Password (is not shown)", PASSWORD)
    person.expect("The login is good")
    person.answer("[admin@example.com]", f"{inbox}@example.com")
    person.answer("Program with its arguments", "relative/program")
    person.answer("whole path", "/bin/true --page")
    person.expect("+   - host: smtp.example.com")
    person.answer("Write it?", "")
    assert person.end() == 0, person.seen
    watch.show("postern setup", person.seen.encode())
    assert arrived(practice, inbox)
    assert PASSWORD not in person.seen and "a-wrong-password-1" not in person.seen
    assert re.search(rb"notify:\n  command: \[/bin/true, \"--page\"\]\n", read(fresh.config))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_at_the_password_leaves_a_terminal_that_shows(fresh, practice, number):
    before = read(fresh.config), sorted(os.listdir(fresh.directory))
    person = Person(fresh, USER, "--smarthost", f"{practice.host}:{practice.port}", "--tls-ca-file", practice.ca)
    slave = os.open(person.terminal, os.O_RDWR | os.O_NOCTTY)
    person.expect("Password (is not shown)")
    assert not termios.tcgetattr(slave)[3] & termios.ECHO
    person.process.send_signal(number)
    assert person.process.wait(30) == -number
    modes = termios.tcgetattr(slave)[3]
    assert modes & termios.ECHO and modes & termios.ISIG
    os.close(slave)
    os.close(person.master)
    assert (read(fresh.config), sorted(os.listdir(fresh.directory))) == before


@pytest.mark.parametrize("leave", ["", "\x03"])
def test_a_person_may_leave_at_the_password_and_the_terminal_shows_again(fresh, practice, leave):
    before = read(fresh.config), sorted(os.listdir(fresh.directory))
    person = Person(fresh, USER, "--smarthost", f"{practice.host}:{practice.port}", "--tls-ca-file", practice.ca)
    if leave:
        person.answer("Password (is not shown)", leave)
    else:
        person.expect("Password (is not shown)")
        os.write(person.master, b"\x04")
    person.expect("nothing was changed")
    assert person.end() == 75
    assert (read(fresh.config), sorted(os.listdir(fresh.directory))) == before

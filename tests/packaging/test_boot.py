"""The package on a machine that is booted, with systemd: mail from the boot to the shutdown, while the service is restarted, upgraded,
killed, frozen, wrongly configured and removed. One machine for all, so the order of the tests counts."""

import collections
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

from conftest import BUILD, HERE, OLDER, PEERS_DIR, REFUSED, WORK, Machine, run

ROUNDS = int(os.environ.get("POSTERN_RESTARTS", "8"))
SETTINGS = """\
hostname: box.example.net
smarthosts:
  - { host: localhost, port: 2465, tls_ca_file: /srv/bound/smarthost/%s, user: alerts@example.com, password_credential: smtp }
aliases: { root: admin@example.com }
"""
SEND = '#!/bin/sh\necho "Subject: $*" | /usr/sbin/sendmail -i root\n'
SANDBOX = ("DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateNetwork=yes", "ProtectHome=yes")


def sends(subject, *lines, unit=""):
    """A unit that hands a message in."""
    return (f"[Unit]\n{unit}\n[Service]\nType=oneshot\nRemainAfterExit=yes\n" + "\n".join(lines) +
            f"\nExecStart=/srv/bound/send {subject}\n")


UNITS = {
    # Before anything of Postern is there, but for the drop directory.
    "at-first.service": sends("at first", unit="DefaultDependencies=no\nAfter=systemd-tmpfiles-setup.service local-fs.target\n"
                                               "Before=sysinit.target postern.socket"),
    "early.service": sends("early", "User=games", "NoNewPrivileges=yes",
                           unit="DefaultDependencies=no\nAfter=sockets.target\nBefore=basic.target"),
    "ordinary.service": sends("ordinary", "User=games", "NoNewPrivileges=yes"),
    "failing.service": "[Unit]\nOnFailure=on-failure.service\n[Service]\nType=oneshot\nExecStart=/bin/false\n",
    "on-failure.service": sends("on failure", "DynamicUser=yes"),
    "at-shutdown.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nUser=games\nNoNewPrivileges=yes\nExecStart=/bin/true\n"
                           "ExecStop=/bin/sh -c '/srv/bound/send at shutdown; echo $$? >/srv/bound/io/at-shutdown'\n",
    "smarthost.service": "[Unit]\nDefaultDependencies=no\nBefore=postern.service\n[Service]\n"
                         "ExecStart=/srv/bound/practice-smarthost --dir /srv/bound/smarthost --listen 127.0.0.1:2465 "
                         "--tls implicit --user alerts@example.com --password 'a practice password'\n",
    "boot-test.target": "[Unit]\nRequires=multi-user.target\nAfter=multi-user.target\nAllowIsolate=yes\n"
                        "Wants=at-first.service early.service ordinary.service failing.service at-shutdown.service smarthost.service\n",
}


class Booted:
    """A machine under systemd; the directory `bound` is the same inside (/srv/bound) and outside."""

    def __init__(self, state, bound, log):
        self.bound = bound
        self.began = time.monotonic()
        with open(log, "wb") as output:
            self.nspawn = subprocess.Popen([HERE / "booted", state, bound, "systemd.unit=boot-test.target"], stdin=subprocess.DEVNULL,
                                           stdout=output, stderr=subprocess.STDOUT)
        self.log = log
        try:
            self.leader = self.wait_for(self._leader, 20, "process 1 of the machine")
            self.wait_for(lambda: self.run("systemctl", "is-active", "boot-test.target", check=False).stdout == "active\n", 60, "the boot")
        except BaseException:
            self.nspawn.kill()  # and with it what it has booted
            raise
        self.seconds = time.monotonic() - self.began

    def _leader(self):
        assert self.nspawn.poll() is None, pathlib.Path(self.log).read_text(errors="replace")
        children = pathlib.Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children").read_text().split()
        for child in children:
            # What sets the machine up comes and goes meanwhile.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if pathlib.Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                    return child
        return None

    def wait_for(self, condition, seconds, what):
        # Other tests and compilers run on this machine; nothing is judged by this time.
        end = time.monotonic() + 3 * seconds
        while True:
            if value := condition():
                return value
            if time.monotonic() > end:
                return pytest.fail(f"after {3 * seconds} s there is not: {what}")
            time.sleep(0.05)

    def run(self, *command, check=True, **more):
        result = subprocess.run(["nsenter", "-t", self.leader, "-a", "--", *command], capture_output=True, text=True, timeout=300,
                                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
                                **more)
        assert not check or result.returncode == 0, f"{command}: {result}"
        return result

    def shell(self, script, *arguments, check=True):
        return self.run("sh", "-c", script, *arguments, check=check)

    def write(self, path, text):
        self.run("tee", path, input=text)

    def send(self, subject, *properties):
        """As a service of its own with these properties; its exit code."""
        options = [word for line in properties or SANDBOX for word in ("-p", line)]
        return self.run("systemd-run", "--quiet", "--wait", "--collect", *options, "/srv/bound/send", subject,
                        check=False).returncode

    def show(self, unit, name):
        return self.run("systemctl", "show", "--value", "-p", name, unit).stdout.strip()

    def arrived(self):
        """How often each subject was taken by the smarthost."""
        found = collections.Counter()
        for path in (self.bound / "smarthost/Maildir/new").glob("*"):
            match = re.search(rb"^Subject: (.*?)\r?$", path.read_bytes(), re.M)
            found[match[1].decode() if match else ""] += 1
        return found

    def arrives(self, subject, seconds=30):
        self.wait_for(lambda: self.arrived()[subject], seconds, f"the message {subject!r}; " + self.shell(
            "postern status; postern queue list; journalctl -q --no-pager -u postern | tail -n 30", check=False).stdout)

    def empty(self, seconds=60):
        """Until nothing waits any more."""
        # In this order: what is taken out of the drop directory is in the queue before.
        self.wait_for(lambda: not [path for area in ("drop", "queue") for path in (self.bound / "spool" / area).iterdir()],
                      seconds, "an empty queue")

    def pid(self):
        return self.show("postern.service", "MainPID")

    def journal(self, unit="postern"):
        return self.run("journalctl", "-q", "--no-pager", "-o", "cat", "-u", unit).stdout


@pytest.fixture(scope="module")
def booted(package, tmp_path_factory):
    if REFUSED != "":
        pytest.skip(REFUSED or "start the packaging tests with tests/packaging/run")
    if shutil.which("systemd-nspawn") is None:
        pytest.skip("there is no systemd-nspawn")
    state = WORK / "booted"
    bound = WORK / "booted-bound"
    for folder in ("spool", "io", "smarthost"):
        (bound / folder).mkdir(parents=True)
    (bound / "io").chmod(0o777)
    (bound / "send").write_text(SEND)
    (bound / "send").chmod(0o755)
    for file in (package, BUILD / "bin/practice-smarthost", HERE / "boot_callers", HERE / "boot_probe"):
        shutil.copy(file, bound)
    run(HERE / "older_package", package, bound / OLDER)
    shutil.copytree(f"{PEERS_DIR}/php-cli", bound / "php", ignore=shutil.ignore_patterns("partial", "lock"))
    machine = Machine(state, bound)
    machine.install(f"/srv/bound/{package.name}")
    machine.shell("apt-get install -y --no-install-recommends /srv/bound/php/*.deb")
    ca = prepare_smarthost(bound)
    for name, text in UNITS.items():
        machine.shell('printf %s "$1" >/etc/systemd/system/"$2"', text, name)
    machine.shell('printf %s "$1" >/etc/postern/postern.yaml', SETTINGS % ca)
    machine.shell("""
        printf '@reboot games echo from cron\\n* * * * * games echo each minute\\n' >/etc/cron.d/postern-test
        printf 'a practice password' | systemd-creds encrypt --with-key=host --name=smtp - /etc/postern/smtp.cred
        mkdir -p /etc/systemd/system/postern.service.d
        printf '[Service]\\nLoadCredentialEncrypted=smtp:/etc/postern/smtp.cred\\n' >/etc/systemd/system/postern.service.d/password.conf
        echo box >/etc/hostname
        systemctl mask postgresql.service apt-daily.timer apt-daily-upgrade.timer man-db.timer e2scrub_all.timer 2>/dev/null
        rm /usr/sbin/policy-rc.d""")
    yield (box := Booted(state, bound, WORK / "booted.log"))
    if box.nspawn.poll() is None:
        box.run("systemctl", "poweroff", check=False)
        try:
            box.nspawn.wait(180)
        except subprocess.TimeoutExpired:
            box.nspawn.kill()


def prepare_smarthost(bound):
    """It makes its certificates when it starts; the name of the authority's file."""
    server = subprocess.Popen([bound / "practice-smarthost", "--dir", bound / "smarthost", "--listen", "127.0.0.1:0",
                               "--ready-file", bound / "ready"])
    try:
        for _ in range(1200):
            if (bound / "ready").exists():
                break
            time.sleep(0.05)
        return next((bound / "smarthost").glob("ca*.pem")).name
    finally:
        server.terminate()
        server.wait()


def test_the_machine_boots_and_every_unit_of_ours_with_it(booted):
    print(f"booted in {booted.seconds:.1f} s: " + booted.run("systemd-analyze", check=False).stdout)
    failed = booted.run("systemctl", "--failed", "--plain", "--no-legend").stdout.split("\n")
    assert [line.split()[0] for line in failed if line] == ["failing.service"]
    for unit in ("postern.service", "postern.socket", "postern-control.socket", "postern-smtp.socket", "postern.path", "cron.service"):
        assert booted.show(unit, "ActiveState") == "active", unit
    assert "ordering cycle" not in booted.run("journalctl", "-b", "-q", "--no-pager").stdout
    ready = int(booted.show("postern.service", "ActiveEnterTimestampMonotonic"))
    assert ready < int(booted.show("basic.target", "ActiveEnterTimestampMonotonic"))
    assert ready < int(booted.show("ordinary.service", "ExecMainStartTimestampMonotonic"))


@pytest.mark.parametrize("subject", ["at first", "early", "ordinary", "on failure", "Cron <games@box> echo from cron"])
def test_mail_at_the_boot_is_taken(booted, subject):
    booted.arrives(subject)


def probed(text):
    """What the probe tried, and what of it was not refused."""
    (tried,) = re.findall(r"(?m)^tried: (.*)$", text)
    return set(tried.split(", ")), set(re.findall(r"(?m)^not refused: (.*)$", text))


def test_v18_the_sandbox_refuses_what_it_is_there_for(booted):
    booted.shell("echo x >/tmp/of-others")
    tried, done = probed(booted.run("systemd-run", "--quiet", "--wait", "--pipe", "--collect", "-p", "PrivateMounts=yes",
                                    "/srv/bound/boot_probe").stdout)
    # What cannot be done even here shows nothing of the sandbox.
    assert tried - done == set(), "not possible without a sandbox either"
    unit = booted.shell("sed -e 's|^ExecStart=.*|ExecStart=/srv/bound/boot_probe /var/spool/postern|' -e 's/^Type=.*/Type=oneshot/' "
                        "-e '/^Restart/d' -e '/^ExecStopPost/d' -e '/^RuntimeDirectory/d' /lib/systemd/system/postern.service").stdout
    unit = re.sub(r"(?m)^(Wants|After|Before|Requires)=.*$", "", unit)
    as_root = re.sub(r"(?m)^(User|Group|StateDirectory\w*)=.*$", "", unit).replace("boot_probe /var/spool/postern", "boot_probe")
    for name, text in (("probe", unit), ("probe-root", as_root)):
        booted.write(f"/run/systemd/system/{name}.service", text)
        booted.run("systemctl", "daemon-reload")
        booted.run("systemctl", "start", name)
        # The journal has what a program said a moment after its end.
        said = booted.wait_for(lambda name=name: (text := booted.journal(name)).count("all was tried") and text, 20, "what the probe said")
        assert probed(said) == (tried, set()), said
        assert ("written: /var/spool/postern" in said) == (name == "probe"), said


def test_v19_it_is_no_more_exposed_than_promised(booted):
    run = booted.run("systemd-analyze", "security", "--no-pager", "--threshold=13", "postern.service", check=False)
    print(run.stdout.splitlines()[-1])
    assert run.returncode == 0, run.stdout


def test_mail_comes_from_a_service_that_may_do_nothing(booted):
    assert booted.send("from a sandbox") == 0
    booted.arrives("from a sandbox")


def test_mail_comes_from_php_in_a_service_that_may_do_nothing(booted):
    script = 'exit(mail("root", "from PHP", "text", "X-Loop: 1") ? 0 : 1);'
    options = [word for line in SANDBOX for word in ("-p", line)]
    booted.run("systemd-run", "--quiet", "--wait", "--collect", *options, "/usr/bin/php", "-r", script)
    booted.arrives("from PHP")


def test_mail_comes_from_a_unit_of_a_user(booted):
    booted.write("/etc/systemd/user/from-user.service",
                 sends("from a unit of a user", "NoNewPrivileges=yes") + "[Install]\nWantedBy=default.target\n")
    # What logind would say, which a minimal machine does not have.
    booted.shell("mkdir -p /run/systemd/system/user@.service.d; "
                 "printf '[Service]\nEnvironment=XDG_RUNTIME_DIR=/run/user/%%i\n' >/run/systemd/system/user@.service.d/runtime.conf; "
                 "systemctl daemon-reload; systemctl --global enable from-user.service; systemctl start user@$(id -u games).service")
    booted.arrives("from a unit of a user")


def test_a_password_for_root_alone_is_read_by_load_credential(booted):
    booted.shell("umask 077; printf 'a practice password\\n' >/etc/postern/password; "
                 "printf '[Service]\\nLoadCredential=smtp:/etc/postern/password\\n' >/etc/systemd/system/postern.service.d/password.conf; "
                 "systemctl daemon-reload; systemctl restart postern")
    booted.send("load credential")
    booted.arrives("load credential")


def test_v21_a_stopped_service_is_started_by_the_next_message(booted):
    booted.shell("systemctl stop postern")
    assert booted.shell("test -S /run/postern/submit.sock").returncode == 0
    assert booted.send("starts it") == 0
    booted.arrives("starts it")


class Callers:
    """Eight callers who hand mail in while something happens to the service."""

    def __init__(self, box, name):
        self.box, self.name = box, name
        box.run("systemd-run", "--quiet", f"--unit={name}", "/srv/bound/boot_callers", name)
        time.sleep(1)

    def end(self):
        self.box.shell(f"touch /run/{self.name}.stop")
        self.box.wait_for(lambda: self.box.shell(f"test -e /run/{self.name}.json", check=False).returncode == 0, 60, "the callers' end")
        codes = json.loads(self.box.shell(f"cat /run/{self.name}.json").stdout)
        refused = {subject: code for subject, code in codes.items() if code != 0}
        self.box.empty()
        arrived = self.box.arrived()
        lost = [subject for subject in codes if not arrived[subject]]
        doubled = [subject for subject in codes if arrived[subject] > 1]
        print(f"{self.name}: {len(codes)} messages, {len(refused)} refused, {len(lost)} lost, {len(doubled)} doubled")
        return refused, lost, doubled


def test_restarted_upgraded_and_downgraded_under_load_nothing_is_refused_lost_or_doubled(booted, package):
    callers = Callers(booted, "restarts")
    settings = booted.shell("cat /etc/postern/postern.yaml").stdout
    for number in range(ROUNDS):
        booted.run("systemctl", "restart", "postern")
        time.sleep(0.3)
        older = number % 2 == 0
        booted.run("dpkg", "-i", f"/srv/bound/{OLDER if older else package.name}", stdin=subprocess.DEVNULL)
        time.sleep(0.3)
        # Another program runs now, and not only another version is written down.
        ending = booted.shell("tail -c 23 /proc/$(systemctl show --value -p MainPID postern)/exe | tr -d '\\0'").stdout
        assert (ending == "# of the older package\n") == older, (number, ending)
    assert callers.end() == ({}, [], [])
    booted.run("dpkg", "-i", f"/srv/bound/{package.name}", stdin=subprocess.DEVNULL)
    assert booted.shell("cat /etc/postern/postern.yaml").stdout == settings


def test_killed_in_a_loop_nothing_is_refused_or_lost(booted):
    callers = Callers(booted, "kills")
    for _ in range(ROUNDS):
        if (pid := booted.pid()) != "0":
            booted.run("kill", "-KILL", pid, check=False)
        time.sleep(0.7)
    refused, lost, _ = callers.end()  # after the final dot it cannot be known, so one may come twice
    assert (refused, lost) == ({}, [])


def test_while_it_cannot_even_start_callers_wait(booted):
    booted.shell("mkdir -p /run/systemd/system/postern.service.d; "
                 "printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\n' >/run/systemd/system/postern.service.d/broken.conf; "
                 "systemctl daemon-reload; systemctl restart postern", check=False)
    callers = Callers(booted, "crashes")
    time.sleep(4)
    booted.shell("rm /run/systemd/system/postern.service.d/broken.conf; systemctl daemon-reload")
    refused, lost, doubled = callers.end()
    assert (refused, lost, doubled) == ({}, [], [])
    assert booted.show("postern.socket", "ActiveState") == "active"


@pytest.mark.parametrize("spoil", ["echo 'frobnicate: true' >>/etc/postern/postern.yaml", "echo '  - { ' >>/etc/postern/postern.yaml",
                                   "rm /etc/postern/postern.yaml"])
def test_f01_with_wrong_settings_mail_is_taken_and_held_until_they_are_mended(booted, spoil):
    subject = f"wrong {spoil[:8]}"
    booted.shell("cp /etc/postern/postern.yaml /root/good.yaml; " + spoil + "; systemctl restart postern")
    assert booted.send(subject) == 0
    said = booted.shell("postern status", check=False).stdout.splitlines()[0]
    assert "the settings file is wrong, and mail is held" in said and "/etc/postern/postern.yaml" in said, said
    assert "mail is held" in booted.show("postern.service", "StatusText")
    assert booted.shell("posternd --check", check=False).returncode == 78
    assert not booted.arrived()[subject]
    booted.shell("cp /root/good.yaml /etc/postern/postern.yaml; systemctl reload postern")
    booted.arrives(subject)
    assert "settings file" not in booted.shell("postern status", check=False).stdout


def test_a_frozen_daemon_is_ended_by_the_watchdog_and_no_message_is_blamed(booted):
    booted.shell("printf '[Service]\\nWatchdogSec=5s\\n' >/run/systemd/system/postern.service.d/watchdog.conf; "
                 "systemctl daemon-reload; systemctl restart postern; systemctl kill -s STOP smarthost")
    # A message at which the program crashed three times is put on hold. This one is under way each time, since nobody answers.
    for number in range(3):
        assert booted.send(f"frozen {number}") == 0
        booted.wait_for(lambda: re.search(r"[1-9]\d* under way", booted.show("postern.service", "StatusText")), 30, "a delivery")
        frozen = booted.pid()
        booted.run("kill", "-STOP", frozen)
        assert booted.send(f"while it was frozen {number}") == 0
        booted.wait_for(lambda: booted.pid() not in ("0", frozen), 30, "the next daemon")
    booted.wait_for(lambda: booted.journal().count("Watchdog timeout") >= 3, 20, "what the service manager said")
    assert booted.journal().count("Watchdog timeout") == 3
    booted.shell("systemctl kill -s CONT smarthost; rm /run/systemd/system/postern.service.d/watchdog.conf; "
                 "systemctl daemon-reload; systemctl restart postern")
    for number in range(3):
        booted.arrives(f"frozen {number}", 60)
        booted.arrives(f"while it was frozen {number}", 60)
    assert not list((booted.bound / "spool/hold").iterdir())


def test_v22_removed_purged_and_installed_again_the_queue_is_kept(booted, package):
    # With what cron sends each minute there would be one more at times.
    booted.shell("mkdir -p /run/systemd/system/cron.service.d; "
                 "printf '[Service]\\nKillMode=control-group\\n' >/run/systemd/system/cron.service.d/jobs.conf; "
                 "systemctl daemon-reload; systemctl stop cron")
    booted.empty()
    booted.shell("systemctl stop smarthost")
    subjects = [f"queued {number}" for number in range(5)]
    for subject in subjects:
        assert booted.send(subject, "User=games") == 0
    settings = booted.shell("cat /etc/postern/postern.yaml").stdout
    booted.shell("cp -p /etc/postern/password /root")  # the purge takes it, and the unit cannot start without it
    said = booted.run("dpkg", "--remove", "postern").stdout
    assert "messages left in /var/spool/postern: 5" in said, said
    assert not booted.shell("ls /run/postern/*.sock 2>/dev/null", check=False).stdout
    said = booted.run("dpkg", "--purge", "postern").stdout
    assert "is kept, since there are messages in it: 5" in said, said
    assert booted.shell("test -e /etc/postern/password", check=False).returncode == 1
    booted.shell("mkdir -p /etc/postern; cp -p /root/password /etc/postern")
    booted.run("dpkg", "-i", f"/srv/bound/{package.name}")
    booted.write("/etc/postern/postern.yaml", settings)
    booted.shell("systemctl restart postern; systemctl start smarthost cron; postern queue retry", check=False)
    for subject in subjects:
        booted.arrives(subject, 60)


def test_installed_and_set_up_by_two_commands_the_mail_of_cron_arrives(booted, package):
    booted.empty()
    booted.run("dpkg", "--purge", "postern")
    booted.shell("rm -rf /etc/systemd/system/postern.service.d /etc/postern; systemctl daemon-reload")
    authority = next((booted.bound / "smarthost").glob("ca*.pem")).name
    began = time.monotonic()
    booted.run("apt-get", "install", "-y", "--no-install-recommends", f"/srv/bound/{package.name}")
    said = booted.run("postern", "setup", "alerts@example.com", "--smarthost", "localhost:2465", "--tls-ca-file",
                      f"/srv/bound/smarthost/{authority}", "--root", "admin@example.com", "--password-stdin", input="a practice password\n")
    print(said.stdout)
    assert booted.shell("stat -c '%U:%G %a' /etc/postern/password").stdout == "root:postern 640\n"
    subject = "Cron <games@box> echo each minute"
    before = booted.arrived()[subject]
    booted.wait_for(lambda: booted.arrived()[subject] > before, 90, "the mail of cron; " + booted.shell("postern status", check=False).stdout)
    seconds = time.monotonic() - began
    print(f"installed, set up, and the mail of cron is there: {seconds:.0f} s")
    assert seconds < 300
    assert booted.shell("posternd --check").stdout.endswith("/etc/postern/postern.yaml: good\n")


def test_at_the_shutdown_mail_is_taken_to_the_end(booted):
    booted.shell("systemctl stop smarthost")
    booted.run("systemctl", "poweroff", check=False)
    assert booted.nspawn.wait(180) == 0
    assert (booted.bound / "io/at-shutdown").read_text() == "0\n"
    stored = [path.read_bytes() for path in (booted.bound / "spool/queue").iterdir()]
    assert [text for text in stored if b"Subject: at shutdown\n" in text], len(stored)

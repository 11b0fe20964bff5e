"""posternd in a directory of its own, run by the user `postern`, and the commands that talk to it."""

import json
import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess

import schema
from ports import POSTERND
from servers import PASSWORD, USER
from waiting import PATIENCE, port_answers, wait_for

# Both are bind mounts of build directories, see run.
BUILT, RELEASE = "/srv/bin", "/srv/release"


def smarthost(port, host="smtp.example.com", tls="starttls", user=USER, **more):
    """One entry of `smarthosts:`; user=None is one without AUTH."""
    keys = {"name": "main", "host": host, "port": port, "tls": tls, "try_at_start": "false", **more}
    if user:
        keys.update(user=user, password_file="{directory}/password")
    return keys


class Posternd:
    port = POSTERND

    def __init__(self, directory, ca, programs=BUILT, retry="{ min: 1s, max: 2s, expire: 5d }", extra=""):
        self.directory = directory
        self.programs = programs
        self.ca = ca
        self.retry = retry
        self.extra = extra
        self.config = f"{directory}/postern.yaml"
        self.log = f"{directory}/posternd.log"
        self.spool = f"{directory}/spool"
        self.process = None
        self.watch = None
        self.process_environment = {}
        self.arguments = []
        self.environment = {"POSTERN_SUBMIT_SOCKET": f"{directory}/submit.sock",
                            "POSTERN_CONTROL_SOCKET": f"{directory}/control.sock"}
        os.makedirs(self.spool)
        self.password(PASSWORD)
        shutil.chown(directory, "postern")
        shutil.chown(self.spool, "postern")

    def password(self, text):
        if self.watch and len(text) > 8:
            self.watch.secret(text)
        self.private("password", text)

    def private(self, name, text):
        """A file of the daemon's user, mode 0600; its path."""
        path = f"{self.directory}/{name}"
        with open(path, "w") as out:
            out.write(text + "\n")
        os.chmod(path, 0o600)
        shutil.chown(path, "postern")
        return path

    def configure(self, *smarthosts):
        lines = ["hostname: web1.example.net", "domain: example.net", f"spool: {self.spool}",
                 f"listen: {{ submit: {self.directory}/submit.sock, control: {self.directory}/control.sock, "
                 f"smtp: [\"127.0.0.1:{self.port}\"] }}",
                 "aliases: { root: admin@example.com }", f"retry: {self.retry}", "smarthosts:"]
        for keys in smarthosts:
            keys = {key: value for key, value in {"tls_ca_file": self.ca, **keys}.items() if value is not None}
            if keys["tls"] == "none":
                del keys["tls_ca_file"]
            first = "- "
            for key, value in keys.items():
                lines.append(f"  {first}{key}: {str(value).replace('{directory}', self.directory)}")
                first = "  "
        if not smarthosts:
            lines[-1] = "smarthosts: []"
        self.write("\n".join(lines) + "\n" + self.extra)

    def write(self, text):
        with open(self.config, "w") as out:
            out.write(text)

    def start(self, wait=True):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen([f"{self.programs}/posternd", "--config", self.config, *self.arguments],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            user="postern", group="postern", extra_groups=[],
                                            env={**os.environ, **self.process_environment})
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds=20):
        def ready():
            assert self.process.poll() is None, f"posternd ended with {self.process.returncode}:\n{self.read_log()[-3000:]}"
            return port_answers(self.port)
        wait_for(ready, seconds, "posternd's SMTP port")

    def stop(self):
        """SIGTERM; the exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(40 * PATIENCE)
        self.process = None
        return status

    def kill(self):
        self.process.kill()
        self.process.wait()

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def read_log(self):
        with open(self.log, errors="replace") as source:
            return source.read()

    def run(self, *arguments, program="postern", **options):
        options.setdefault("timeout", 60)
        run = subprocess.run([f"{self.programs}/{program}", *arguments], capture_output=True,
                             env={**os.environ, **self.environment, **options.pop("env", {})}, **options)
        if self.watch:
            self.watch.show(f"{program} {' '.join(arguments)}", run.stdout + run.stderr)
        if program == "postern" and "--json" in arguments:
            schema.read(run.stdout)
        return run

    def check(self, *arguments):
        """The reports of `postern check` by the smarthost's name."""
        return {line["site"]: line for line in self.json("check", *arguments) if line.get("kind") == "check"}

    def json(self, *arguments, statuses=(0, 1, 2), **options):
        """The objects that `postern --json` prints, one for each line."""
        run = self.run(*arguments, "--json", **options)
        assert run.returncode in statuses, (arguments, run)
        return [json.loads(line) for line in run.stdout.splitlines() if line.strip()]

    def status(self):
        return next(line for line in self.json("status") if line.get("kind") == "status")

    def ask(self, request):
        """A request to the control socket as it is, and the lines of the answer."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(f"{self.directory}/control.sock")
            control.sendall(json.dumps(request).encode() + b"\n")
            return [json.loads(line) for line in control.makefile()]

    def queue(self):
        return [line for line in self.json("queue", "list") if line.get("kind") == "entry"]

    def wait_reason(self, seconds=20):
        """The reason why the first message waits."""
        def reason():
            entries = self.queue()
            return entries and entries[0]["state"] == "waiting" and entries[0].get("reason")
        return wait_for(reason, seconds, "the reason why a message waits")

    def wait_empty(self, seconds=30):
        wait_for(lambda: not self.queue_files(), seconds, "the queue to be empty")

    def queue_files(self):
        return [name for name in os.listdir(f"{self.spool}/queue") if not name.startswith(".")]

    def sendmail(self, message, *arguments, user=None, check=True):
        run = self.run(*arguments, program="sendmail", input=message if isinstance(message, bytes) else message.encode(),
                       **({"user": user} if user else {}))
        assert not check or run.returncode == 0, run
        return run

    def smtp(self):
        return smtplib.SMTP("127.0.0.1", self.port, timeout=60)

    def faults(self):
        """What a sanitizer or an unexpected warning left in the log."""
        return re.findall(r"(?m)^.*(?:AddressSanitizer|LeakSanitizer|runtime error:|internal error).*$", self.read_log())


def message(to, body, sender="a@example.net", subject="a test"):
    return f"From: {sender}\nTo: {to}\nSubject: {subject}\n\n{body}"

"""Postern installed as a package would: spool, sockets and postern-drop at their real places, with their real owners."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import zlib

from postern import RELEASE, Posternd
from waiting import wait_for

SPOOL, DROP, REFUSED = "/var/spool/postern", "/var/spool/postern/drop", "/var/spool/postern/refused"
HELPER = "/usr/libexec/postern-drop"
SOCKETS = "/run/postern"


def install_program():
    """Once for all tests of a run."""
    subprocess.run(["groupadd", "--force", "--system", "maildrop"], check=True)
    os.makedirs(os.path.dirname(HELPER), exist_ok=True)
    shutil.copy(f"{RELEASE}/postern-drop", HELPER)
    shutil.chown(HELPER, "root", "maildrop")
    os.chmod(HELPER, 0o2755)


@contextlib.contextmanager
def installation(work, certificates, watch, test):
    """An Installed in a fresh directory, not yet started. It must end cleanly and its log must show no fault."""
    install_program()
    directory = f"{work}/installed-{zlib.crc32(test.encode()):08x}"
    os.makedirs(directory)
    os.chmod(directory, 0o755)
    daemon = Installed(directory, certificates.ca)
    daemon.watch = watch
    watch.directories.append(directory)
    yield daemon
    try:
        status = daemon.stop()
        assert status in (None, 0), f"posternd ended with {status}:\n{daemon.read_log()[-4000:]}"
        if os.path.exists(daemon.log):
            assert not daemon.faults()
    finally:
        daemon.remove()


class Installed(Posternd):
    """The daemon is the one under test, the callers' programs are the optimised ones: static, as they are shipped."""

    def __init__(self, directory, ca, **more):
        super().__init__(directory, ca, **more)
        os.makedirs(SPOOL, exist_ok=True)
        subprocess.run(["mount", "--bind", self.spool, SPOOL], check=True)
        self.spool = SPOOL
        shutil.chown(SPOOL, "postern", "postern")
        os.chmod(SPOOL, 0o711)
        os.mkdir(DROP)
        shutil.chown(DROP, "postern", "maildrop")
        os.chmod(DROP, 0o1770)
        os.makedirs(SOCKETS, exist_ok=True)
        shutil.chown(SOCKETS, "postern", "postern")
        self.socket = f"{SOCKETS}/submit.sock"
        self.environment = {"POSTERN_CONTROL_SOCKET": f"{SOCKETS}/control.sock"}

    def write(self, text):
        super().write(text.replace(f"{self.directory}/submit.sock", self.socket)
                      .replace(f"{self.directory}/control.sock", f"{SOCKETS}/control.sock"))

    def remove(self):
        for name in os.listdir(SOCKETS):
            os.unlink(f"{SOCKETS}/{name}")
        subprocess.run(["umount", SPOOL], check=True)

    def dropped(self):
        return sorted(os.listdir(DROP))

    def refused(self):
        return sorted(os.listdir(REFUSED)) if os.path.exists(REFUSED) else []

    def command(self, *arguments):
        return [f"{RELEASE}/sendmail", *arguments]

    def sendmail(self, message, *arguments, user=None, check=True, before=(), **options):
        """`before`: a command that runs the rest of its line."""
        data = message if isinstance(message, bytes) else message.encode()
        who = {"user": user, "group": user, "extra_groups": []} if user else {}
        run = subprocess.run([*before, *self.command(*arguments)], input=data, capture_output=True, timeout=120,
                             **{**who, **options})
        assert not check or run.returncode == 0, run
        return run

    def refusals(self):
        return re.findall(r"(?m)^.*dropped file refused.*$", self.read_log())


def frame(text="Subject: x\n\nbody\n", recipients=("b@example.com",), sender="a@example.net", id="0" * 32, more="", rcpt=""):
    """What the shim gives to the helper."""
    lines = f"MAIL FROM:<{sender}> XSUBMISSION={id}{more}\n"
    lines += "".join(f"RCPT TO:<{one}>{rcpt}\n" for one in recipients) + "DATA\n"
    data = text if isinstance(text, bytes) else text.encode()
    whole = f"postern-drop 1 {len(lines.encode()):010} {len(data):010}\n{lines}".encode() + data
    return whole + f"end {zlib.crc32(whole):08x}\n".encode()


def is_whole(data):
    """Whether these bytes are a frame to its end."""
    return data[-13:] == b"end %08x\n" % zlib.crc32(data[:-13])


def helper(data, user=None, group=None, before=(), **options):
    who = {"user": user, "group": group or user, "extra_groups": []} if user else {}
    return subprocess.run([*before, HELPER], input=data, capture_output=True, timeout=60, **{**who, **options})


def as_intruder(script, *arguments, user="alice", check=True):
    """What a user can do who has taken over the helper: Python with the helper's group."""
    return subprocess.run(["/usr/bin/python3", "-c", script, *arguments], capture_output=True, text=True, check=check,
                          user=user, group="maildrop", extra_groups=[], timeout=60, cwd="/")


@contextlib.contextmanager
def stopped(process):
    process.send_signal(signal.SIGSTOP)
    try:
        # One of its threads gets the signal, and until that one runs the others go on.
        wait_for(lambda: os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOHANG), 20, "all threads to stop")
        yield
    finally:
        process.send_signal(signal.SIGCONT)

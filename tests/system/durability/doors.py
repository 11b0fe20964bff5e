"""The ways in: each submits one message with a word in it and says whether it was acknowledged."""

import collections
import os
import smtplib
import socket
import subprocess
import threading
import zlib

from disks import make_drop, make_spool
from dropping import SPOOL, frame
from fickle import Fickle
from postern import Posternd, message, smarthost
from waiting import wait_for

BIN = os.environ["POSTERN_BIN"]
TO = "b@example.com"


class UnixSmtp(smtplib.SMTP):
    """ESMTP on the submission socket."""

    def __init__(self, path, **options):
        self.path = path
        super().__init__("local", **options)

    def _get_socket(self, host, port, timeout):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(timeout)
        sock.connect(self.path)
        return sock


def _text(word, size):
    return message(TO, ("x" * 69 + "\n") * (size // 70 + 1), subject=word)


def _session(client, word, size, to):
    with client:
        client.sendmail("a@example.net", to, _text(word, size))
    return True


def by_smtp(posternd, word, size=1000, to=(TO,)):
    try:
        return _session(smtplib.SMTP("127.0.0.1", posternd.port, timeout=60), word, size, to)
    except (OSError, smtplib.SMTPException):
        return False


def by_socket(posternd, word, size=1000, to=(TO,)):
    try:
        return _session(UnixSmtp(posternd.environment["POSTERN_SUBMIT_SOCKET"], timeout=60), word, size, to)
    except (OSError, smtplib.SMTPException):
        return False


def by_shim(posternd, word, size=1000, to=(TO,)):
    return posternd.sendmail(_text(word, size), "-i", "-f", "a@example.net", *to, check=False).returncode == 0


_at_the_helpers_place = threading.Lock()


def by_drop(posternd, word, size=1000, to=(TO,)):
    """The helper stores it; the daemon has to make its word good. The helper knows one place only: a link there leads to
    the spool."""
    with _at_the_helpers_place:
        if not os.path.islink(SPOOL) or os.readlink(SPOOL) != posternd.spool:
            if os.path.islink(SPOOL):
                os.unlink(SPOOL)
            elif os.path.isdir(SPOOL):  # the empty place where another test had a disk
                os.rmdir(SPOOL)
            os.symlink(posternd.spool, SPOOL)
    data = frame(_text(word, size), recipients=to, id=f"{zlib.crc32(word.encode()):032x}")
    return subprocess.run([f"{BIN}/postern-drop"], input=data, capture_output=True, timeout=60).returncode == 0


DOORS = {"smtp": by_smtp, "socket": by_socket, "shim": by_shim, "drop": by_drop}


def daemon_on(disk, directory, retry="{ min: 1h, max: 1h, expire: 5d }", extra=""):
    """A daemon, not yet started, whose spool is on the (mounted) disk and whose smarthost nobody is."""
    os.makedirs(directory, exist_ok=True)
    posternd = Posternd(f"{directory}/daemon{len(os.listdir(directory))}", "/nonexistent", programs=BIN, retry=retry, extra=extra)
    posternd.spool = make_spool(disk) if disk else make_drop(posternd.spool)
    posternd.configure(smarthost(9, tls="none", user=None))
    return posternd


def deliver_all(spool, directory, port):
    """Starts a daemon on a copy of the spool, with a smarthost that takes everything: how often each word arrived, also
    (word, recipient)."""
    posternd = daemon_on(None, directory, retry="{ min: 1s, max: 1s, expire: 5d }")
    subprocess.run(["rm", "-rf", posternd.spool], check=True)
    subprocess.run(["cp", "-a", spool, posternd.spool], check=True)  # with the owners of what was dropped
    got = collections.Counter()

    def note(line):
        _, word, recipient = line.split()
        got[word] += 1
        got[word, recipient] += 1
    sink = Fickle(port, note, generous=True)
    try:
        posternd.configure(smarthost(port, tls="none", user=None))
        posternd.start()
        # In this order: what is taken out of the drop directory is in the queue before.
        wait_for(lambda: not os.listdir(f"{posternd.spool}/drop") and not posternd.queue_files(), 60,
                 "the daemon to deliver what the crash left")
        assert posternd.stop() == 0
    finally:
        end(posternd)
        sink.stop()
    return got


def end(posternd):
    """Ends the daemon by force, as a machine that loses power does."""
    if posternd.process is not None:
        posternd.kill()
        posternd.process = None


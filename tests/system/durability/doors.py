"""The ways in: each submits one message with a word in it and says whether it was acknowledged."""

import os
import smtplib
import socket

from disks import make_spool
from postern import Posternd, message, smarthost

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


DOORS = {"smtp": by_smtp, "socket": by_socket, "shim": by_shim}


def daemon_on(disk, directory, retry="{ min: 1h, max: 1h, expire: 5d }", extra=""):
    """A daemon, not yet started, whose spool is on the (mounted) disk and whose smarthost nobody is."""
    os.makedirs(directory, exist_ok=True)
    posternd = Posternd(f"{directory}/daemon{len(os.listdir(directory))}", "/nonexistent", programs=BIN, retry=retry, extra=extra)
    posternd.spool = make_spool(disk) if disk else posternd.spool
    posternd.configure(smarthost(9, tls="none", user=None))
    return posternd


def end(posternd):
    """Ends the daemon by force, as a machine that loses power does."""
    if posternd.process is not None:
        posternd.kill()
        posternd.process = None


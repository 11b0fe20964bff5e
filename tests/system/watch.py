"""The search for secrets in everything Postern shows: logs, answers, traces, command lines, files of the queue."""

import base64
import os
import re
import threading
import urllib.parse


# How bytes are read before the search; each makes one way of writing a secret unique.
READINGS = {
    "clear": lambda data: data,
    "percent": urllib.parse.unquote_to_bytes,
    "hex": bytes.lower,
    "base64": lambda data: data.translate(bytes.maketrans(b"-_", b"+/")),
}


def spellings(secret):
    """(reading, bytes to look for): clear, percent-encoding, hex, base64 at each of the three alignments."""
    raw = secret.encode()
    found = [("clear", raw), ("percent", raw), ("hex", raw.hex().encode())]
    for offset in range(3):
        # Characters that hold bits of a neighbour are left out: the first ones by the offset, and an incomplete last group.
        text = base64.b64encode(b"\0" * offset + raw).rstrip(b"=")
        found.append(("base64", text[(0, 2, 3)[offset]:-1 if (offset + len(raw)) % 3 else None]))
    return found


def spelt(secrets, data):
    """The (secret, reading) that can be read in the data."""
    readings = {name: read(data) for name, read in READINGS.items()}
    return [(secret, name) for secret in secrets for name, needle in spellings(secret) if needle in readings[name]]


class Watch:
    """What was shown during the session, and what must not be in it."""

    PROGRAMS = {"posternd", "postern", "sendmail", "mailq", "newaliases", "postern-drop"}

    def __init__(self):
        self.secrets = set()
        self.shown = []
        self.directories = []
        self.commands = set()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def secret(self, text):
        assert re.search(r"[^A-Za-z ,.]", text), f"anybody may say {text!r}: it would be found where it was not shown"
        self.secrets.add(text)
        return text

    def show(self, where, data):
        self.shown.append((where, data if isinstance(data, bytes) else data.encode()))

    def stop(self):
        self._end.set()
        self._thread.join()

    def _sample(self):
        """The command lines of Postern's programs, and of what they run, many times a second."""
        while not self._end.wait(0.05):
            for entry in os.listdir("/proc"):
                if not entry.isdigit():
                    continue
                try:
                    with open(f"/proc/{entry}/cmdline", "rb") as source:
                        line = source.read()
                    with open(f"/proc/{entry}/status") as source:
                        parent = re.search(r"(?m)^PPid:\s*(\d+)", source.read())[1]
                    with open(f"/proc/{parent}/comm") as source:
                        ours = source.read().strip() == "posternd"
                except (OSError, TypeError):
                    continue  # it has ended
                program = os.path.basename(line.partition(b"\0")[0]).decode(errors="replace")
                if ours or program in self.PROGRAMS:
                    self.commands.add(line)

    def places(self):
        """(where, bytes) of everything."""
        yield from self.shown
        for line in list(self.commands):  # the thread may still add some
            yield "a command line", line
        for directory in self.directories:
            yield from self._files(directory)

    @staticmethod
    def _files(directory):
        # What keeps a secret on purpose: the operator's files and the store of refresh tokens.
        kept = ("password", "token", "secret", "refresh")
        for parent, _, names in os.walk(directory):
            for name in names:
                path = os.path.join(parent, name)
                if name.startswith(kept) or not os.path.isfile(path) or os.path.getsize(path) > 1 << 22:
                    continue
                with open(path, "rb") as source:
                    yield path, source.read()

    def leaks(self, places=None):
        """Every place where a secret can be read, as sentences that do not repeat it."""
        numbers = {secret: number for number, secret in enumerate(sorted(self.secrets))}
        found = []
        for where, data in self.places() if places is None else places:
            if hits := spelt(self.secrets, data):
                found.append(f"{where}: {sorted({(numbers[secret], name) for secret, name in hits})}")
        return found

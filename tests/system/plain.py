"""The practice smarthost as one that takes everything: what it kept, with the interface of strict.StrictServer."""

import glob
import os
import re

from auth_servers import Practice
from ports import PLAIN
from strict import Kept

ENVELOPE = re.compile(rb"X-Envelope-(From|To): <(.*)>\n|X-Session: .*\n")


class PlainServer(Practice):
    def __init__(self, directory):
        super().__init__(directory, PLAIN, "PLAIN")
        self._read = {}

    def taken(self):
        for path in sorted(set(glob.glob(f"{self.directory}/Maildir/new/*")) - set(self._read)):
            self._read[path] = _kept(path)
        return [self._read[path] for path in sorted(self._read)]

    def refused(self):
        return []


def _kept(path):
    """The envelope is in front of the text, and its lines end in LF."""
    with open(path, "rb") as source:
        data = source.read()
    sender, recipients = "", []
    while match := ENVELOPE.match(data):
        if match[1] == b"From":
            sender = match[2].decode()
        elif match[1] == b"To":
            recipients.append(match[2].decode())
        data = data[match.end():]
    return Kept(os.path.basename(path), data, sender, recipients, None, None, [], [])

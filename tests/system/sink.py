"""A fast SMTP server that only counts: it says yes to everything and remembers each message's Subject.

`Sink` runs it as a program, in a process of its own, so that a busy test does not slow it down:
    sink.py PORT FILE [HANGS]    takes SINK_PAUSE seconds for each message; appends one line a message to FILE; leaves DATA of a message to HANGS unanswered and
                                 appends the line "hangs"; with SINK_NAMES says a queue id of its own for each message
"""

import asyncio
import collections
import itertools
import os
import subprocess
import sys

from ports import SINK
from waiting import wait_for_port

PAUSE = float(os.environ.get("SINK_PAUSE", "0"))
NAMES = itertools.count(1)
EHLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 100000000\r\n"


class Sink:
    """One that listens on SINK; the file `path`, made anew, has the subjects."""

    def __init__(self, path, *hangs, pause=0, names=False):
        self.path = path
        open(path, "w").close()
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), str(SINK), path, *hangs],
                                        env={**os.environ, "SINK_PAUSE": str(pause), "SINK_NAMES": "1" if names else ""})
        wait_for_port(SINK)
        assert self.process.poll() is None, f"somebody else listens on port {SINK}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def subjects(self):
        with open(self.path) as source:
            return source.read().split()

    def count(self):
        return collections.Counter(self.subjects())

    def stop(self):
        self.process.kill()
        self.process.wait()


def name_of_next():
    return b": queued as S%06d" % next(NAMES) if os.environ.get("SINK_NAMES") else b""


async def _session(reader, writer, record, hangs):
    writer.write(b"220 sink\r\n")
    hanging = False
    while line := await reader.readline():
        verb = line[:4].upper()
        hanging = verb != b"MAIL" and (hanging or bool(hangs) and hangs in line)
        if verb == b"DATA" and hanging:
            record(b"Subject: hangs\r\n\r\n")
        elif verb == b"DATA":
            writer.write(b"354 go on\r\n")
            await writer.drain()
            text = await reader.readuntil(b"\r\n.\r\n")
            await asyncio.sleep(PAUSE)
            record(text)
            writer.write(b"250 2.0.0 Ok" + name_of_next() + b"\r\n")
        elif verb == b"QUIT":
            writer.write(b"221 bye\r\n")
            break
        else:
            writer.write(EHLO if verb == b"EHLO" else b"250 2.0.0 Ok\r\n")
        await writer.drain()
    writer.close()


async def _serve(port, path, hangs=b""):
    with open(path, "ab", buffering=0) as out:
        def record(data):
            for line in data.partition(b"\r\n\r\n")[0].split(b"\r\n"):
                if line.lower().startswith(b"subject: "):
                    out.write(line[9:] + b"\n")

        async def session(reader, writer):
            try:
                await _session(reader, writer, record, hangs)
            except (ConnectionError, asyncio.IncompleteReadError):
                writer.close()

        server = await asyncio.start_server(session, "127.0.0.1", port, limit=1 << 24, backlog=128)
        async with server:
            await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), sys.argv[2], *(word.encode() for word in sys.argv[3:])))

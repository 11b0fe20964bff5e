"""A fast SMTP server that only counts: it says yes to everything and remembers each message's Subject.

Run as a program it serves in a process of its own, so that a busy test does not slow it down:
    sink.py PORT FILE [HANGS]    appends one line a message to FILE; leaves DATA of a message to HANGS unanswered and
                                 appends the line "hangs"
"""

import asyncio
import sys

EHLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 100000000\r\n"


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
            record(await reader.readuntil(b"\r\n.\r\n"))
            writer.write(b"250 2.0.0 Ok\r\n")
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

"""A smarthost that says yes, no or later, by the recipient's name: ok-*, reject-*, defer-* (later twice, then yes)."""

import asyncio
import collections
import re
import threading

from waiting import PATIENCE

WORD = re.compile(rb"shot-[0-9a-z-]+")
LATER = 2
EHLO = b"250-fickle\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 100000000\r\n"


class Fickle:
    """Serves in a thread. `got` is called with "GOT word recipient" before the answer to the data; a bounce is got by
    the recipient "bounce"."""

    def __init__(self, port, got, generous=False):
        self.port, self.got, self.generous = port, got, generous
        self.tries, self.accepted = collections.Counter(), collections.Counter()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.listening = threading.Event()
        self.thread.start()
        assert self.listening.wait(10 * PATIENCE), f"nobody listens on port {port}"

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(
            asyncio.start_server(self._session, "127.0.0.1", self.port, limit=1 << 24, backlog=128))
        self.listening.set()
        self.loop.run_forever()

    def stop(self):
        async def close():
            self.server.close()
            for task in asyncio.all_tasks():
                if task is not asyncio.current_task():
                    task.cancel()
        asyncio.run_coroutine_threadsafe(close(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    def _answer(self, recipient):
        name = recipient.split(b"@")[0]
        if self.generous or not name.startswith((b"reject", b"defer")):
            return b"250 2.1.5 Ok\r\n"
        if name.startswith(b"reject"):
            return b"550 5.1.1 No such user\r\n"
        self.tries[recipient] += 1
        return b"250 2.1.5 Ok\r\n" if self.tries[recipient] > LATER else b"451 4.3.0 Later\r\n"

    async def _session(self, reader, writer):
        sender, recipients = b"", []
        try:
            writer.write(b"220 fickle\r\n")
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"EHLO":
                    writer.write(EHLO)
                elif verb == b"MAIL":
                    sender, recipients = line[line.index(b"<") + 1:line.index(b">")], []
                    writer.write(b"250 2.1.0 Ok\r\n")
                elif verb == b"RCPT":
                    recipient = line[line.index(b"<") + 1:line.index(b">")]
                    answer = self._answer(recipient)
                    if answer.startswith(b"250"):
                        recipients.append(recipient)
                    writer.write(answer)
                elif verb == b"DATA":
                    await self._data(reader, writer, sender, recipients)
                elif verb == b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                else:
                    writer.write(b"250 2.0.0 Ok\r\n")
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        writer.close()

    async def _data(self, reader, writer, sender, recipients):
        if not recipients:
            writer.write(b"554 5.5.1 No valid recipients\r\n")
            return
        writer.write(b"354 go on\r\n")
        await writer.drain()
        data = await reader.readuntil(b"\r\n.\r\n")
        for word in sorted(set(WORD.findall(data))):
            for recipient in recipients if sender else [b"bounce"]:
                self.accepted[word.decode(), recipient.decode()] += 1
                self.got(f"GOT {word.decode()} {recipient.decode()}")
        writer.write(b"250 2.0.0 Ok\r\n")

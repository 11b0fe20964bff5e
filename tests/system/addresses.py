"""A host with several loopback addresses: its name in /etc/hosts, and at each address what the test puts there."""

import asyncio
import contextlib
import socket
import threading


def name_addresses(name, addresses):
    """This machine is thrown away afterwards, and so is what stands in its /etc/hosts."""
    with open("/etc/hosts", "a") as hosts:
        hosts.writelines(f"{address} {name}\n" for address in addresses)


def _family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


@contextlib.contextmanager
def deaf(address, port):
    """The port is open, but the system answers nobody who comes: its queue of connections is full."""
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket(_family(address)))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(4):
            one = sockets.enter_context(socket.socket(_family(address)))
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect((address, port))
        yield


class Server:
    """One address that says "220" and takes mail, or says another greeting and hangs up; counts its connections."""

    def __init__(self, address, port, greeting=b"220 here"):
        self.address, self.port, self.greeting = address, port, greeting
        self.connections = self.messages = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self):
        self._thread.start()
        start = asyncio.start_server(self._session, self.address, self.port)
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result(5)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _session(self, reader, writer):
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader, writer):
        writer.write(self.greeting + b"\r\n")
        while self.greeting.startswith(b"220") and (line := await reader.readline()):
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await writer.drain()
                await reader.readuntil(b"\r\n.\r\n")
                self.messages += 1
            writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            await writer.drain()


def _wants_to_resume(hello):
    """The ClientHello in the first bytes of a connection has a pre_shared_key (RFC 8446 4.2.11), always the last one."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at:at + 2], "big")
    at += 1 + hello[at]
    end = at + 2 + int.from_bytes(hello[at:at + 2], "big")
    at += 2
    while at + 4 <= end:
        if hello[at:at + 2] == b"\x00\x29":
            return True
        at += 4 + int.from_bytes(hello[at + 2:at + 4], "big")
    return False


class Cutter:
    """Passes everything on to another port, but while `how` is set it deals so with who wants to resume TLS."""

    def __init__(self, port, to):
        self.port, self.to = port, to
        self.how = None
        self.cut = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self):
        self._thread.start()
        start = asyncio.start_server(self._session, "127.0.0.1", self.port)
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result(5)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _session(self, reader, writer):
        hello = await reader.read(16384)
        if self.how and len(hello) > 100 and _wants_to_resume(hello):
            self.cut += 1
            if self.how == "silence":
                await reader.read()
            if self.how == "reset":
                writer.transport.abort()
            writer.close()
            return
        there, onward = await asyncio.open_connection("127.0.0.1", self.to)
        onward.write(hello)
        await asyncio.gather(self._pass(reader, onward), self._pass(there, writer))

    @staticmethod
    async def _pass(reader, writer):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

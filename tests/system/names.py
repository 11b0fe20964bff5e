"""NSD on port 53 of the view, where the resolver looks: zones of a test's own."""

import contextlib
import os
import socket
import subprocess

from waiting import wait_for

RESOLVER = "/etc/resolv.conf"

HEAD = """$ORIGIN {zone}.
$TTL 1
@ SOA ns root 1 60 60 60 60
@ NS ns
ns A 127.0.0.1
"""


class Names:
    def __init__(self, directory):
        self.directory = directory
        self.config = f"{directory}/nsd.conf"
        self.log = f"{directory}/nsd.log"
        self.process = None
        os.makedirs(directory, exist_ok=True)

    def serve(self, **zones):
        """Serves these zones, "example_com" for example.com, each with these lines; None is a zone that the server should
        have and has not, so that it answers SERVFAIL. What it served before is gone."""
        self.stop()
        lines = ["server:", "  ip-address: 127.0.0.1", "  port: 53", "  server-count: 1", "  username: root",
                 '  chroot: ""', '  database: ""', '  pidfile: ""', f'  zonesdir: "{self.directory}"',
                 f'  zonelistfile: "{self.directory}/zone.list"', f'  xfrdfile: "{self.directory}/xfrd.state"',
                 "remote-control:", "  control-enable: no"]
        for name, text in zones.items():
            zone = name.replace("_", ".")
            path = f"{self.directory}/{zone}.zone"
            lines += ["zone:", f"  name: {zone}", f'  zonefile: "{path}"']
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            if text is not None:
                with open(path, "w") as out:
                    out.write(HEAD.format(zone=zone) + "".join(line.strip() + "\n" for line in text.splitlines()))
        with open(self.config, "w") as out:
            out.write("\n".join(lines) + "\n")
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(["chroot", "/names", "nsd", "-d", "-c", self.config],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(lambda: _answers(next(iter(zones)).replace("_", ".")), 20, "the name server")
        with open(RESOLVER, "w") as out:
            out.write("nameserver 127.0.0.1\n")

    def stop(self):
        """Nobody answers from now on."""
        if self.process:
            self.process.terminate()
            self.process.wait(30)
            self.process = None
        open(RESOLVER, "w").close()


def _answers(zone):
    """Whatever it says of the zone's SOA."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in zone.split("."))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1)
        try:
            client.connect(("127.0.0.1", 53))
            client.send(b"\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\x00\x00\x06\x00\x01")
            return client.recv(512)[:2] == b"\x12\x34"
        except OSError:
            return False

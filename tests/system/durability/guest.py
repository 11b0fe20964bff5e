#!/usr/bin/python3
"""Process 1 of the guest that test_kernel_disks.py boots: a User-Mode Linux whose root is the host's, read-only. The
spool is on ext4 on a device of the device mapper over the first image, which the host looks at afterwards.

The kernel makes variables of the words on its command line: TASK names one of the functions at the end. What they say
goes to the console, a line each, and END if nothing went wrong."""

import ctypes
import fcntl
import os
import socket
import struct
import sys
import threading
import traceback

os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from disks import run, unmount  # noqa: E402
from doors import BIN, DOORS, daemon_on, end  # noqa: E402
from test_crashes import load  # noqa: E402
from test_power import SHOTS, Client  # noqa: E402
from waiting import wait_for  # noqa: E402

WORK = "/mnt/daemons"
LINEAR, LOG_WRITES = "linear /dev/ubda 0", "log-writes /dev/ubda /dev/ubdb"
# Up for 0 seconds, down for an hour.
DROP_WRITES, ERROR_WRITES = (f"flakey /dev/ubda 0 0 3600 1 {feature}" for feature in ("drop_writes", "error_writes"))
MANY = 30
FAULT = os.environ.get("POSTERN_FAULT")
POWER_OFF = 0x4321FEDC  # RB_POWER_OFF of reboot(2)


def say(*words):
    print(*words, flush=True)


class MappedDisk:
    """A disk whose table can be changed while it is mounted."""

    path = "/mnt/disk"

    def __init__(self, table):
        os.makedirs(self.path)
        with open("/sys/block/ubda/size") as size:
            self.sectors = int(size.read())
        self.dmsetup("create", "--table", f"0 {self.sectors} {table}")
        self.mount()

    @staticmethod
    def dmsetup(command, *arguments):
        run("dmsetup", "--noudevrules", "--noudevsync", command, "disk", *arguments)

    def mount(self):
        # Nothing but a sync writes the journal: the timer, 5 s by default, would save what nobody synced.
        run("mount", "-o", "commit=300", "/dev/dm-0", self.path)

    def prepare(self, table):
        self.dmsetup("load", "--table", f"0 {self.sectors} {table}")

    def switch(self):
        """To the prepared table, at once: what the file system has not written stays unwritten."""
        self.dmsetup("resume", "--noflush", "--nolockfs")

    def again(self):
        """After the power came back: the journal is all that helps."""
        unmount(self.path)
        self.prepare(LINEAR)
        self.switch()
        self.mount()

    def mark(self, text):
        self.dmsetup("message", "0", "mark", text.replace(" ", "\\ "))

    def stop(self):
        unmount(self.path)
        self.dmsetup("remove")


def daemon(disk):
    posternd = daemon_on(disk, WORK)
    if FAULT:
        posternd.process_environment = {"LD_PRELOAD": f"{BIN}/libfaults.so"}
    posternd.start()
    if FAULT:
        os.sync()  # the mutant is to lose the message, not the directories
    return posternd


def cut(disk, posternd, words):
    """The power fails; `words` were acknowledged before. What is acknowledged on a disk that lies does not count."""
    disk.switch()
    end(posternd)
    disk.again()
    say("SHOT", *words)


def drop_writes():
    disk = MappedDisk(LINEAR)
    for n in range(SHOTS):
        posternd = daemon(disk)
        disk.prepare(DROP_WRITES)
        assert DOORS["shim"](posternd, f"shot-one-{n}", size=(1000, 300_000)[n % 2]), posternd.read_log()
        cut(disk, posternd, [f"shot-one-{n}"])
    for n in range(0 if FAULT else 2):  # a mutant is shown by one message alone
        posternd = daemon(disk)
        disk.prepare(DROP_WRITES)
        ending = threading.Event()
        clients = [Client(posternd, door, f"{n}-{door}", ending) for door in DOORS]
        for one in clients:
            one.start()
        wait_for(lambda: sum(len(one.acknowledged) for one in clients) >= MANY, 60, "enough messages")
        cut(disk, posternd, [word for one in clients for word in list(one.acknowledged)])
        ending.set()
        for one in clients:
            one.join()
    disk.stop()


def error_writes():
    disk = MappedDisk(LINEAR)
    for n in range(SHOTS):
        posternd = daemon(disk)
        disk.prepare(ERROR_WRITES)
        assert DOORS["shim"](posternd, f"shot-before-{n}")
        disk.switch()
        for _ in range(2):
            done = posternd.sendmail("Subject: shot-refused\n\nx\n", "-i", "b@example.com", check=False)
            say("EXIT", done.returncode)
        assert posternd.run("status").returncode in (0, 1, 2), "the daemon does not answer"
        assert posternd.process.poll() is None, posternd.read_log()
        end(posternd)
        disk.again()
        say("SHOT", f"shot-before-{n}")
    disk.stop()


def log_writes():
    load(MappedDisk(LOG_WRITES), WORK)


def prepare_machine():
    for kind, directory in (("proc", "/proc"), ("sysfs", "/sys"), ("tmpfs", "/mnt"), ("tmpfs", "/var/spool")):
        run("mount", "-t", kind, kind, directory)
    for module in ("dm-mod", "dm-flakey", "dm-log-writes"):
        run("insmod", f"/usr/lib/uml/modules/{os.uname().release}/kernel/drivers/md/{module}.ko")
    with socket.socket() as sock:
        fcntl.ioctl(sock, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: IFF_UP, IFF_RUNNING


try:
    prepare_machine()
    {"drop_writes": drop_writes, "error_writes": error_writes, "log_writes": log_writes}[os.environ["TASK"]]()
    say("END")
except BaseException as error:
    traceback.print_exc(file=sys.stdout)
    say(getattr(error, "stderr", ""))
finally:
    ctypes.CDLL(None).reboot(POWER_OFF)

"""Fixtures of the durability tests. Start them with tests/system/durability/run."""

import fcntl
import os
import signal
import socket
import struct
import sys

import pytest

PLACE = os.environ.get("POSTERN_DURABILITY")
# Only `run` makes the private view of the machine that these tests need.
collect_ignore_glob = [] if PLACE else ["test_*.py"]
os.environ.setdefault("POSTERN_BIN", "/nonexistent")
sys.path[:0] = [os.path.dirname(__file__), os.path.dirname(os.path.dirname(__file__))]

from tally import Tally  # noqa: E402

TALLY = pytest.StashKey()
SKIPPED = []


def pytest_configure(config):
    # A shell's background job ignores it, and so would every daemon started here.
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    config.addinivalue_line("markers", "last: runs after every other test")
    config.stash[TALLY] = Tally()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)
    if PLACE == "refused":
        for item in items:
            item.add_marker(pytest.mark.skip(reason="this machine permits no private namespaces or loop devices"))


def pytest_runtest_logreport(report):
    if report.skipped and PLACE == "inside":
        SKIPPED.append(f"{report.nodeid.split('::')[-1]}: {report.longrepr[2].removeprefix('Skipped: ')}")


def pytest_terminal_summary(terminalreporter, config):
    tally = config.stash[TALLY]
    if not tally.rows and not SKIPPED:
        return
    tally.skipped = SKIPPED
    terminalreporter.section("power loss: shots, and what they cost")
    for line in tally.lines():
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def tally(request):
    return request.config.stash[TALLY]


@pytest.fixture(scope="session", autouse=True)
def loopback():
    if PLACE != "inside":
        return
    with socket.socket() as sock:
        fcntl.ioctl(sock, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: IFF_UP, IFF_RUNNING


@pytest.fixture
def scratch(request):
    """A directory on the disk, for this test alone."""
    number = request.session.__dict__.setdefault("scratch_number", 0) + 1
    request.session.scratch_number = number
    path = f"{os.environ['POSTERN_DURABILITY_WORK']}/{number}"
    os.mkdir(path)
    os.chmod(path, 0o755)
    return path


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows the end of every daemon's log."""
    outcome = yield
    report = outcome.get_result()
    for daemon in getattr(item, "daemons", ()) if report.failed else ():
        if os.path.exists(daemon.log):
            report.sections.append((f"log of {daemon.directory}", daemon.read_log()[-6000:]))


@pytest.fixture
def daemons(scratch, disks, request):
    """Makes daemons on disks; they end before the disks do."""
    from doors import daemon_on, end
    made = request.node.daemons = []

    def make(disk, **options):
        made.append(daemon_on(disk, f"{scratch}/daemons", **options))
        return made[-1]
    yield make
    for one in made:
        end(one)


@pytest.fixture
def disks(scratch):
    """Makes disks and frees them, whatever the test did."""
    from disks import LoggingDisk, LoopDisk, cannot_shut_down, fuse_works
    made = []

    class Disks:
        @staticmethod
        def loop(kind, directory=None, **options):
            reason = cannot_shut_down(kind)
            if reason:
                pytest.skip(f"{kind}: {reason}")
            made.append(LoopDisk(directory or f"{scratch}/disk{len(made)}", kind, **options))
            return made[-1]

        @staticmethod
        def logging(kind, **options):
            reason = fuse_works()
            if reason:
                pytest.skip(f"M7: {reason}")
            made.append(LoggingDisk(f"{scratch}/disk{len(made)}", kind, **options))
            return made[-1]
    yield Disks
    for disk in made:
        disk.unmount() if isinstance(disk, LoopDisk) else disk.stop()

"""Fixtures. Start the tests with tests/system/run: it makes the disposable view of the machine they need."""

import fcntl
import itertools
import os
import socket
import struct
import zlib

import pytest

from auth_servers import Authorization, Bridges, DovecotSubmission, Practice
from certs import Certificates
from matrix import MECHANISMS, CallerTable, Matrix
from ports import PRACTICE, PRACTICE_STARTTLS
from postern import Posternd
from servers import PASSWORD, Dovecot, Exim, Postfix
from watch import Watch

INSIDE = os.environ.get("POSTERN_SYSTEM_TESTS")
CLAIMS = "/srv/claims"  # a directory that all views share, see run


MATRIX = pytest.StashKey()
CALLERS = pytest.StashKey()


def pytest_configure(config):
    config.addinivalue_line("markers", "last: runs after every other test of the same view")
    config.addinivalue_line("markers", "alone: judged by time or memory, so nothing else may run beside it")
    config.stash[MATRIX] = Matrix()
    config.stash[CALLERS] = CallerTable()


def pytest_terminal_summary(terminalreporter, config):
    matrix = config.stash[MATRIX]
    if matrix.cells:
        matrix.write()
        terminalreporter.section("logins: mechanism x server x result")
        terminalreporter.write(matrix.text())
    callers = config.stash[CALLERS]
    if callers.rows:
        callers.write()
        terminalreporter.section("callers x smarthosts")
        terminalreporter.write(callers.text())


def pytest_collection_modifyitems(items):
    items.sort(key=_place)
    if INSIDE == "inside":
        return
    reason = ("the real programs were not tried: this machine permits no private namespaces or overlays"
              if INSIDE == "refused" else "start the system tests with tests/system/run")
    for item in items:
        item.add_marker(pytest.mark.skip(reason=reason))


# What takes longest begins first, so that no view is left alone with it at the end.
LONG = ("test_durability", "test_privileges", "test_limits", "test_drop", "test_queue_control", "test_auth", "test_strict")


def _place(item):
    name = item.module.__name__
    return _is_last(item), LONG.index(name) if name in LONG else len(LONG)


def _is_last(item):
    return item.get_closest_marker("last") is not None


def _claimed(name):
    """Whether this file is ours: no other view has taken it."""
    try:
        os.close(os.open(f"{CLAIMS}/{name}", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def pytest_runtestloop(session):
    """pytest's own loop, over what is ours. A file is taken when its turn comes: a view that is early takes more."""
    if INSIDE != "inside" or not os.path.isdir(CLAIMS) or session.testsfailed:
        return None
    files = [list(items) for _, items in itertools.groupby(session.items, key=lambda item: (item.module.__name__, _is_last(item)))]
    for number, items in enumerate(files):
        if not _is_last(items[0]) and not _claimed(items[0].module.__name__):
            continue
        # What follows decides which fixtures are kept: those of the session are, as long as there is another file.
        following = files[number + 1][0] if number + 1 < len(files) else None
        for item, next_item in itertools.pairwise([*items, following]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=next_item)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
    return True


def _loopback_up():
    with socket.socket() as sock:
        fcntl.ioctl(sock, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: IFF_UP, IFF_RUNNING


@pytest.fixture(scope="session")
def work():
    """A directory on a real disk, the same path in every root."""
    _loopback_up()
    return "/srv/postern"


@pytest.fixture(scope="session")
def watch():
    watch = Watch()
    watch.secret(PASSWORD)
    yield watch
    watch.stop()


@pytest.fixture(scope="session")
def matrix(request):
    return request.config.stash[MATRIX]


@pytest.fixture(scope="session")
def caller_table(request):
    return request.config.stash[CALLERS]


@pytest.fixture(scope="session")
def certificates(work):
    return Certificates(f"{work}/certs")


@pytest.fixture(scope="session")
def dovecot(work):
    server = Dovecot(f"{work}/dovecot")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postfix(work, certificates, dovecot):
    server = Postfix(f"{work}/postfix", certificates, dovecot)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def exim(work, certificates):
    server = Exim(f"{work}/exim", certificates)
    server.start()
    yield server
    server.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows the end of every log that its fixtures own."""
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    for name, fixture in item.funcargs.items():
        log = getattr(fixture, "log", None)
        if isinstance(log, str) and os.path.exists(log):
            with open(log, errors="replace") as source:
                report.sections.append((f"log of {name}", "".join(source.readlines()[-40:])))


@pytest.fixture
def posternd(work, certificates, watch, request):
    """A daemon with a fresh directory, not yet started. It must end cleanly and its log must show no fault."""
    number = request.session.__dict__.setdefault("posternd_number", 0) + 1
    request.session.posternd_number = number
    os.makedirs(f"{work}/postern{number}")
    daemon = Posternd(f"{work}/postern{number}", certificates.ca, **getattr(request, "param", {}))
    daemon.watch = watch
    watch.directories.append(daemon.directory)
    yield daemon
    status = daemon.stop()
    assert status in (None, 0), f"posternd ended with {status}:\n{daemon.read_log()[-4000:]}"
    if os.path.exists(daemon.log):
        assert not daemon.faults()


@pytest.fixture
def inbox(request):
    """A local part nobody else uses."""
    words = "".join(c if c.isalnum() else "-" for c in request.node.name.lower()).strip("-")
    return f"{words[:40]}-{zlib.crc32(words.encode()):08x}"


def _serving(server):
    """A fixture's life of a server."""
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def dovecot_submission(work, certificates, postfix):
    yield from _serving(DovecotSubmission(f"{work}/dovecot-submission", certificates))


@pytest.fixture(scope="session")
def bridges(work, certificates):
    yield from _serving(Bridges(f"{work}/bridges", certificates))


@pytest.fixture(scope="session")
def authorization(work, certificates):
    if not os.path.isdir(Authorization.modules):
        pytest.skip("npm could not install the authorization server when the test roots were made")
    yield from _serving(Authorization(f"{work}/authorization", certificates))


@pytest.fixture(scope="session")
def practice(work, certificates, watch):
    yield from _serving(Practice(f"{work}/practice", PRACTICE, " ".join(MECHANISMS), "--client-ca", certificates.ca,
                                 "--token", watch.secret(Practice.token)))


@pytest.fixture(scope="session")
def practice_starttls(work, certificates, watch):
    yield from _serving(Practice(f"{work}/practice-starttls", PRACTICE_STARTTLS, " ".join(MECHANISMS),
                                 "--client-ca", certificates.ca, "--token", watch.secret(Practice.token), tls="starttls"))

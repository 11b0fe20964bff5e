"""Fixtures. Start the tests with tests/packaging/run."""

import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
WORK = pathlib.Path(os.environ.get("POSTERN_PACKAGING_WORK", "/nonexistent"))
REFUSED = os.environ.get("POSTERN_PACKAGING_REFUSED")
PEERS_DIR = os.environ.get("POSTERN_PEERS_DIR", "/nonexistent")
BUILD = pathlib.Path(os.environ.get("POSTERN_RELEASE_BIN", REPO / "build/release/bin")).parent


def run(*command, check=True, **more):
    result = subprocess.run([str(one) for one in command], capture_output=True, text=True, timeout=300, **more)
    if check and result.returncode != 0:
        pytest.fail(f"{command} ended with {result.returncode}:\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}")
    return result


class Machine:
    """An overlay of this machine's root; what one command changes the next one finds. Nothing runs in it between two."""

    def __init__(self, state, bound):
        self.state, self.bound = state, bound

    def run(self, *command, check=True):
        return run(HERE / "inside", "--bind", self.bound, self.state, *command, check=check)

    def shell(self, script, *arguments, check=True):
        return self.run("sh", "-ec", script, "sh", *arguments, check=check)

    def install(self, *packages, options=(), check=True):
        """From the files that are there alone: there is no network."""
        return self.run("apt-get", "install", "-y", "--no-install-recommends", "--allow-downgrades",
                        *options, *packages, check=check)

    def output(self, script, *arguments):
        return self.shell(script, *arguments).stdout.strip()

    def package_of(self, path):
        """The package that a file belongs to; nothing if there is no such file."""
        return self.output('[ -e "$1" ] || exit 0; dpkg -S "$1" | cut -d : -f 1', path)


@pytest.fixture
def machine(tmp_path_factory):
    if REFUSED != "":
        pytest.skip(REFUSED or "start the packaging tests with tests/packaging/run")
    bound = WORK / "bound"
    state = pathlib.Path(subprocess.run(["mktemp", "-d", WORK / "machine.XXXXXX"], capture_output=True, text=True,
                                        check=True).stdout.strip())
    yield Machine(state, bound)
    subprocess.run(["rm", "-rf", "--one-file-system", state], check=True)


OLDER = "postern-older.deb"
OLDEST = "postern-oldest.deb"


@pytest.fixture(scope="session")
def older(package):
    """Packages to upgrade from (see older_package), by their names in /srv/bound: OLDER, and with the settings as a conffile OLDEST."""
    run(HERE / "older_package", package, WORK / "bound" / OLDER)
    run(HERE / "older_package", package, WORK / "bound" / OLDEST, "conffile")


@pytest.fixture(scope="session")
def package():
    """The package, made of the build that is there; a machine has it in /srv/bound."""
    if not WORK.exists():
        pytest.skip("start the packaging tests with tests/packaging/run")
    (found,) = (WORK / "bound").glob("postern_*.deb")  # the older ones have a hyphen
    return found

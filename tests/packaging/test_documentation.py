"""The check of the documentation finds what is left out: each settings key of the manual and of the shipped file, options, commands."""

import re
import shutil

import pytest

from conftest import BUILD, REPO, run


@pytest.fixture
def copy(tmp_path):
    """What the check reads, to be spoilt."""
    for name in (".ci", "man", "config"):
        shutil.copytree(REPO / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("sendmail-shim/options.cc", "daemon/control/exits.h", "daemon/metrics/meters.cc"):
        (tmp_path / file).parent.mkdir(parents=True)
        shutil.copy(REPO / file, tmp_path / file)
    return tmp_path


def check(copy):
    return run(copy / ".ci/check-docs.py", BUILD / "bin", check=False)


def spoil(path, change):
    text = path.read_text(encoding="utf-8")
    spoilt = change(text)
    assert spoilt != text
    path.write_text(spoilt, encoding="utf-8")


def keys():
    lines = run(BUILD / "bin/posternd", "--list-keys").stdout.splitlines()
    assert len(lines) > 50
    return [line.split("\t")[0] for line in lines]


def test_whole_it_is_good(copy):
    result = check(copy)
    assert (result.returncode, result.stdout) == (0, "check-docs: 0 problems\n"), result.stderr


def test_f18_every_key_that_the_manual_leaves_out_is_named(copy):
    spoil(copy / "man/postern.yaml.5", lambda text: re.sub(r"(?m)^\.It Ic ", ".It Cm ", text))
    result = check(copy)
    assert result.returncode == 1
    assert [key for key in keys() if f"man/postern.yaml.5: the key {key} is missing" not in result.stdout] == []


def test_f18_every_key_that_the_shipped_file_leaves_out_is_named(copy):
    spoil(copy / "config/postern.yaml", lambda text: re.sub(r"(?m)^#( *(?:- )?)([a-z0-9_]+):", r"#\1\2x:", text))
    result = check(copy)
    assert result.returncode == 1
    assert [key for key in keys() if f"config/postern.yaml: the key {key} is missing" not in result.stdout] == []


@pytest.mark.parametrize("page, left_out, named", [
    ("postern-setup.8", ".It Fl -undo", "the option --undo is missing"),
    ("postern.8", "Fl -accept-weaker", "the option --accept-weaker is missing"),
    ("posternd.8", "Fl -list-keys", "the option --list-keys is missing"),
    ("sendmail.1", ".It Fl t", "the option -t"),
])
def test_an_option_that_a_manual_leaves_out_is_named(copy, page, left_out, named):
    # Every mention of it, also in the synopsis and in the examples.
    word = left_out.split("Fl ")[1]
    spoil(copy / "man" / page, lambda text: re.sub(r"(Fl |-)" + re.escape(word) + r"(?![\w-])", "Cm", text))
    result = check(copy)
    assert result.returncode == 1 and named in result.stdout, result.stdout

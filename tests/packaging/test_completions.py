"""The completions, asked of the shells themselves. `postern` is a stand-in that answers as the daemon does."""

import pathlib
import re
import shutil

import pytest

from conftest import BUILD, REPO, run

MADE = REPO / "packaging/completions"
IDS = ["66aa25cws0q8km0r", "66aa25cx00q8km0s"]
SITES = ["backup", "provider"]
STAND_IN = """#!/bin/sh
case "$*" in
  "--json queue list --limit 200")
    echo '{"kind":"entry","id":"66aa25cws0q8km0r","sender":"a@b"}'
    echo '{"kind":"entry","id":"66aa25cx00q8km0s","sender":"a@b"}' ;;
  "--json status")
    echo '{"kind":"status","host":"x","name":"no","smarthosts":[{"name":"provider","state":"well"},{"name":"backup"}]}' ;;
esac
"""
HANDLING = ["bounce", "delete", "hold", "list", "release", "reroute", "retry", "show"]

# The words before the cursor, the last one unfinished, and what is offered for it.
CASES = [
    (["qu"], ["queue"]),
    (["queue", ""], HANDLING),
    (["queue", "re"], ["release", "reroute", "retry"]),
    (["--json", "queue", "ho"], ["hold"]),
    (["--socket", "/tmp/s", "queue", "ho"], ["hold"]),
    (["queue", "show", ""], IDS),
    (["queue", "show", IDS[0], "66"], IDS),
    (["queue", "list", "--sort", ""], ["largest", "newest", "next", "oldest"]),
    (["queue", "list", "--state", "he"], ["held"]),
    (["queue", "list", "--site", ""], SITES),
    (["queue", "reroute", IDS[0], "--to", "ba"], ["backup"]),
    (["queue", "reroute", "--a"], ["--all", "--any"]),
    (["queue", "list", "--sen"], ["--sender"]),
    (["check", ""], SITES),
    (["check", "--ver"], ["--verbose"]),
    (["metrics", "--format", "o"], ["openmetrics"]),
    (["status", "--wa"], ["--watch"]),
    (["status", "--js"], ["--json"]),
    (["send-test", "--time"], ["--timeout"]),
    (["--vers"], ["--version"]),
    (["login", ""], SITES),
    (["explain", "ba"], ["backup"]),
    (["explain", "--to", "ba"], []),
    (["setup", "--tls", ""], ["implicit", "none", "starttls"]),
    (["setup", "--sender-policy", "a"], ["account"]),
    (["setup", "--import", "p"], ["postfix"]),
    (["import", "--from", ""], ["dma", "exim", "msmtp", "nullmailer", "postfix", "ssmtp"]),
]


def said_by_help(*command):
    """The commands below this one, and its options, with those of every command."""
    text = run(BUILD / "bin/postern", *command, "--help").stdout.partition("\nExit codes:")[0]
    below = re.findall(r"(?m)^  (\w\S*)  ", text.partition("\nSubcommands:")[2])
    options = re.findall(r"(?m)^ {2,4}(?:-\w,)?(--[a-z-]+)", text)
    return below, sorted({*options, "--help", "--json", "--socket"})


# Every option of every command, as its own help has it.
for command in said_by_help()[0]:
    below, options = said_by_help(command)
    CASES.append(([command, "--"], options))
    CASES += [([command, one, "--"], said_by_help(command, one)[1]) for one in below]
assert len(CASES) > 40


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    directory = tmp_path_factory.mktemp("completions")
    stand_in = directory / "postern"
    stand_in.write_text(STAND_IN)
    stand_in.chmod(0o755)
    shutil.copy(MADE / "postern.zsh", directory / "_postern")
    return {"PATH": f"{directory}:/usr/bin:/bin", "HOME": str(directory), "LC_ALL": "C.UTF-8", "TERM": "xterm",
            "FUNCTIONS": str(directory)}


def bash(words, environment):
    script = f"source {MADE}/postern.bash; COMP_WORDS=(postern \"$@\"); COMP_CWORD=$#; _postern; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    return run("bash", "-c", script, "bash", *words, env=environment).stdout.split()


def fish(words, environment):
    line = " ".join(["postern", *words])
    script = f"source {MADE}/postern.fish; complete --do-complete '{line}'"
    return [one.split("\t")[0] for one in run("fish", "--no-config", "-c", script, env=environment).stdout.splitlines()]


# Zsh completes on a terminal alone, so it gets one. What it would offer is taken from compadd, which offers it; ^X ends a case.
ZSH = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; unsetopt beep; fpath=($FUNCTIONS $fpath); autoload -Uz compinit; compinit -D -u'
zpty -w shell 'compadd() { local -a __seen; [[ " $* " == *" -"[OAD]" "* ]] ||
  { builtin compadd -A __seen "$@"; (( ! $#__seen )) || print -rn -- "$__seen " >>$OUT }; builtin compadd "$@" }'
zpty -w shell 'next() { print >>$OUT; BUFFER= }; zle -N next; bindkey "^X" next; bindkey "^I" complete-word; print RE""ADY'
zpty -r -m shell answer '*READY*'
for line; do
  zpty -w -n shell "$line"$'\t\x18'
  (( ++ended ))
  for try in {1..2000}; do
    while zpty -r -t shell answer; do :; done  # a shell whose screen nobody reads waits
    (( $(wc -l <$OUT) < ended )) || break
    sleep 0.02
  done
done
zpty -d shell
"""


@pytest.fixture(scope="module")
def zsh_offers(environment):
    """All cases at once: it takes a second to start."""
    out = pathlib.Path(environment["HOME"], "out")
    out.touch()
    run("timeout", "240", "zsh", "-f", "-c", ZSH, "zsh", *(" ".join(["postern", *words]) for words, _ in CASES), env={**environment, "OUT": str(out)})
    lines = out.read_text().splitlines()
    assert len(lines) == len(CASES)
    return lines


NAMES = [" ".join(words) + "|" for words, _ in CASES]


@pytest.mark.parametrize("words, wanted", CASES, ids=NAMES)
@pytest.mark.parametrize("shell", [bash, fish], ids=lambda shell: shell.__name__)
def test_it_offers(shell, words, wanted, environment):
    assert sorted(shell(words, environment)) == wanted


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"zsh-{name}" for name in NAMES])
def test_zsh_offers(number, zsh_offers):
    assert sorted(set(zsh_offers[number].split())) == CASES[number][1]

#!/usr/bin/env python3
"""Holds the documentation to the programs: the configuration keys with their defaults (posternd --list-keys,
config/postern.yaml, postern.yaml.5), the options in --help (posternd.8, postern.8), sendmail's options
(sendmail-shim/options.cc, sendmail.1), what monitoring calls (postern-monitoring.7), and the commands and settings in the
EXAMPLES of every page. Exit status 1 if anything is missing on either side.

usage: check-docs.py BIN_DIR      the bin directory of a build, such as build/dev/bin"""

import itertools
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Root would judge the scratch files as the user postern, where there is one.
AS_THIS_USER = ["--user", "root"] if os.geteuid() == 0 else []
problems = 0
LISTS = ("smarthosts", "routes", "storms", "senders")  # of groups of keys


def complain(text):
    global problems
    problems += 1
    print(text)


def output(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=60)


def page(name):
    """The page's source as text: escapes and quotes gone, so that options read as they are typed."""
    path = ROOT / "man" / name
    if not path.exists():
        complain(f"man/{name}: there is no such page")
        return ""
    return path.read_text(encoding="utf-8").replace("\\-", "-").replace("\\&", "")


def keys(binary):
    rows = [line.split("\t") for line in output(binary, "--list-keys").stdout.splitlines()]
    if not rows:
        complain(f"{binary} --list-keys printed nothing")
    return {row[0]: row[2] for row in rows}


def uncommented(text):
    """Prose begins with '# ', a setting with '#' and its key or with two blanks or more."""
    lines = []
    for line in text.splitlines():
        prose = len(line) < 3 or line[0] != "#" or (line[1] == " " and line[2] != " ")
        lines.append("" if prose else line[1:])
    return "\n".join(lines) + "\n"


def yaml_keys(text):
    """path -> value of the few forms that the shipped file uses."""
    found, stack = {}, []
    for line in text.splitlines():
        match = re.match(r"( *)(- )?([a-z0-9_]+):(?: +(.*))?$", line)
        if not match:
            continue
        indent = len(match[1]) + len(match[2] or "")
        while stack and stack[-1][0] >= indent:
            stack.pop()
        parent = stack[-1][1] if stack else ""
        path = parent + ("[]." if parent in LISTS else "." if parent else "") + match[3]
        found[path] = (match[4] or "").strip()
        stack.append((indent, path))
    return found


def literal(standard):
    """A default that can be written into the file, not one that is computed."""
    return re.fullmatch(r"/\S+|\d+[A-Za-z]?|true|false|implicit|warn|mend|\[\".*\]", standard) is not None


def check_keys(binary):
    in_code = keys(binary)
    shipped = ROOT / "config" / "postern.yaml"
    text = uncommented(shipped.read_text(encoding="utf-8"))
    in_file = yaml_keys(text)
    manual = page("postern.yaml.5")
    in_manual = set(re.findall(r"^\.It Ic (\S+)$", manual, re.M))
    paragraphs = dict(re.findall(r"^\.It Ic (\S+)\n(.*?)(?=^\.(?:It|El|Sh))", manual, re.M | re.S))
    for key, standard in in_code.items():
        if key not in in_file:
            complain(f"config/postern.yaml: the key {key} is missing")
        elif literal(standard) and in_file[key] != standard:
            complain(f"config/postern.yaml: {key} shows {in_file[key]}, the default is {standard}")
        if key not in in_manual:
            complain(f"man/postern.yaml.5: the key {key} is missing (.It Ic {key})")
        elif literal(standard) and standard not in paragraphs[key].replace("\\(dq", '"'):
            complain(f"man/postern.yaml.5: the paragraph of {key} does not name its default {standard}")
    groups = {key[:i] for key in in_code for i in range(len(key)) if key[i] in ".["}
    for key in in_file:
        if key not in in_code and key not in groups and not key.startswith("aliases."):
            complain(f"config/postern.yaml: the program knows no key {key}")
    for key in in_manual - set(in_code):
        complain(f"man/postern.yaml.5: the program knows no key {key}")
    check_loads(binary, shipped, text)


# Keys of which a smarthost has at most one; the shipped file shows them all.
ALTERNATIVES = (("password_file", "password_credential", "password_command", "password"),
                ("token_file", "token_command", "oauth2"))


def without(text, keys):
    """The text without these keys of a smarthost and all that stands below them."""
    kept, inside = [], False
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        inside = line.strip().split(":")[0] in keys or (inside and (not line.strip() or indent > 4))
        kept.append("" if inside else line)
    return "\n".join(kept) + "\n"


def check_loads(binary, shipped, text):
    with tempfile.TemporaryDirectory() as scratch:
        stand_in = pathlib.Path(scratch, "stand-in")
        # A key with its certificate, since those are read as well; as a program or a password it is never used.
        certificate = output("openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", "-", "-subj", "/CN=x")
        stand_in.write_text(certificate.stdout)
        stand_in.chmod(0o700)
        text = re.sub(r"(?<![\w/])/(?:etc/aliases|(?:etc/postern|etc/ssl|var/lib/postern|usr/local)/[\w./-]+)", str(stand_in), text)
        files = [(shipped, "as shipped")]
        for chosen in itertools.product(*ALTERNATIVES):
            dropped = {key for group in ALTERNATIVES for key in group} - set(chosen)
            path = pathlib.Path(scratch, "-".join(chosen) + ".yaml")
            path.write_text(without(text, dropped))
            path.chmod(0o600)
            files.append((path, "with every key uncommented, of the alternatives " + " and ".join(chosen)))
        for path, what in files:
            result = output(binary, "--check", "--config", path, *AS_THIS_USER)
            if result.returncode != 0:
                complain(f"config/postern.yaml {what}: posternd --check ends with {result.returncode}:\n"
                         + result.stdout + result.stderr)


def long_options(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - {"--help"}


def check_options(name, manual, help_text):
    options = long_options(help_text)
    in_manual = set(re.findall(r"-{1,2}[a-z][a-z-]+", re.sub(r"\bFl -?", lambda m: "--" if "-" in m[0] else "-", manual)))
    for option in sorted(options):
        if option not in in_manual:
            complain(f"man/{name}.8: the option {option} is missing")


def check_programs(bin_dir):
    check_options("posternd", page("posternd.8"), output(bin_dir / "posternd", "--help").stdout)
    manual = page("postern.8")
    help_text = output(bin_dir / "postern", "--help").stdout
    check_options("postern", manual, help_text)
    for command in subcommands(help_text):
        inner = output(bin_dir / "postern", command, "--help").stdout
        check_command(manual, command, inner)
        for below in subcommands(inner):
            check_command(manual, f"{command} {below}", output(bin_dir / "postern", command, below, "--help").stdout)


def subcommands(help_text):
    match = re.search(r"^(?:SUBCOMMANDS|Subcommands|Commands):\n((?:[ \t]+.*\n)+)", help_text + "\n", re.M)
    return re.findall(r"^ {1,4}([a-z][a-z-]*)\b", match[1], re.M) if match else []


def check_command(manual, command, help_text):
    own = f"postern-{command.replace(' ', '-')}.8"  # some have a page of their own for their options
    if (ROOT / "man" / own).exists():
        manual += page(own)
    if not re.search(r"\b" + command.replace(" ", r"\s+(?:Cm\s+)?") + r"\b", manual):
        complain(f"man/postern.8: the command '{command}' is missing")
    check_options("postern", manual, help_text)


def check_sendmail():
    source = ROOT / "sendmail-shim" / "options.cc"
    rows = re.findall(r"OptionRow\{'(.)',\s*\w+,\s*Use::(\w+)", source.read_text(encoding="utf-8"))
    if not rows:
        complain("sendmail-shim/options.cc: the table of options was not found; adapt check-docs.py")
    manual = page("sendmail.1")
    letters = set(re.findall(r"\bFl (\w)", manual))
    for line in re.findall(r"^\.(?:It|Op) Fl .*$", manual, re.M):
        letters |= set(re.findall(r"(?<= )(\w)(?= , | Ns |$)", line))
    for letter, use in rows:
        if letter not in letters:
            complain(f"man/sendmail.1: the option -{letter} ({use}) is missing")
    for letter in sorted(letters - {letter for letter, _ in rows}):
        complain(f"man/sendmail.1: the program knows no option -{letter}")


def statuses(manual, section, item):
    match = re.search(rf"^\.S[hs] {section}\n(.*?)(?=^\.S[hs] )", manual, re.M | re.S)
    if not match:
        complain(f"man: there is no section {section}; adapt check-docs.py")
    return set(re.findall(rf"^\.It {item}(\d+)$", match[1], re.M)) if match else set()


def check_monitoring(binary):
    """Every exit status of the commands, the metrics and the keys that postern-monitoring.7 names."""
    name = "postern-monitoring.7"
    manual = page(name)
    in_code = re.findall(r"inline constexpr int k\w+ = (\d+);",
                         (ROOT / "daemon" / "control" / "exits.h").read_text(encoding="utf-8"))
    for command, wanted in (("postern status", set(in_code)), ("mailq", statuses(page("mailq.1"), "EXIT STATUS", ""))):
        here = statuses(manual, command, "Li ")
        if here != wanted:
            complain(f"man/{name}: {command} has the statuses {sorted(here)}, they are {sorted(wanted)}")
    if statuses(page("postern.8"), "EXIT STATUS", "") != set(in_code):
        complain(f"man/postern.8: the exit statuses are {sorted(in_code)}")
    metrics = set(re.findall(r'"(postern_\w+)"', (ROOT / "daemon" / "metrics" / "meters.cc").read_text(encoding="utf-8")))
    for metric in sorted(set(re.findall(r"\bpostern_\w+", manual)) - metrics):
        complain(f"man/{name}: there is no metric {metric}")
    for key in sorted(set(re.findall(r"^\.Ic ([a-z][a-z_.]*)$", manual, re.M)) - set(keys(binary))):
        complain(f"man/{name}: the program knows no key {key}")


def displays(examples):
    """The commands and files in a section EXAMPLES as they are typed: a list of lines for each that stands by itself."""
    found, inside = [], False
    for line in examples.replace("\\(aq", "'").replace("\\(dq", '"').replace("\\en", "\\n").splitlines():
        if re.match(r"\.(Bd|RS)\b", line):
            inside = True
            found.append([])
        elif re.match(r"\.(Ed|RE)\b", line):
            inside = False
        elif line.startswith(".Dl "):
            found.append([line[4:]])
        elif inside and not line.startswith("."):
            found[-1].append(line)
    return found


PROGRAMS = ("postern", "posternd", "sendmail", "mailq", "newaliases")


def calls(display):
    """The words of each call of our programs in these lines, of which those that are commands begin with a prompt or a
    time of cron's."""
    for line in display:
        command = re.sub(r"^([#$] |\*\S* (\S+ ){4})", "", line)
        if command == line:
            continue
        lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
        lexer.whitespace_split, lexer.commenters = True, ""
        words = list(lexer)
        for at, word in enumerate(words):
            begins = at == 0 or re.fullmatch(r"[|&;()]+|--|until|if|\w+=.*", words[at - 1])
            if word in PROGRAMS and begins:
                end = next((i for i in range(at, len(words)) if re.fullmatch(r"[|&;()<>]+", words[i])), len(words))
                yield words[at:end]
            elif " " in word:  # what is handed to a shell
                yield from calls(["$ " + word])


def check_call(name, words, bin_dir, letters):
    program, arguments = words[0], words[1:]
    if program in ("sendmail", "mailq", "newaliases"):
        for option in (word for word in arguments if re.match(r"-[a-zA-Z]", word)):
            if option[1] not in letters:
                complain(f"man/{name}: an example has {program} {option}, which there is not")
        return
    place, help_text = [], output(bin_dir / program, "--help").stdout
    options = long_options(help_text)
    for word in arguments if program == "postern" else []:
        if word not in subcommands(help_text):
            continue
        place.append(word)
        help_text = output(bin_dir / program, *place, "--help").stdout
        options |= long_options(help_text)
    if program == "postern" and not place:
        complain(f"man/{name}: an example has no command of postern: {' '.join(words)}")
    for option in sorted({word.split("=")[0] for word in arguments if word.startswith("--")} - options):
        complain(f"man/{name}: an example has '{program} {' '.join(place)} {option}', which there is not")


def check_examples(bin_dir):
    source = (ROOT / "sendmail-shim" / "options.cc").read_text(encoding="utf-8")
    letters = set(re.findall(r"OptionRow\{'(.)'", source))
    known = set(keys(bin_dir / "posternd"))
    groups = {key[:i] for key in known for i in range(len(key)) if key[i] in ".["}
    for path in sorted((ROOT / "man").glob("*.[1-9]")):
        match = re.search(r"^\.S[Hh] EXAMPLES\n(.*?)(?=^\.S[Hh] )", page(path.name), re.M | re.S)
        examples = displays(match[1]) if match else []
        if len(examples) < 2:
            complain(f"man/{path.name}: EXAMPLES has {len(examples)} examples; two are the least")
        for example in examples:
            for words in calls(example):
                check_call(path.name, words, bin_dir, letters)
            if any(re.match(r"smarthosts:|spool:", line) for line in example):
                for key in yaml_keys("\n".join(example) + "\n"):
                    if key not in known and key not in groups and not key.startswith("aliases."):
                        complain(f"man/{path.name}: an example has the key {key}, which there is not")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    bin_dir = pathlib.Path(sys.argv[1])
    check_keys(bin_dir / "posternd")
    check_programs(bin_dir)
    check_sendmail()
    check_monitoring(bin_dir / "posternd")
    check_examples(bin_dir)
    print(f"check-docs: {problems} problems")
    return 1 if problems else 0


sys.exit(main())

#!/usr/bin/env python3
"""Holds man/postern-providers.7 to the program and to the presets: each of its examples is good for posternd --check,
and each preset of config/providers.yaml has a part in the manual whose example has the preset's server, port, encryption,
limits and URLs; the manual names no other preset. Without that file the examples alone are checked. Exit status 1 if
anything is wrong.

usage: check-providers.py BIN_DIR [REPOSITORY]      the bin directory of a build, such as build/dev/bin"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

problems = 0


def complain(text):
    global problems
    problems += 1
    print(text)


def parts(manual):
    """(title, preset or None, example) of each provider."""
    text = manual.read_text(encoding="utf-8")
    for part in re.split(r"(?m)^\.Ss ", text)[1:]:
        title = part.split("\n", 1)[0]
        preset = re.search(r"(?m)^Preset:\n\.Cm (\S+)$", part)
        examples = re.findall(r"(?ms)^\.Bd -literal -offset indent\n(smarthosts:.*?)^\.Ed$", part)
        if len(examples) != 1:
            complain(f"{manual.name}: {title} has {len(examples)} examples, not one")
        yield title, preset and preset[1], (examples or [""])[0].replace("\\-", "-").replace("\\e", "\\")


def check_example(posternd, title, example):
    with tempfile.TemporaryDirectory() as scratch:
        secret = pathlib.Path(scratch, "secret")
        secret.write_text("x\n")
        secret.chmod(0o600)
        path = pathlib.Path(scratch, "postern.yaml")
        path.write_text("hostname: web1.example.com\naliases: { root: admin@example.com }\n"
                        + re.sub(r"(?<=_file: )/\S+", str(secret), example))
        path.chmod(0o600)
        # Root would judge the scratch files as the user postern, where there is one.
        user = ["--user", "root"] if os.geteuid() == 0 else []
        command = [posternd, "--check", "--config", path, *user]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        told = result.stderr.splitlines()
        if result.returncode != 0 or told:
            complain(f"postern-providers.7: {title}: posternd --check ends with {result.returncode}:\n" + "\n".join(told))


def presets(path):
    """name -> the lines that its example must have. `from` is left out: where the login is no address the manual names one."""
    rows, name, inside = {}, None, False
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"- name: (\S+)$", line):
            name, inside = match[1], False
            rows[name] = []
        elif re.match(r"  smarthost:$", line):
            inside = True
        elif not line.startswith("    "):
            inside = False
        elif inside and not re.match(r"    (from|user):", line):
            rows[name].append(line.strip())
    return rows


def compare(rows, examples):
    for name, lines in rows.items():
        if name not in examples:
            complain(f"postern-providers.7: the preset {name} is missing (Preset: .Cm {name})")
            continue
        written = [line.strip().removeprefix("- ") for line in examples[name].splitlines()]
        for line in lines:
            if line not in written:
                complain(f"postern-providers.7: {name}: config/providers.yaml has '{line}', the example has not")
    for name in sorted(set(examples) - set(rows)):
        complain(f"postern-providers.7: config/providers.yaml has no preset {name}")


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    root = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else pathlib.Path(__file__).resolve().parent.parent
    found = list(parts(root / "man/postern-providers.7"))
    if not found:
        complain("postern-providers.7: no provider was found")
    for title, _, example in found:
        check_example(pathlib.Path(sys.argv[1]) / "posternd", title, example)
    file = root / "config/providers.yaml"
    if file.is_file():
        compare(presets(file), {preset: example for _, preset, example in found if preset})
    print(f"check-providers: {len(found)} providers, {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

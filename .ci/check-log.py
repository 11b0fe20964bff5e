#!/usr/bin/env python3
"""Holds the log's events to two texts. tests/golden/log/levels has each event with its level, so that whoever makes or changes
one reads it beside all others of that level and beside the rule in posternd(8), LOG. packaging/systemd/postern.catalog, which
journalctl -x shows, names events and fields: each must be there. Exit status 1 if one of them disagrees with daemon/.

usage: check-log.py [--write]      --write makes the table of levels anew"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "tests" / "golden" / "log" / "levels"
CATALOG = ROOT / "packaging" / "systemd" / "postern.catalog"
STRING = r'"(?:[^"\\]|\\.)*"'
# The names that fields have in the journal (base/journal.cc), where these are others.
FIELD_NAMES = {"id": "QUEUE_ID", "to": "RECIPIENT", "orig_to": "ORIGINAL_RECIPIENT", "from": "SENDER"}
# Events and levels that are chosen elsewhere than in the call: what stands there, and what it may be.
CHOSEN = {
    "mail::name(finding.status.verdict)": ("delivered", "deferred", "failed"),
    "about": ("bounced", "delay reported", "success reported"),
    "what": ("site down", "site still down", "site down: the login failed"),
}


def arguments(text, at):
    """The arguments of the call whose bracket opens at `at`."""
    found, depth, quoted, begin, i = [], 0, False, at + 1, at
    while True:
        c = text[i]
        if quoted:
            quoted = c != '"'
            i += c == "\\"
        elif c == '"':
            quoted = True
        elif c in "({[":
            depth += 1
        elif c in ")}]":
            depth -= 1
        if not quoted and (depth == 0 or (depth == 1 and c == ",")):
            found.append(" ".join(text[begin:i].split()))
            begin = i + 1
        if depth == 0:
            return found
        i += 1


def texts(expression):
    """The literals in it, those that stand side by side as one."""
    return ["".join(part[1:-1] for part in re.findall(STRING, run)) for run in re.findall(rf"{STRING}(?:\s*{STRING})*", expression)]


def calls():
    """The function and the arguments of each call that makes a line."""
    for path in sorted((ROOT / "daemon").rglob("*.cc")):
        source = path.read_text(encoding="utf-8")
        for match in re.finditer(r"(?<![\w.:>])(log|warn_once|tell_gone)\(", source):
            given = arguments(source, match.end() - 1)
            # A field that has a name of its own stands above the call.
            named = re.findall(r"LogField (\w+)\((\"\w+\")", source)
            given += [f"{{{key}" for variable, key in named if re.search(rf"[{{ ,]{variable}[ ,}}]", given[-1])]
            yield match[1], given
    source = (ROOT / "daemon" / "base" / "lost_lines.h").read_text(encoding="utf-8")
    for level, event in re.findall(rf"return \{{(Level::\w+), ({STRING}), fields_\}}", source):
        yield "log", [level, event, *re.findall(r"\{\"\w+\"", source)]


def events():
    """Event -> (levels, fields)."""
    found = {}
    for name, given in calls():
        level, event = ("Level::warning", given[2]) if name == "warn_once" else given[:2]
        words = texts(event) or CHOSEN.get(event, ())
        fields = set(re.findall(rf"\{{ ?\"([a-z_]+)\"", " ".join(given[2:])))
        levels = re.findall(r"Level::(\w+)", level) or ["varies"]
        if len(levels) == len(words):
            pairs = zip(words, levels)
        else:
            pairs = [(word, one) for word in words for one in levels]
        for word, one in pairs:
            known = found.setdefault(word, (set(), set()))
            known[0].add(one)
            known[1].update(fields)
    return found


def table(found):
    order = {level: place for place, level in enumerate(("error", "warning", "notice", "info", "debug", "varies"))}
    rows = [(order[min(levels, key=order.get)], event, "|".join(sorted(levels, key=order.get))) for event, (levels, _) in found.items()]
    return "".join(f"{levels}: {event}\n" for _, event, levels in sorted(rows))


def catalog_problems(found):
    for entry in re.split(r"(?m)^# (?=[^\n]*\n-- )", CATALOG.read_text(encoding="utf-8"))[1:]:
        event = entry.split("\n", 1)[0]
        if event not in found:
            yield f"the catalog explains \"{event}\", which nothing logs"
            continue
        has = {FIELD_NAMES.get(field, field.upper()) for field in found[event][1]}
        for field in sorted(set(re.findall(r"@POSTERN_([A-Z_]+)@", entry)) - has):
            yield f"the catalog names POSTERN_{field} of \"{event}\", which has {', '.join(sorted(has))}"


def main():
    found = events()
    problems = list(catalog_problems(found))
    if "--write" in sys.argv[1:]:
        TABLE.write_text(table(found), encoding="utf-8")
    elif TABLE.read_text(encoding="utf-8") != table(found):
        now, then = set(table(found).splitlines()), set(TABLE.read_text(encoding="utf-8").splitlines())
        problems += [f"{TABLE.name} does not have: {row}" for row in sorted(now - then)]
        problems += [f"{TABLE.name} has, and nothing logs: {row}" for row in sorted(then - now)]
    print("\n".join(problems) or f"log: {len(found)} events agree with their table and the catalog")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

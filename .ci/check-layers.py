#!/usr/bin/env python3
"""Holds the sources to the arrows of the design: which room may include which, and who may touch sockets,
TLS, the spool directory. Prints file:line, what is wrong and why; exit status 1 if there is anything.

usage: check-layers.py [REPOSITORY]"""

import pathlib
import re
import sys

BASE = {"base"}
ROOMS = {
    "base": BASE,
    "mail": {"mail"} | BASE,
    "smtp": {"smtp", "mail"} | BASE,
    "sasl": {"sasl"} | BASE,
    "net": {"net"} | BASE,
    "spool": {"spool", "mail"} | BASE,
    "queue": {"queue", "spool", "mail"} | BASE,
    "submission": {"submission", "queue", "smtp", "net", "mail"} | BASE,
    "history": {"history", "queue", "mail"} | BASE,
    "credentials": {"credentials", "sasl", "net"} | BASE,
    "relay": {"relay", "credentials", "smtp", "sasl", "net", "mail"} | BASE,
    "metrics": {"metrics", "queue", "history", "spool", "net", "mail"} | BASE,
    "control": {"control", "queue", "history", "net", "mail"} | BASE,
    "console": {"console", "net", "mail"} | BASE,
    "setup": {"setup", "console", "settings", "relay", "credentials", "net", "mail"} | BASE,
    "settings": {"settings", "mail"} | BASE,
    "sendmail-shim": {"sendmail-shim", "smtp", "mail"} | BASE,
}
ALL_ROOMS = set(ROOMS) | {"app"}
ROOMS["app"] = ALL_ROOMS - {"sendmail-shim", "console", "setup"}
PROGRAMS = {"main.cc": ROOMS["app"], "postern.cc": {"console", "setup", "settings", "base"}}

# Of the daemon's own code what a program does itself where no daemon answers.
WITHOUT_DAEMON = {"postern.cc": {"control/history_on_disk.h"}}

# What both ends of the administrator's socket agree on: values alone, that neither end's code comes with.
PROTOCOL = {"control/exits.h", "control/members.h", "control/queue_commands.h"}
PROTOCOL_FOR = {"console", "setup", "postern.cc"}

# What is configured lives in the room that reads it, in an option header of values alone. The settings fill these
# structs directly, so they may include such headers of rooms of which they may include nothing else. That stays
# harmless only as long as the headers bring nothing with them: no function, no owner of anything, no room but those of
# values.
OPTION_HEADER = re.compile(r"\w_options\.h$")
OPTIONS_FOR = {"settings": {"queue", "submission", "relay", "credentials", "history", "net", "sasl"}}
VALUE_ROOMS = {"base", "mail"}
NO_VALUES = re.compile(r"(boost|openssl|yaml-cpp)/|(functional|memory|future|thread|mutex)$")

SOCKETS = re.compile(r"boost/asio/(ip|local|ssl|generic)/|boost/asio/(connect|basic_.*socket.*)\.hpp")
OPENSSL_ROOMS = {"net", "sasl"}
OPENSSL_FILES = {"daemon/base/hash.cc"}
DURABLE_FILES = {"daemon/base/durable_file.cc", "daemon/base/line_file.cc"}
SPOOL_CALLS = re.compile(r"(?<![\w.>])(?:::)?\b(openat|renameat2|renameat|fsync|fdatasync|unlinkat|syncfs|linkat)\s*\(")
REGEX = re.compile(r"\bstd::regex\b")
QUESTION, REFUSAL = 400, 600

problems = 0


def complain(path, line, text):
    global problems
    problems += 1
    print(f"{path}:{line}: {text}")


def without_comments(text):
    """The text with comments and strings blanked, line for line."""
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)


def check_includes(path, room, allowed, text):
    options = OPTIONS_FOR.get(room, set())
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
        if not found:
            continue
        kind, name = found.groups()
        target = name.split("/")[0]
        if kind == '"':
            if "/" not in name or target not in ALL_ROOMS:
                complain(path, number, f'#include "{name}": write the path from daemon/, such as "base/log.h"')
            elif target not in allowed and not (target in options and OPTION_HEADER.search(name)) \
                    and not (room in PROTOCOL_FOR and name in PROTOCOL) \
                    and name not in WITHOUT_DAEMON.get(room, set()):
                arrows = " ".join(sorted(allowed))
                besides = f", and the *_options.h of: {' '.join(sorted(options))}" if options else ""
                besides += f", and {' '.join(sorted(PROTOCOL))}" if room in PROTOCOL_FOR else ""
                complain(path, number, f'#include "{name}": {room} may include only: {arrows}{besides}')
        elif name == "boost/asio.hpp":
            complain(path, number, "#include <boost/asio.hpp>: include what you use; the whole costs seconds a file")
        elif SOCKETS.match(name) and room != "net":
            complain(path, number, f"#include <{name}>: only net/ uses Asio's sockets and TLS; use net/stream.h")
        elif name.startswith("openssl/") and room not in OPENSSL_ROOMS and str(path) not in OPENSSL_FILES:
            complain(path, number, f"#include <{name}>: OpenSSL belongs to net/, sasl/ and base/hash.cc")
        elif name.startswith("yaml-cpp/") and room != "settings":
            complain(path, number, f"#include <{name}>: YAML belongs to settings/")


def check_options(path, allowed, text):
    """An option header, whatever its room may include otherwise."""
    why = "an option header holds values alone, since the settings include it; what is bound is added by the room"
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
        if not found:
            continue
        kind, name = found.groups()
        if kind == "<" and NO_VALUES.match(name):
            complain(path, number, f"#include <{name}>: {why}")
        elif kind == '"' and name.split("/")[0] not in VALUE_ROOMS & allowed and not OPTION_HEADER.search(name):
            rooms = " ".join(sorted(VALUE_ROOMS & allowed))
            complain(path, number, f'#include "{name}": it may include only {rooms} and other *_options.h: {why}')


def check_protocol(path, text):
    why = "what both ends of the administrator's socket share is values alone"
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
        if found and (found[2] not in PROTOCOL if found[1] == '"' else NO_VALUES.match(found[2])):
            complain(path, number, f"#include {found[1]}{found[2]}: {why}")


def check_words(path, room, text):
    for number, line in enumerate(without_comments(text).splitlines(), 1):
        if re.search(r"\basio::detached\b|\bboost/asio/detached", line):
            complain(path, number, "asio::detached swallows exceptions; use postern::spawn(executor, task, name)")
        call = SPOOL_CALLS.search(line)
        if call and room != "spool" and str(path) not in DURABLE_FILES:
            complain(path, number, f"{call.group(1)}(): only spool/ changes files in the spool; use queue/queue.h")
        if REGEX.search(line):
            complain(path, number, "std::regex recurses on its input; write the parser out")


FUNCTION = re.compile(r"(?:\[\[nodiscard\]\] |inline |constexpr |static )*(?!return\b|else\b)[\w:][\w:<>,&* ]*?[ &*](\w+)\(")


def functions(text, hidden):
    """Functions at the margin, in unnamed namespaces or outside of them: their names and lines."""
    inside = False
    for number, (line, code) in enumerate(zip(text.splitlines(), without_comments(text).splitlines()), 1):
        if line.startswith("namespace {"):
            inside = True
        elif line.startswith("}  // namespace"):
            inside = False
        elif inside == hidden and (found := FUNCTION.match(code)):
            yield found[1], number


def check_overloads(room, base):
    """`room`, `base`: their sources, as (path, text). A room compiles as one unit, where a function of an unnamed
    namespace that fits a call better, or hides one of base, takes the place of what another file means, without a word."""
    declared = {name: path for path, text in base + room if path.suffix == ".h"
                for name, _ in functions(text, hidden=False)}
    for path, text in room:
        for name, number in functions(text, hidden=True) if path.suffix == ".cc" else ():
            if name in declared and declared[name].stem != path.stem:
                complain(path, number, f"{name}() is declared in {declared[name]}, too, and the files of a room are one "
                                       "unit: call it otherwise")


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    sources = [p for d in ("daemon", "sendmail-shim", "tests") for p in sorted((root / d).rglob("*"))
               if p.suffix in (".cc", ".h")]
    rooms = {}
    for source in sources:
        path = source.relative_to(root)
        text = source.read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines > REFUSAL:
            complain(path, lines, f"{lines} lines; a file over {REFUSAL} is refused: split it by duty")
        elif lines > QUESTION:
            print(f"{path}: note: {lines} lines; over {QUESTION} is a question: one file, one duty?")
        if "boost/asio.hpp" in text and path.parts[0] == "tests":
            complain(path, 1, "#include <boost/asio.hpp>: include what you use")
        if path.parts[0] == "tests":
            continue
        if path.parts[0] == "sendmail-shim":
            room, allowed = "sendmail-shim", ROOMS["sendmail-shim"]
        elif len(path.parts) == 2:
            room, allowed = path.name, PROGRAMS.get(path.name, set())
        else:
            room, allowed = path.parts[1], ROOMS.get(path.parts[1])
        if allowed is None:
            complain(path, 1, f"{room} is no room of the design; add it to DESIGN and to .ci/check-layers.py")
            continue
        rooms.setdefault(path.parent, []).append((path, text))
        check_includes(path, room, allowed, text)
        if OPTION_HEADER.search(path.name):
            check_options(path, allowed, text)
        if str(path).removeprefix("daemon/") in PROTOCOL:
            check_protocol(path, text)
        check_words(path, room, text)
    for room in rooms.values():
        check_overloads(room, rooms[pathlib.PurePath("daemon/base")])
    print(f"check-layers: {len(sources)} files, {problems} problems")
    return 1 if problems else 0


sys.exit(main())

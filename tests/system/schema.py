"""What `postern --json` prints, held to config/output.schema.json. That is open, so that what a later version has more fits the
copy of today; here it is closed, and a member or a kind that is not documented is refused. Posternd.run() does it for each call,
so that the states of all tests are tried."""

import collections
import functools
import json
import pathlib

PATH = pathlib.Path(__file__).resolve().parents[2] / "config" / "output.schema.json"
MOST_OF_A_KIND = 20  # of one answer: a list may be long, and one line is like the other
OPEN = json.loads(PATH.read_text(encoding="utf-8"))


def _name(reference):
    return reference["$ref"].rsplit("/", 1)[1]


def _bases(value):
    """The definitions that others are made of: the whole is closed, and not they."""
    if isinstance(value, list):
        return set().union(*map(_bases, value))
    if not isinstance(value, dict):
        return set()
    return set(map(_name, value.get("allOf", []))).union(*map(_bases, value.values()))


def _closed(value, name=None):
    if isinstance(value, list):
        return list(map(_closed, value))
    if not isinstance(value, dict):
        return value
    whole = {key: _closed(inner) for key, inner in value.items()}
    if isinstance(value.get("properties"), dict) and name not in _bases(OPEN):
        whole["unevaluatedProperties"] = False
    return whole


DEFINITIONS = {name: _closed(definition, name) for name, definition in OPEN["$defs"].items()}
ROWS = [_name(row) for row in OPEN["anyOf"] if _name(row) != "later"]


def _resolved(definition):
    return DEFINITIONS[_name(definition)] if "$ref" in definition else definition


def _kinds(row):
    said = _resolved(DEFINITIONS[row]["properties"]["kind"])
    return [said["const"]] if "const" in said else said["enum"]


@functools.cache
def by_kind():
    """Kind -> the rows that it may be, with their validators."""
    import jsonschema  # which is in the test roots; what is only collected does without
    found = collections.defaultdict(dict)
    for row in ROWS:
        one = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{row}", "$defs": DEFINITIONS})
        for kind in _kinds(row):
            found[kind][row] = one
    return found


@functools.cache
def published():
    import jsonschema
    return jsonschema.Draft202012Validator(OPEN)


def rows_of(line):
    """The rows that it is as; one, if all is well."""
    return [row for row, one in by_kind().get(line.get("kind"), {}).items() if one.is_valid(line)]


def problems(line):
    """What the schema has against this line; empty: nothing."""
    if line.get("kind") not in by_kind():
        return [f"there is no kind {line.get('kind')}"]
    if len(rows_of(line)) == 1:
        return []
    found = [error for one in by_kind()[line["kind"]].values() for error in one.iter_errors(line)]
    return [f"{error.json_path}: {error.message}" for error in found] or ["more than one fits"]


def check(lines):
    """Fails at the first that is not as the schema says."""
    counted = collections.Counter()
    for line in lines:
        counted[line.get("kind")] += 1
        if counted[line.get("kind")] <= MOST_OF_A_KIND:
            against = problems(line)
            assert not against, f"{PATH} does not have: {against}\n{line}"


def read(printed):
    """The objects in what `postern --json` printed."""
    lines = [json.loads(line) for line in printed.splitlines() if line.strip()]
    check(lines)
    return lines


def members(value, path):
    """Where it has members: "entry.recipients[].address"."""
    if isinstance(value, dict):
        return set().union(*({f"{path}.{name}"} | members(inner, f"{path}.{name}") for name, inner in value.items()))
    return set().union(*(members(one, f"{path}[]") for one in value)) if isinstance(value, list) else set()


def printed(lines):
    """Where these lines have members, each as the row that it is."""
    return set().union(*(members(line, row) for line in lines for row in rows_of(line)))


def documented(definition=None, path=""):
    """Where the schema has members."""
    if definition is None:
        return set().union(*(documented(DEFINITIONS[row], row) for row in ROWS))
    definition = _resolved(definition)
    found = set().union(*(documented(base, path) for base in definition.get("allOf", [])))
    for name, inner in definition.get("properties", {}).items():
        found |= {f"{path}.{name}"} | documented(inner, f"{path}.{name}")
    return found | documented(definition["items"], f"{path}[]") if "items" in definition else found


def with_a_stranger(value):
    """Copies of it, each with one member more in one of its objects."""
    if isinstance(value, dict):
        yield {**value, "stranger": 1}
        for name, inner in value.items():
            for changed in with_a_stranger(inner):
                yield {**value, name: changed}
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            for changed in with_a_stranger(inner):
                yield [*value[:at], changed, *value[at + 1:]]

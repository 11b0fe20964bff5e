"""The tables that the tests fill and leave in output/: mechanism x server x result, and caller x smarthost. The second is kept
in callers/table.txt too."""

import os
import re

OUTPUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "output")

MECHANISMS = ("OAUTHBEARER", "XOAUTH2", "EXTERNAL", "SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS",
              "SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5")


def _aligned(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def _write(name, text):
    os.makedirs(OUTPUT, exist_ok=True)
    with open(os.path.join(OUTPUT, name), "w") as out:
        out.write(text)


class Matrix:
    """Each cell is what `postern check --json` said with that mechanism alone."""

    def __init__(self):
        self.cells = {}
        self.strongest = {}
        self.notes = []

    def fill(self, server, mechanism, result):
        self.cells.setdefault(server, {})[mechanism] = result

    def text(self):
        servers = list(self.cells)
        rows = [["", *(f"[{number}]" for number, _ in enumerate(servers, 1))]]
        rows += [[name, *(self.cells[server].get(name, "-") for server in servers)] for name in MECHANISMS]
        rows.append(["chosen by itself", *(self.strongest.get(server, "-") for server in servers)])
        lines = _aligned(rows)
        lines += [f"[{number}] {server}" for number, server in enumerate(servers, 1)]
        lines += ["ok: logged in; -: not offered by this server; anything else: why not", *self.notes]
        return "\n".join(lines) + "\n"

    def write(self):
        _write("auth-matrix.txt", self.text())


class CallerTable:
    """What became of each mail of each program, behind the smarthost that takes everything, behind the strict one with
    8BITMIME and behind the one without; and what stands in callers/table.txt of it."""

    MODES = ("plain", "strict", "strict7")
    KEPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "callers", "table.txt")
    HEAD = ("caller", "version", "invocation", "reverse-path", "plain", "strict", "strict 7-bit")

    def __init__(self):
        self.rows = {}
        self.cells, self.senders = {}, {}

    def fill(self, key, shown, mode, result):
        """`key` gives the order; `shown` is (caller, version, invocation)."""
        self.rows[key] = shown
        self.cells[key, mode] = result

    def _row(self, key):
        cells = [self.cells.get((key, mode), "-") for mode in self.MODES]
        return (*self.rows[key], self.senders.get(key, "-"), *cells)

    def text(self):
        rows = [self.HEAD, *(self._row(key) for key in sorted(self.rows))]
        return "\n".join([*_aligned(rows), "ok: taken by the smarthost and readable, by a strict one answerable too; anything else: why not; "
                          "-: not tried"]) + "\n"

    def write(self):
        _write("callers.txt", self.text())

    def keep(self):
        with open(self.KEPT, "w") as out:
            out.write(self.text())

    def kept(self):
        """The rows of the kept table as (caller, version, invocation, ...)."""
        with open(self.KEPT) as source:
            return [tuple(re.split("  +", line)) for line in source.read().splitlines()[1:-1]]

    def unlike_kept(self):
        """Rows that were filled and do not stand in the kept table as they are."""
        return sorted(set(map(self._row, self.rows)) - set(self.kept()))

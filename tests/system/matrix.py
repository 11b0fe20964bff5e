"""The table mechanism x server x result. Each cell is what `postern check --json` said with that mechanism alone."""

import os

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "output", "auth-matrix.txt")

MECHANISMS = ("OAUTHBEARER", "XOAUTH2", "EXTERNAL", "SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS",
              "SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5")


class Matrix:
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
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
        lines += [f"[{number}] {server}" for number, server in enumerate(servers, 1)]
        lines += ["ok: logged in; -: not offered by this server; anything else: why not", *self.notes]
        return "\n".join(lines) + "\n"

    def write(self):
        if not self.cells:
            return
        os.makedirs(os.path.dirname(FILE), exist_ok=True)
        with open(FILE, "w") as out:
            out.write(self.text())

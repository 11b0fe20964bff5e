"""The table at the end: what was shot at, and what came of it."""

import collections

COLUMNS = ("shots", "acknowledged", "lost", "damaged", "doubled")


class Tally:
    def __init__(self):
        self.rows = collections.OrderedDict()
        self.caught = collections.OrderedDict()
        self.skipped = []

    def count(self, method, **numbers):
        row = self.rows.setdefault(method, dict.fromkeys(COLUMNS, 0))
        for name, number in numbers.items():
            row[name] += number

    def mutant(self, name, methods):
        """`methods`: which ones noticed it."""
        self.caught[name] = methods

    def total(self, column):
        return sum(row[column] for row in self.rows.values())

    def lines(self):
        width = max([len(name) for name in self.rows] + [len("method"), len("all")])
        yield "method".ljust(width) + "".join(name.rjust(14) for name in COLUMNS)
        for name, row in self.rows.items():
            yield name.ljust(width) + "".join(str(row[column]).rjust(14) for column in COLUMNS)
        yield "all".ljust(width) + "".join(str(self.total(column)).rjust(14) for column in COLUMNS)
        yield "acknowledged: promises held against a disk; M7 and dm-log-writes hold each message against every image after it"
        if self.caught:
            yield ""
            for name, methods in self.caught.items():
                yield f"mutant {name}: " + ("caught by " + ", ".join(methods) if methods else "NOT CAUGHT")
            yield f"mutants: {sum(1 for methods in self.caught.values() if methods)} caught of {len(self.caught)} made"
        for text in self.skipped:
            yield f"skipped: {text}"

#!/usr/bin/env python3
"""GCC 12 destroys some temporaries of a co_await expression twice (braced aggregates, capturing lambdas) and
refuses others (initializer lists). This finds, in each statement that holds co_await:

  Name{...}    a braced temporary, which may be an aggregate; name the object on the line above
  ({...}, ...) a braced argument; likewise
  [x](...) {}  a capturing lambda; likewise

a loop `while (co_await f()) {}` with an empty body, of which GCC 12 makes an illegal instruction (keep the answer
in a variable and assign it in the body),

and, anywhere, a capturing lambda whose body is a coroutine: its captures die with the lambda, before the body
runs; write a function with parameters.

A script knows no types. A line that is right all the same (a class with a constructor, a trivial aggregate)
carries the comment  // coroutine-ok: REASON  on the line of the statement's co_await or of the brace.

usage: check-coroutines.py [FILE...]      without files: daemon/ sendmail-shim/ tests/"""

import pathlib
import re
import sys

KEYWORDS = {"else", "do", "try", "const", "noexcept", "override", "final", "return", "struct", "class", "mutable"}
TOKEN = re.compile(r"""
    //[^\n]* | /\*.*?\*/ | R"([^()\\\s]*)\(.*?\)\1" | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*(?<!\d)'
    | \w+ | :: | -> | == | <= | >= | && | \|\| | \S""", re.S | re.X)
# Durations have a constructor and nothing to free.
HARMLESS = {"Seconds", "Milliseconds"}
OPEN, CLOSE = {"(": ")", "[": "]", "{": "}"}, {")", "]", "}"}


class Token:
    def __init__(self, text, line):
        self.text, self.line = text, line
        self.mate = None


def tokens_of(text):
    tokens, stack = [], []
    for match in TOKEN.finditer(re.sub(r"(?m)^\s*#(?:.*\\\n)*.*$", lambda m: re.sub(r"[^\n]", "", m.group(0)), text)):
        word = match.group(0)
        if word.startswith(("//", "/*")):
            continue
        tokens.append(Token(word, text.count("\n", 0, match.start()) + 1))
        if word in OPEN:
            stack.append(len(tokens) - 1)
        elif word in CLOSE and stack:
            first = stack.pop()
            tokens[first].mate, tokens[-1].mate = len(tokens) - 1, first
    return tokens


def lambda_at(tokens, i):
    """(captures?, body's first token) if a lambda begins at tokens[i]."""
    if tokens[i].text != "[" or tokens[i].mate is None:
        return None
    before = tokens[i - 1].text if i else ""
    if re.fullmatch(r"\w+|\)|\]", before) and before not in ("return", "co_return", "co_await", "co_yield"):
        return None
    if tokens[i + 1].text == "[" or before == "[":
        return None  # an attribute
    j = tokens[i].mate + 1
    while j < len(tokens) and tokens[j].text != "{":
        if tokens[j].text in (";", ")", ",") or tokens[j].mate is None and tokens[j].text in OPEN:
            return None
        j = tokens[j].mate + 1 if tokens[j].text in ("(", "[") else j + 1
    if j >= len(tokens) or tokens[j].mate is None:
        return None
    return tokens[i].mate > i + 1, j


def is_block(tokens, i):
    """Does the brace at i open a block of statements rather than a value?"""
    before = tokens[i - 1].text if i else ";"
    if before in (";", "{", "}", ")", ":", "]") or before in KEYWORDS:
        return True
    j = i - 1
    while j >= 0 and tokens[j].text not in (";", "{", "}", "(", ",", "="):
        if tokens[j].text in ("namespace", "struct", "class", "enum", "union", "->"):
            return True
        j -= 1
    return False


def statement(tokens, i):
    """First and last token of the statement around tokens[i], without the blocks in it."""
    first, depth = i, 0
    while first > 0:
        before = tokens[first - 1]
        if before.text in (")", "]") or (before.text == "}" and before.mate is not None and
                                         not is_block(tokens, before.mate)):
            first = before.mate if before.mate is not None else first - 1
            continue
        if before.text in (";", "}") or (before.text == "{" and is_block(tokens, first - 1)):
            break
        first -= 1
    last = first
    while last < len(tokens):
        token = tokens[last]
        if token.text == ";" and depth == 0 or token.text == "{" and is_block(tokens, last) and last > i:
            break
        if token.text in ("(", "["):
            depth += 1
        elif token.text in (")", "]"):
            depth -= 1
            if depth < 0:
                break
        last += 1
    return first, last


def braces_in(tokens, first, last):
    i = first
    while i < last:
        found = lambda_at(tokens, i)
        if found:
            if found[0]:
                yield i, "a capturing lambda"
            i = tokens[found[1]].mate + 1
            continue
        if tokens[i].text == "{" and not is_block(tokens, i):
            before = tokens[i - 1].text
            if re.fullmatch(r"\w+|>", before):
                # `Type name{...}` declares; it ends with the statement and is no temporary.
                declared = before != ">" and i >= 2 and re.fullmatch(r"\w+|>|&|\*", tokens[i - 2].text) and \
                    tokens[i - 2].text not in ("return", "co_return", "co_await", "case")
                if not declared and before not in HARMLESS:
                    yield i, f"{before}{{...}}"
            else:
                yield i, "a braced argument"
        i += 1


def own_awaits(tokens, first, last):
    """co_await in the statement itself, not in the body of a lambda that stands in it."""
    i = first
    while i < last:
        found = lambda_at(tokens, i)
        if found:
            i = tokens[found[1]].mate + 1
            continue
        if tokens[i].text in ("co_await", "co_yield"):
            return tokens[i].line
        i += 1
    return None


def coroutine_body(tokens, first):
    i = first + 1
    while i < tokens[first].mate:
        found = lambda_at(tokens, i)
        if found:
            i = tokens[found[1]].mate + 1
            continue
        if tokens[i].text in ("co_await", "co_return", "co_yield"):
            return True
        i += 1
    return False


def empty_loop(tokens, i):
    """while or for at tokens[i] with co_await in its condition and nothing in its body?"""
    if tokens[i].text not in ("while", "for") or tokens[i + 1].text != "(" or tokens[i + 1].mate is None:
        return False
    after = tokens[i + 1].mate + 1
    if tokens[i - 1].text == "}" and tokens[tokens[i - 1].mate - 1].text == "do":
        empty = tokens[i - 1].mate == i - 2
    else:
        empty = tokens[after].text == ";" or tokens[after].text == "{" and tokens[after].mate == after + 1
    return empty and own_awaits(tokens, i + 2, after - 1) is not None


def check(path):
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    tokens = tokens_of(text)
    found = {}
    for i, token in enumerate(tokens):
        if token.text in ("co_await", "co_yield"):
            first, last = statement(tokens, i)
            awaited = own_awaits(tokens, first, last)
            if awaited is None:
                continue
            for brace, what in braces_in(tokens, first, last):
                found[(tokens[brace].line, what)] = (awaited, f"{what} in an expression with co_await: GCC 12 may "
                                                     "destroy it twice; name the object on the line above")
        if empty_loop(tokens, i):
            found[(token.line, "loop")] = (token.line, "co_await in the head of a loop without a body: GCC 12 makes an "
                                           "illegal instruction of it; keep the answer in a variable")
        made = lambda_at(tokens, i)
        if made and made[0] and coroutine_body(tokens, made[1]):
            found[(token.line, "lambda")] = (token.line, "a coroutine lambda with captures: they are gone when it "
                                             "resumes; write a function with parameters")
    problems = 0
    for (line, _), (awaited, why) in sorted(found.items()):
        if any("coroutine-ok:" in lines[n - 1] for n in (line, awaited)):
            continue
        problems += 1
        print(f"{path}:{line}: {why}")
    return problems


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    files = [pathlib.Path(name) for name in sys.argv[1:]] or [
        p for d in ("daemon", "sendmail-shim", "tests") for p in sorted((root / d).rglob("*")) if p.suffix in (".cc", ".h")]
    problems = sum(check(path) for path in files)
    print(f"check-coroutines: {len(files)} files, {problems} problems")
    return 1 if problems else 0


sys.exit(main())

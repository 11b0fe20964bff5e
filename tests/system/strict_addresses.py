"""Address lists by RFC 5322 section 3.4, on bytes. Of the obsolete syntax only a dot in a phrase is taken ("John Q. Public"),
as everybody does."""

import re

ENCODED_WORD = re.compile(rb"=\?[^?\s\x80-\xff]+\?[QqBb]\?[^?\s\x80-\xff]*\?=")
_ATOM = rb"A-Za-z0-9!#$%&'*+/=?^_`{|}~\-"
_TOKEN = re.compile(rb'(?P<blank>[ \t]+)|(?P<quoted>"(?:[^"\\\x80-\xff]|\\[\x00-\x7f]|(?P<q8>[\x80-\xff]))*")'
                    rb"|(?P<literal>\[[^\[\]\\\s]*\])|(?P<atom>[" + _ATOM + rb"\x80-\xff]+)|(?P<special>[<>@.,;:])")


class Malformed(Exception):
    """Says in words what is wrong."""


class _Token:
    def __init__(self, kind, text, glued):
        self.kind, self.text, self.glued = kind, text, glued

    def is_special(self, text):
        return self.kind == "special" and self.text == text


def _comment_end(value, at):
    depth = 0
    while at < len(value):
        if value[at:at + 1] == b"\\":
            at += 1
        elif value[at:at + 1] == b"(":
            depth += 1
        elif value[at:at + 1] == b")":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    raise Malformed("a comment without end")


def _tokens(value, utf8):
    found, at, glued = [], 0, False
    while at < len(value):
        if value[at:at + 1] == b"(":
            at, glued = _comment_end(value, at), False
            continue
        match = _TOKEN.match(value, at)
        if not match:
            raise Malformed(f"at {value[at:at + 10].decode('ascii', 'backslashreplace')}")
        if not match.group().isascii() and not utf8:
            raise Malformed("8-bit octets")
        at, kind = match.end(), match.lastgroup if match.lastgroup != "q8" else "quoted"
        if kind != "blank":
            found.append(_Token(kind, match.group(), glued))
        glued = kind != "blank"
    return found


def _spec(tokens):
    """(local part, domain or None) of the tokens of one addr-spec."""
    signs = [number for number, token in enumerate(tokens) if token.is_special(b"@")]
    if len(signs) > 1:
        raise Malformed("several @")
    local, domain = (tokens[:signs[0]], tokens[signs[0] + 1:]) if signs else (tokens, None)
    if len(local) != 1 or local[0].kind != "quoted":
        _dotted(local, "local part")
    if domain is not None and (len(domain) != 1 or domain[0].kind != "literal"):
        _dotted(domain, "domain")
        if not all(re.fullmatch(rb"[A-Za-z0-9_\x80-\xff](?:[A-Za-z0-9_\x80-\xff\-]*[A-Za-z0-9_\x80-\xff])?", token.text)
                   for token in domain[::2]):
            raise Malformed("a domain with characters that no host has")
    joined = [b"".join(token.text for token in one) if one is not None else None for one in (local, domain)]
    return joined[0], joined[1]


def _dotted(tokens, what):
    if not tokens or len(tokens) % 2 == 0:
        raise Malformed(f"a {what} that is no dot-atom")
    for number, token in enumerate(tokens):
        if (token.kind != "atom" if number % 2 == 0 else not token.is_special(b".")) or (number and not token.glued):
            raise Malformed(f"a {what} that is no dot-atom")


def addr_spec(value, utf8=False):
    """(local part, domain) of one address with nothing around it."""
    local, domain = _spec(_tokens(value, utf8))
    if domain is None:
        raise Malformed("no @")
    return local, domain


def mailboxes(value, utf8=False):
    """[(local part, domain or None)] of an address list, groups taken apart."""
    tokens = _tokens(value, utf8)
    found, words, group, needs, at = [], [], False, bool(tokens), 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token.is_special(b"<"):
            end = next((number for number in range(at, len(tokens)) if tokens[number].is_special(b">")), None)
            if end is None:
                raise Malformed("a < without >")
            if any(word.kind == "special" and word.text != b"." or word.kind == "literal" for word in words):
                raise Malformed("a display name with characters that must be quoted")
            found.append(_spec(tokens[at:end]))
            at, words, needs = end + 1, [], False
            if at < len(tokens) and not (tokens[at].kind == "special" and tokens[at].text in (b",", b";")):
                raise Malformed("words after an address")
        elif token.is_special(b":"):
            if group or not words or any(word.kind == "special" and word.text != b"." for word in words):
                raise Malformed("a : that begins no group")
            group, words, needs = True, [], False
        elif token.is_special(b",") or token.is_special(b";"):
            _close(words, found, needs)
            if token.is_special(b";"):
                if not group:
                    raise Malformed("a ; that ends no group")
                group = False
                if at < len(tokens) and not tokens[at].is_special(b","):
                    raise Malformed("words after a group")
                at += at < len(tokens)
                needs = at < len(tokens)
            else:
                needs = True
            words = []
        elif token.is_special(b">"):
            raise Malformed("a > without <")
        else:
            words.append(token)
    _close(words, found, needs)
    if group:
        raise Malformed("a group without end")
    return found


def _close(words, found, needs):
    """What stands before a comma or the end: an address without brackets, or what has been taken already."""
    if words:
        found.append(_spec(words))
    elif needs:
        raise Malformed("an empty place in the list")

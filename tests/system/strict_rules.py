"""What a strict smarthost refuses, in pure functions on bytes. Nothing here is Postern's: it is read from RFC 5321, 5322,
2045, 2047, 6152 and 6531, and from what public providers answer.

`sender_faults` and `recipient_faults` judge the commands, `faults` the text. A fault is (rule, words); RULES names them all,
so that the test of this file can show that each one can fail."""

import binascii
import collections
import re

from strict_addresses import ENCODED_WORD, Malformed, addr_spec, mailboxes

Fault = collections.namedtuple("Fault", "rule words")

# What the smarthost offers and grants: `account` is the only sender it takes (None: anybody), `null` whether <> is one too.
House = collections.namedtuple("House", "eight_bit utf8 account null", defaults=(True, True, None, True))

# What MAIL said: the sender, whether BODY=8BITMIME and SMTPUTF8 stood there; and the recipients taken.
Transaction = collections.namedtuple("Transaction", "sender recipients eight_bit utf8", defaults=(False, False))

RULES = {}
# What is wrong by the RFCs and refused by hardly anybody: kept as remarks.
REMARKS = ("encoded word too long",)
ONCE = ("from", "date", "message-id", "sender", "reply-to", "to", "cc", "bcc", "subject", "mime-version", "content-type",
        "content-transfer-encoding")
NEEDED = ("from", "date", "message-id")
LEFTOVERS = ("return-path", "content-length", "x-envelope-from", "status", "x-status")
ADDRESSES = ("from", "sender", "reply-to", "to", "cc", "bcc")
# Fields in which RFC 2047 section 5 has no encoded words; outside comments, and those do not matter here.
NO_WORDS = ("date", "message-id", "in-reply-to", "references", "mime-version", "content-type", "content-transfer-encoding",
            "content-disposition", "content-id")
DATE = re.compile(rb"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?[ \t]*\d\d? (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}"
                  rb" \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|GMT|UT)(?:[ \t]+\([^()]*\))?[ \t]*")
MESSAGE_ID = re.compile(rb"[ \t]*<[^\x00-\x20\x7f<>@()\[\]\\,;:\"]+@[^\x00-\x20\x7f<>@()\\,;\"]+>[ \t]*")
LIMIT = 998


class Mail:
    """A text cut into fields (name in small letters, value unfolded) and body lines."""

    def __init__(self, data):
        self.data = data
        self.lines = data.split(b"\r\n")
        if self.lines[-1] == b"":
            self.lines.pop()
        end = self.lines.index(b"") if b"" in self.lines else len(self.lines)
        self.head = self.lines[:end]
        self.body = self.lines[end + 1:]
        self.fields, self.strays = fields_of(self.head)

    def values(self, name):
        return [value for one, value in self.fields if one == name]


def fields_of(lines):
    """(fields, lines that are none)"""
    fields, strays = [], []
    for line in lines:
        name, colon, value = line.partition(b":")
        if line[:1] in (b" ", b"\t"):
            if fields and line.strip():
                fields[-1][1] += line
            else:
                strays.append(line)
        elif colon and re.fullmatch(rb"[\x21-\x39\x3b-\x7e]+", name):
            fields.append([name.decode().lower(), value])
        else:
            strays.append(line)
    return [(name, value.strip(b" \t")) for name, value in fields], strays


def rule(name):
    def keep(function):
        RULES[name] = function
        return function
    return keep


def faults(data, transaction, house):
    mail = Mail(data)
    return [Fault(name, words) for name, function in RULES.items() for words in function(mail, transaction, house)]


def _shown(data):
    text = data[:60].decode("ascii", "backslashreplace")
    return text + ("..." if len(data) > 60 else "")


def eight_bit(data):
    return not data.isascii()


# The commands

def sender_faults(address, transaction, house):
    """`address` is "" for the null sender."""
    if transaction.eight_bit and not house.eight_bit:
        yield Fault("BODY=8BITMIME", "8BITMIME is not offered")
    if address == "":
        if not house.null:
            yield Fault("foreign sender", "the null sender is not owned by the user")
        return
    words = _bare(address, transaction.utf8)
    if words:
        yield Fault("bare address", f"the sender {words}")
    elif house.account and address.lower() != house.account:
        yield Fault("foreign sender", f"{address} is not owned by the user")


def recipient_faults(address, transaction):
    words = _bare(address, transaction.utf8)
    if words:
        yield Fault("bare address", f"the recipient {words}")


def _bare(address, utf8):
    """Why this is no address that the world knows, or None."""
    try:
        local, domain = addr_spec(address.encode(), utf8)
    except Malformed as malformed:
        return f"{address}: {malformed}"
    if b"." not in domain and not domain.startswith(b"["):
        return f"{address}: its domain is no fully qualified name"
    return None


# The text as lines

@rule("line too long")
def _(mail, _transaction, _house):
    for number, line in enumerate(mail.lines, 1):
        if len(line) > LIMIT:
            yield f"line {number} has {len(line)} octets"
            return


@rule("bare CR or LF")
def _(mail, _transaction, _house):
    if re.search(rb"\r(?!\n)|(?<!\r)\n", mail.data):
        yield "a CR without LF or an LF without CR"


@rule("control")
def _(mail, _transaction, _house):
    if b"\0" in mail.data:
        yield "a NUL in the text"
    for line in mail.head:
        if re.search(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]", line):
            yield f"a control character in the header: {_shown(line)}"


@rule("8-bit text at a 7-bit server")
def _(mail, _transaction, house):
    if not house.eight_bit and eight_bit(mail.data):
        yield f"8-bit octets in: {_shown(next(line for line in mail.lines if eight_bit(line)))}"


@rule("8-bit body without BODY=8BITMIME")
def _(mail, transaction, house):
    if house.eight_bit and not transaction.eight_bit and any(map(eight_bit, mail.body)):
        yield f"8-bit octets in: {_shown(next(line for line in mail.body if eight_bit(line)))}"


# The header

@rule("no field")
def _(mail, _transaction, _house):
    for line in mail.strays:
        yield f"a line of the header that is no field: {_shown(line)}"


@rule("8-bit header")
def _(mail, transaction, _house):
    for name, value in mail.fields:
        if eight_bit(value) and not (transaction.utf8 and _is_utf8(value)):
            yield f"8-bit octets in {name}: {_shown(value)}"


def _is_utf8(value):
    try:
        value.decode()
        return True
    except UnicodeDecodeError:
        return False


@rule("SMTPUTF8 for nothing")
def _(mail, transaction, _house):
    addresses = [transaction.sender, *transaction.recipients]
    if transaction.utf8 and all(one.isascii() for one in addresses) and not any(map(eight_bit, mail.head)):
        yield "SMTPUTF8 was asked for, and nothing needs it"


@rule("missing field")
def _(mail, _transaction, _house):
    for name in NEEDED:
        if not mail.values(name):
            yield f"there is no {name}"
    if not any(mail.values(name) for name in ("to", "cc", "bcc")):
        yield "there is no to, cc or bcc"


@rule("doubled field")
def _(mail, _transaction, _house):
    for name in ONCE:
        if len(mail.values(name)) > 1:
            yield f"{len(mail.values(name))} fields {name}"


@rule("leftover field")
def _(mail, _transaction, _house):
    for name in LEFTOVERS:
        if mail.values(name):
            yield f"{name}: {_shown(mail.values(name)[0])}"


@rule("date")
def _(mail, _transaction, _house):
    for value in mail.values("date"):
        if not DATE.fullmatch(value):
            yield f"no date: {_shown(value)}"


@rule("message-id")
def _(mail, _transaction, _house):
    for value in mail.values("message-id"):
        if not MESSAGE_ID.fullmatch(value):
            yield f"no Message-ID: {_shown(value)}"


def _addresses(mail, transaction, names=ADDRESSES):
    """(name, value, its mailboxes or why there are none)"""
    for name in names:
        for value in mail.values(name):
            try:
                yield name, value, mailboxes(value, transaction.utf8), None
            except Malformed as malformed:
                yield name, value, [], str(malformed)


@rule("address list")
def _(mail, transaction, _house):
    for name, value, found, why in _addresses(mail, transaction):
        # What is 8-bit has a rule of its own.
        if why and not (eight_bit(value) and not transaction.utf8):
            yield f"{name} cannot be read ({why}): {_shown(value)}"
        elif not why and not found and name in ("from", "sender"):
            yield f"{name} has no address: {_shown(value)}"
    for _, value, found, _ in _addresses(mail, transaction, ["from"]):
        if len(found) > 1 and not mail.values("sender"):
            yield f"several authors and no sender: {_shown(value)}"


@rule("bare address")
def _(mail, transaction, _house):
    for name, _, found, _ in _addresses(mail, transaction):
        for local, domain in found:
            if domain is None:
                yield f"{name} has a bare address: {_shown(local)}"
            elif b"." not in domain and not domain.startswith(b"["):
                yield f"{name} has a domain that is no fully qualified name: {_shown(local + b'@' + domain)}"


@rule("foreign sender")
def _(mail, transaction, house):
    for name, _, found, _ in _addresses(mail, transaction, ["from", "sender"]):
        for local, domain in found:
            if house.account and domain is not None and (local + b"@" + domain).decode().lower() != house.account:
                yield f"{name} {_shown(local + b'@' + domain)} is not owned by the user"


# Encoded words

def words_of(value):
    return [match.group() for match in ENCODED_WORD.finditer(value)]


@rule("encoded word too long")
def _(mail, _transaction, _house):
    for name, value in mail.fields:
        for word in words_of(value):
            if len(word) > 75:
                yield f"an encoded word of {len(word)} octets in {name}"


@rule("encoded word that does not decode")
def _(mail, _transaction, _house):
    for name, value in mail.fields:
        for word in words_of(value):
            if not _decodes(word):
                yield f"{name}: {_shown(word)}"


def _decodes(word):
    _, charset, encoding, text, _ = word.split(b"?")
    try:
        if encoding in b"bB":
            text = binascii.a2b_base64(text, strict_mode=True)
        else:
            if re.search(rb"=(?![0-9A-Fa-f]{2})", text):
                return False
            text = binascii.a2b_qp(text, header=True)
        charset = charset.partition(b"*")[0].decode().lower()
        if charset not in ("unknown-8bit", "x-unknown"):
            text.decode(charset)
        return True
    except (binascii.Error, UnicodeDecodeError, LookupError):
        return False


@rule("encoded word where none may stand")
def _(mail, _transaction, _house):
    for name, value in mail.fields:
        if name in ADDRESSES:
            quoted = re.findall(rb'"(?:[^"\\]|\\.)*"', re.sub(rb"\((?:[^()\\]|\\.)*\)", b"", value))
            placed = [*quoted, *re.findall(rb"<[^<>]*>|[^\s<>,]*@[^\s<>,]*", value)]
            if any(words_of(one) for one in placed):
                yield f"in a quoted string or an address of {name}: {_shown(value)}"
        elif name in NO_WORDS and words_of(value):
            yield f"in {name}: {_shown(value)}"


# The body by MIME

@rule("undeclared 8-bit body")
def _(mail, _transaction, house):
    if house.eight_bit and any(map(eight_bit, mail.body)):
        # A comment may stand in it (RFC 2045 section 4).
        if [re.sub(rb"\(.*\)", b"", value).strip() for value in mail.values("mime-version")] != [b"1.0"]:
            yield "8-bit text and no MIME-Version: 1.0"
        elif not mail.values("content-type"):
            yield "8-bit text and no Content-Type"
        else:
            yield from _undeclared(mail.fields, mail.body, 0)


def _undeclared(fields, lines, depth):
    fields = dict(fields)
    encoding = fields.get("content-transfer-encoding", b"7bit").lower()
    content = fields.get("content-type", b"text/plain")
    if not any(map(eight_bit, lines)) or depth > 20:
        return
    if encoding not in (b"8bit", b"binary"):
        yield f"8-bit text in {_shown(content)} that says {_shown(encoding)}"
    for head, body in parts(content, lines):
        yield from _undeclared(fields_of(head)[0], body, depth + 1)


@rule("8-bit header of a part")
def _(mail, transaction, _house):
    yield from _part_headers(mail.fields, mail.body, transaction, 0)


def _part_headers(fields, lines, transaction, depth):
    for head, body in parts(dict(fields).get("content-type", b"text/plain"), lines) if depth <= 20 else []:
        inner, _ = fields_of(head)
        for name, value in inner:
            if eight_bit(value) and not (transaction.utf8 and _is_utf8(value)):
                yield f"8-bit octets in {name}: {_shown(value)}"
        yield from _part_headers(inner, body, transaction, depth + 1)


def parts(content, lines):
    """(lines of the header, lines of the body) of each part that stands in an entity as it is."""
    if content.lower().startswith(b"message/rfc822"):
        return [_cut(lines)]
    match = re.search(rb';\s*boundary\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))', content, re.IGNORECASE)
    if not content.lower().startswith(b"multipart/") or not match:
        return []
    delimiter = b"--" + (match[2] or re.sub(rb"\\(.)", rb"\1", match[1]))
    found, current = [], None
    for line in lines:
        bare = line.rstrip(b" \t")
        if bare in (delimiter, delimiter + b"--"):
            if current is not None:
                found.append(current)
            current = [] if bare == delimiter else None
        elif current is not None:
            current.append(line)
    if current is not None:
        found.append(current)
    return [_cut(one) for one in found]


def _cut(lines):
    end = lines.index(b"") if b"" in lines else len(lines)
    return lines[:end], lines[end + 1:]

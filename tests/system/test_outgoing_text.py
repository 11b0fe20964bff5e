"""What goes out decodes to what came in, as readers see it that nobody here wrote: Python's email package and GMime. The
messages are trees of MIME entities of all kinds and faults, and those of tests/golden/outgoing."""

import email
import email.errors
import email.policy
import os
import pathlib
import subprocess

import pytest

from mime_trees import Tree
from postern import BUILT

TREES = int(os.environ.get("POSTERN_TREES", "1500"))
GOLDEN = pathlib.Path(__file__).parent.parent / "golden/outgoing"
LONGEST = 998


class Rewriter:
    """rewrite-text, which is given one message after the other."""

    def __init__(self, *options):
        self.process = subprocess.Popen([f"{BUILT}/rewrite-text", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.eight_bit = "--seven-bit" not in options

    def __call__(self, text, piece=0):
        """(what goes out, whether that is the same, whether 8-bit text is in it, doubts)"""
        self.process.stdin.write(b"%d %d\n" % (len(text), piece) + text)
        self.process.stdin.flush()
        size, identity, left, count = map(int, self.process.stdout.readline().split())
        doubts = [self.process.stdout.readline().decode().strip() for _ in range(count)]
        return self.process.stdout.read(size), bool(identity), bool(left), doubts

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(60) == 0


@pytest.fixture(params=["8bit", "7bit"])
def rewriter(request):
    made = Rewriter(*(["--seven-bit"] if request.param == "7bit" else []))
    yield made
    made.close()


def on_the_wire(text):
    wire = text.replace(b"\n", b"\r\n")
    return wire if wire.endswith(b"\r\n") else wire + b"\r\n"


def shown(name):
    """A file name with a mark for each octet of its letters, as Python shows one whose octets are in no encoding."""
    return name and "".join(one if one.isascii() or one == "\ufffd" else "\ufffd" * len(one.encode()) for one in name)


def seen_by_python(wire):
    """Every leaf, with what it says it is."""
    seen = []
    for part in email.message_from_bytes(wire, policy=email.policy.compat32).walk():
        if isinstance(part.get_payload(), list):
            seen.append(part.get_content_type())
            continue
        said = part.get_content_type(), part.get_param("charset") if part["Content-Type"] else None
        content = part.get_payload(decode=True)
        if any(isinstance(one, email.errors.InvalidBase64LengthDefect) for one in part.defects):
            content = "no base64"  # and given as it is; what of that no decoder reads may be gone
        seen.append((said, shown(part.get_filename()), content))
    return seen


def is_told(one, other):
    """A multipart in which no part is found became the text that it is (RFC 2045 5.2): all of it, not its preamble alone."""
    return one[0][0].startswith("multipart/") and other[0][0] == "text/plain" and other[2].startswith(one[2].rstrip(b"\r\n"))


def same(before, after):
    """A type that was missing may have been added."""
    if len(before) != len(after):
        return False
    for one, other in zip(before, after):
        if isinstance(one, tuple) and isinstance(other, tuple):
            if one[0] == ("text/plain", None) and other[0][0] == "text/plain":
                other = (one[0], *other[1:])
            if is_told(one, other):
                continue
        if one != other:
            return False
    return True


def seen_by_gmime(gmime, wire):
    stream = gmime.StreamMem.new_with_buffer(wire)
    message = gmime.Parser.new_with_stream(stream).construct_message(None)
    seen = []

    def look(part):
        if isinstance(part, gmime.MessagePart):
            seen.append("message")
            look(part.get_message().get_mime_part())
        elif isinstance(part, gmime.Multipart):
            seen.append("multipart")
            for number in range(part.get_count()):
                look(part.get_part(number))
        elif part is not None:
            content, out = part.get_content(), gmime.StreamMem.new()
            if content is not None:
                content.write_to_stream(out)
            seen.append(bytes(out.get_byte_array()))

    look(message.get_mime_part())
    if isinstance(seen[-1], bytes):  # of the last line end of a multipart that is cut off readers think differently
        seen[-1] = seen[-1].removesuffix(b"\r\n")
    return seen


def is_acceptable(text, eight_bit):
    return all(len(line) <= LONGEST for line in text.split(b"\n")) and b"\r" not in text and b"\0" not in text and (
        eight_bit or text.isascii())


def check(rewriter, text, closed, name, piece=0):
    out, identity, left, doubts = rewriter(text, piece)
    before, after = seen_by_python(on_the_wire(text)), seen_by_python(on_the_wire(out))
    assert same(before, after), (name, text, out)
    assert not identity or out == text, (name, text, out)
    assert left or out.isascii(), (name, text, out)
    assert doubts or is_acceptable(out, rewriter.eight_bit), (name, text, out)
    for content in closed:
        assert content in out, (name, text, out)
    assert rewriter(out)[:2] == (out, True), (name, text, out, rewriter(out)[0])
    return out


def test_every_tree_decodes_to_the_same(rewriter):
    changed = 0
    for seed in range(TREES):
        tree = Tree(seed)
        piece = (0, 1, 7, 100)[seed % 4]
        changed += check(rewriter, tree.text, tree.closed, seed, piece) != tree.text
    assert changed > TREES / 4


def test_gmime_sees_the_same(rewriter):
    gi = pytest.importorskip("gi")
    gi.require_version("GMime", "3.0")
    from gi.repository import GMime
    GMime.init()
    for seed in range(0, TREES, 3):
        text = Tree(seed).text
        out = rewriter(text)[0]
        before, after = seen_by_gmime(GMime, on_the_wire(text)), seen_by_gmime(GMime, on_the_wire(out))
        assert len(before) == len(after), (seed, text, out)
        for one, other in zip(before, after):  # a multipart without parts became text
            assert one == other or (one == "multipart" and isinstance(other, bytes)), (seed, text, out)


@pytest.mark.parametrize("eight_bit", [True, False])
def test_the_golden_messages_decode_to_the_same(eight_bit):
    rewriter = Rewriter(*([] if eight_bit else ["--seven-bit"]))
    names = sorted(path for path in GOLDEN.glob("*.eml") if "strict" not in path.suffixes[0])
    assert len(names) >= 100
    for path in names:
        out = check(rewriter, path.read_bytes(), [], path.name)
        golden = path.with_suffix(".strict8.eml" if eight_bit else ".strict7.eml")
        assert out == (golden if golden.exists() else path).read_bytes(), path.name
    rewriter.close()

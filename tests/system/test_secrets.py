"""No secret in any output: the search over everything that the whole session's tests made Postern show."""

import base64
import urllib.parse

import pytest

from watch import Watch, spelt
from servers import PASSWORD

ENCODINGS = {
    "clear": lambda raw: raw,
    **{f"base64 after {n}": lambda raw, n=n: base64.b64encode(b"x" * n + raw + b"tail"[:t])
       for n, t in ((0, 0), (1, 1), (2, 2), (3, 3), (4, 0), (5, 1))},
    "url base64": base64.urlsafe_b64encode,
    "PLAIN": lambda raw: base64.b64encode(b"\0alerts@example.com\0" + raw),
    "XOAUTH2": lambda raw: base64.b64encode(b"user=alerts@example.com\1auth=Bearer " + raw + b"\1\1"),
    "hex": lambda raw: raw.hex().encode(),
    "upper hex": lambda raw: raw.hex().upper().encode(),
    "percent": lambda raw: urllib.parse.quote(raw, safe="").encode(),
    "all percent": lambda raw: b"".join(b"%%%02X" % byte for byte in raw),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("secret", [PASSWORD, "Zm9v+/bar_-1234567", "ünïcode secret", "12345678"])
def test_the_search_finds_a_planted_secret(encoding, secret):
    planted = b"2026 info id=1 text=\"before " + ENCODINGS[encoding](secret.encode()) + b" after\"\n"
    assert spelt([secret], planted)
    assert not spelt([secret], b"an innocent line of a log, id=2 login accepted\n")


def test_the_search_looks_at_every_place(tmp_path):
    watch = Watch()
    watch.stop()
    secret = watch.secret("planted-secret-77")
    watch.directories.append(str(tmp_path))
    assert watch.leaks() == []
    (tmp_path / "posternd.log").write_text(f"x {secret}\n")
    (tmp_path / "password").write_text(f"{secret}\n")
    watch.show("postern check", f"{secret}")
    watch.commands.add(b"posternd\0" + secret.encode())
    assert len(watch.leaks()) == 3


@pytest.mark.last
def test_v14_nothing_that_was_shown_holds_a_secret(watch):
    if not watch.directories:
        pytest.skip("no test with a daemon ran before")
    places = list(watch.places())
    assert any(where == "a command line" for where, _ in places)
    assert PASSWORD in watch.secrets
    assert watch.leaks(places) == []

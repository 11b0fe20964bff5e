"""Servers and programs that repeat the secrets they were given: everything that Postern shows of it is searched."""

import base64
import contextlib
import http.server
import json
import os
import socket
import threading
import urllib.parse

import pytest

from ports import NOBODY_LISTENS, REPEATING, REPEATING_MAIL
from postern import message, smarthost
from waiting import wait_for
from watch import spelt

SENDS = ["-i", "-f", "a@example.net"]
REFRESH = "1//0g-RefreshToken_of+this/test.4711~AbCdEfGhIjKlMn"
CLIENT = "client&secret+of/this test"
ACCESS = "ya29.a0Access-Token_of-this-test-0815-xyzXYZxyzXYZ"
DEVICE = "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS"


def _every(text, form):
    return "".join(form % byte for byte in text.encode())


SPELLINGS = {
    "as they are": lambda text: text,
    "in capitals": str.upper,
    "percent": lambda text: urllib.parse.quote(text, safe=""),
    "percent, small": lambda text: _every(text, "%%%02x"),
    "form": urllib.parse.quote_plus,
    "percent of percent": lambda text: urllib.parse.quote(urllib.parse.quote(text, safe=""), safe=""),
    "json": lambda text: _every(text, "\\u%04x"),
    "html": lambda text: _every(text, "&#%d;"),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "a SASL response": lambda text: base64.b64encode(f"user=alerts@example.com\1auth=Bearer {text}\1\1".encode()).decode(),
    "Basic": lambda text: base64.b64encode(f"postern:{urllib.parse.quote(text, safe='')}".encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "in lines": lambda text: "\n ".join(text[i:i + 6] for i in range(0, len(text), 6)),
    "the beginning": lambda text: text[:12] + "..." if len(text) > 30 else text,
}


class Repeating:
    """A token server on loopback that refuses everything and says what it was asked."""

    url = f"http://127.0.0.1:{REPEATING}"

    def __init__(self):
        self.spelling = SPELLINGS["as they are"]
        self.asked = 0
        self.answer = self.refuse
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                fields = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                outer.asked += 1
                status, body = outer.answer(self.path, {key: value[0] for key, value in fields.items()})
                body = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", REPEATING), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def said(self):
        return " and ".join(self.spelling(secret) for secret in (REFRESH, CLIENT, ACCESS, DEVICE))

    def refuse(self, path, fields):
        return 400, {"error": "invalid_grant", "access_token": ACCESS, "device_code": DEVICE,
                     "error_description": f"not taken: {self.said()}"}

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def repeating():
    server = Repeating()
    yield server
    server.close()


def _account(posternd, server):
    client = posternd.private("secret-of-client", CLIENT)
    refresh = posternd.private("refresh-token", REFRESH)
    oauth2 = (f'{{ token_url: "{server.url}/token", device_url: "{server.url}/device", client_id: postern, '
              f'client_secret_file: "{client}", refresh_token_file: "{refresh}" }}')
    keys = smarthost(REPEATING_MAIL, tls="none", oauth2=oauth2, allow_cleartext_auth="true")
    del keys["password_file"]
    return keys


class Greeter:
    """An SMTP server in clear text that offers every login and refuses each with what it was sent."""

    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept()
        self.listener.close()
        self.thread.join()

    def _serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    @staticmethod
    def _talk(client):
        with client, client.makefile("rwb", buffering=0) as lines:
            lines.write(b"220 smtp.example.com ESMTP\r\n")
            for line in lines:
                verb = line[:4].upper()
                if verb == b"EHLO":
                    lines.write(b"250-smtp.example.com\r\n250 AUTH PLAIN LOGIN OAUTHBEARER XOAUTH2\r\n")
                elif verb == b"AUTH":
                    lines.write(b"535 5.7.8 not taken: " + line.strip() + b"\r\n")
                elif verb == b"QUIT":
                    lines.write(b"221 2.0.0 bye\r\n")
                    return
                else:
                    lines.write(b"530 5.7.0 log in first\r\n")


@pytest.fixture
def greeter():
    server = Greeter(REPEATING_MAIL)
    yield server
    server.close()


def _everything(posternd):
    """{where: bytes} of all that the daemon shows anybody."""
    shown = {}
    for user in (None, "alice"):
        for words in (["status"], ["status", "--json"], ["queue", "list"], ["queue", "list", "--json"], ["history"], ["metrics"],
                      ["check"], ["check", "--json"], ["explain"]):
            run = posternd.run(*words, **({"user": user} if user else {}))
            shown[f"{' '.join(words)} as {user or 'root'}"] = run.stdout + run.stderr
    shown["mailq"] = posternd.run(program="mailq").stdout
    shown["the log"] = posternd.read_log().encode()
    for parent, _, names in os.walk(posternd.directory):
        for name in names:
            if name in ("told", "spool") or parent.startswith(posternd.spool):
                # The daemon goes on: it writes files under another name first, and removes them.
                with contextlib.suppress(FileNotFoundError), open(os.path.join(parent, name), "rb") as source:
                    shown[os.path.join(parent, name)] = source.read()
    return shown


def _bare(data):
    """As a reader would put it together."""
    return bytes(byte for byte in data.lower() if chr(byte).isalnum())


def _notified(posternd):
    """The settings of an alarm program that keeps what it is told."""
    told = f"{posternd.directory}/told"
    program = posternd.private("teller", f'#!/bin/sh\nprintf "%s\\n" "$@" >>{told}')
    os.chmod(program, 0o700)
    return f"notify: {{ command: [{program}], after: 0s }}\n", told


def test_what_a_token_server_repeats_is_shown_nowhere(posternd, repeating, greeter, watch):
    posternd.extra, told = _notified(posternd)
    posternd.arguments = ["--trace", "--debug"]
    posternd.configure(_account(posternd, repeating))
    posternd.start()
    posternd.sendmail(message("b@example.com", "x\n"), *SENDS, "b@example.com", user="alice")
    posternd.wait_reason()
    wait_for(lambda: os.path.exists(told), 20, "the alarm")
    secrets = [REFRESH, CLIENT, ACCESS, DEVICE]
    for name, spelling in SPELLINGS.items():
        repeating.spelling = spelling
        before = repeating.asked
        report = posternd.check()["main"]
        assert repeating.asked > before, name
        assert "invalid_grant" in str(report), (name, report)
        assert "words that may repeat a secret are not shown" in str(report), (name, report)
    for where, data in _everything(posternd).items():
        assert not spelt(secrets, data), where
        for secret in secrets:
            assert secret.encode()[:8] not in data, where
            assert _bare(secret.encode()) not in _bare(data), where
    assert b"invalid_grant" in posternd.run("status").stdout
    for words in (["status"], ["status", "--json"], ["queue", "list", "--json"]):
        run = posternd.run(*words, user="alice")
        assert b"invalid_grant" not in run.stdout + run.stderr, run
    repeating.spelling = lambda text: "nothing of it"
    assert "not taken: nothing of it and nothing of it" in str(posternd.check()["main"]), "words without a secret are told"


def test_what_a_server_of_the_device_grant_repeats_is_shown_nowhere(posternd, repeating, watch):
    posternd.configure(_account(posternd, repeating))
    posternd.start()
    good = {"device_code": DEVICE, "user_code": "WDJB-MJHT", "verification_uri": "https://login.example.com/device", "interval": 1}

    def login(answer=None, **changes):
        repeating.answer = lambda path, fields: ((200, {**good, **changes}) if path == "/device" else
                                                 (answer or repeating.refuse)(path, fields))
        run = posternd.run("login", "main")
        assert run.returncode != 0
        return (run.stdout + run.stderr).decode()

    for name, spelling in SPELLINGS.items():
        repeating.spelling = spelling
        if name == "the beginning":
            said = login()
            assert "https://login.example.com/device" in said and "invalid_grant" in said and "not shown" in said
        for field in ("verification_uri", "verification_uri_complete"):
            words = urllib.parse.quote(spelling(DEVICE), safe="%")
            said = login(**{field: f"https://login.example.com/device?code={words}"})
            assert "nobody was logged in" in said and "WDJB" not in said, (name, said)
            assert not spelt([DEVICE], said.encode()), name
    for bad in ("http://login.example.com/device", "javascript:alert(1)", "https://login.example.com@evil.example/",
                "https://login.example.com/\x1b[2J", "https://lоgin.example.com/", "https://login.example.com/" + "x" * 3000):
        said = login(verification_uri=bad)
        assert "nobody was logged in" in said and "WDJB" not in said and "\x1b" not in said, said
    for where, data in _everything(posternd).items():
        assert not spelt([DEVICE, REFRESH, CLIENT], data), where


PROGRAM = """#!/bin/sh
echo '{secret}'
echo "the vault of mallory is locked" >&2
{repeats}
exit 1
"""


def _program(posternd, secret, repeats=""):
    path = posternd.private("secret-teller", PROGRAM.format(secret=secret, repeats=repeats))
    os.chmod(path, 0o700)
    keys = smarthost(NOBODY_LISTENS, password_command=f"[{path}]")
    del keys["password_file"]
    return {**keys, "port": REPEATING_MAIL, "tls": "none", "allow_cleartext_auth": "true"}


def test_the_words_of_a_program_are_in_the_log_alone(posternd, greeter, watch):
    secret = watch.secret("opens-what-is-closed-99")
    posternd.extra, _ = _notified(posternd)
    posternd.configure(_program(posternd, secret))
    posternd.start()
    posternd.sendmail(message("b@example.com", "x\n"), *SENDS, "b@example.com", user="alice")
    posternd.wait_reason()
    shown = _everything(posternd)
    log = shown.pop("the log")
    shown.pop(posternd.log, None)
    assert b"the vault of mallory is locked" in log
    for where, data in shown.items():
        assert b"mallory" not in data, where
        assert not spelt([secret], data), where
    assert b"what it said is in the log" in shown["status as root"]
    for one in (f"echo 'not {secret}' >&2", f"printf %s '{secret}' | base64 >&2", f"echo 'not {secret[:12]}' >&2; echo '{secret[12:]}' >&2"):
        posternd.configure(_program(posternd, secret, one))
        posternd.reload()
        before = posternd.read_log().count("may repeat a secret are not shown")
        wait_for(lambda before=before: posternd.check() and
                 posternd.read_log().count("may repeat a secret are not shown") > before, 20, "the remark in the log")
    for where, data in _everything(posternd).items():
        assert not spelt([secret], data), where


def test_what_a_mail_server_repeats_of_a_login_is_shown_nowhere(posternd, greeter, watch):
    secret = "p/ss+word of: this&test"
    posternd.private("password", watch.secret(secret))
    posternd.configure({**smarthost(REPEATING_MAIL, tls="none"), "allow_cleartext_auth": "true"})
    posternd.arguments = ["--trace"]
    posternd.start()
    posternd.sendmail(message("b@example.com", "x\n"), *SENDS, "b@example.com", user="alice")
    posternd.wait_reason()
    for where, data in _everything(posternd).items():
        assert not spelt([secret], data), where

"""OAuth 2.0 with a real authorization server, and Dovecot asking it about every token."""

import http.client
import json
import os
import re
import socket
import stat
import subprocess
import time
import urllib.parse

import pytest

import schema
from auth_servers import Authorization
from postern import message, smarthost
from waiting import wait_for

SENDS = ["-i", "-f", "a@example.net"]


def _oauth2(authorization, certificates, client, **more):
    keys = {"token_url": f"{authorization.url}/token", "client_id": client, "ca_file": certificates.ca, **more}
    return "{ " + ", ".join(f"{key}: \"{value}\"" for key, value in keys.items()) + " }"


def _account(port, oauth2):
    keys = smarthost(port, oauth2=oauth2)
    del keys["password_file"]
    return keys


@pytest.fixture
def provider(authorization, watch):
    authorization.lifetime(3600)
    yield authorization
    watch.secrets |= authorization.secrets()
    authorization.lifetime(3600)


class Login:
    """`postern login`, with the person's part left to a script."""

    def __init__(self, posternd, *arguments):
        self.posternd, self.said = posternd, b""
        self.command = subprocess.Popen([f"{posternd.programs}/postern", "login", "main", *arguments],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.PIPE,
                                        env={**os.environ, **posternd.environment})
        os.set_blocking(self.command.stdout.fileno(), False)

    def wait_for(self, pattern):
        def found():
            ended = self.command.poll() is not None  # before the look at what it said, which is all then
            self.said += self.command.stdout.read() or b""
            return re.search(pattern, self.said) or ended
        wait_for(found, 20, pattern.decode())
        found = re.search(pattern, self.said)
        assert found, self.said
        return found[0].decode()

    def page(self):
        return self.wait_for(rb"https://\S+/(?:device\?user_code=[A-Z-]+|auth\?\S+)(?=\s)")

    def paste(self, text):
        self.command.stdin.write(text.encode() + b"\n")
        self.command.stdin.flush()

    def end(self):
        """The exit status, and all that the command printed."""
        try:
            self.command.wait(90)
        finally:
            self.command.kill()
        self.said += self.command.stdout.read() or b""
        self.posternd.watch.show("postern login main", self.said)
        return self.command.returncode, self.said.decode()


def _login(posternd, provider):
    """`postern login` by a person who agrees; what the command printed."""
    login = Login(posternd)
    provider.approve(login.page())
    return login.end()


def _person(posternd, provider, certificates, port=2530):
    return _account(port, _oauth2(provider, certificates, "postern", device_url=f"{provider.url}/device/auth",
                                  refresh_token_file=f"{posternd.directory}/refresh-token",
                                  scope="openid offline_access mail"))


def _desktop(posternd, provider, certificates, method="client_secret_post"):
    """As Google wants it: a client for programs with a browser, which has a secret."""
    more = {"auth_url": f"{provider.url}/auth?prompt=consent", "scope": "openid offline_access mail",
            "refresh_token_file": f"{posternd.directory}/refresh-token"}
    if method != "none":
        more["client_secret_file"] = posternd.private("secret-of-client", Authorization.desktop_secret)
    return _account(2530, _oauth2(provider, certificates, f"desktop-{method}", **more))


def _code_of(posternd, url):
    """A code is good once, and still it is in nothing that Postern shows."""
    posternd.watch.secret(re.search(r"[?&]code=([^&]+)", url)[1])
    return url


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_client_credentials(postfix, provider, posternd, certificates, inbox, method):
    secret = posternd.private("secret-of-client", Authorization.robot_secret)
    posternd.configure(_account(2530, _oauth2(provider, certificates, f"robot-{method}", client_secret_file=secret,
                                              scope="mail")))
    posternd.start()
    before = len(provider.issued("client_credentials"))
    to = f"{inbox}@example.com"
    for _ in range(3):
        posternd.sendmail(message(to, "x\n"), *SENDS, to)
    postfix.mail.wait(inbox, 3)
    posternd.wait_empty()
    assert posternd.check()["main"]["mechanism"] in ("OAUTHBEARER", "XOAUTH2")
    assert len(provider.issued("client_credentials")) - before == 1, "one token serves until it expires"


def test_login_by_a_person_then_mail(postfix, provider, posternd, certificates, inbox):
    posternd.configure(_person(posternd, provider, certificates))
    posternd.start()
    to = f"{inbox}@example.com"
    posternd.sendmail(message(to, "x\n"), *SENDS, to)
    assert "postern login" in posternd.wait_reason() + str(posternd.status())
    status, said = _login(posternd, provider)
    assert status == 0, said
    postfix.mail.wait(inbox)
    kept = f"{posternd.directory}/refresh-token"
    assert stat.S_IMODE(os.stat(kept).st_mode) == 0o600
    for one in ("OAUTHBEARER", "XOAUTH2"):
        posternd.configure({**_person(posternd, provider, certificates), "mechanisms": f"[{one}]"})
        assert posternd.run("reload").returncode == 0
        wait_for(lambda one=one: posternd.check()["main"].get("mechanism") == one, 20, f"a login with {one}")


def test_a_token_that_lives_two_seconds(postfix, provider, posternd, certificates, inbox):
    """100 messages in groups; port 2531 ends a connection that is idle for a second, so each group logs in again."""
    posternd.configure(_person(posternd, provider, certificates, port=2531))
    posternd.start()
    status, said = _login(posternd, provider)
    assert status == 0, said
    provider.lifetime(2)
    assert posternd.stop() == 0  # forgets the token that lives an hour
    posternd.start()
    before, begun = len(provider.issued("refresh_token")), time.monotonic()
    to = f"{inbox}@example.com"
    for _ in range(10):
        for _ in range(10):
            posternd.sendmail(message(to, "x\n"), *SENDS, to)
        time.sleep(1.3)
    postfix.mail.wait(inbox, 100, 60)
    posternd.wait_empty()
    elapsed = time.monotonic() - begun
    renewals = [one for one in provider.answers() if one.get("grant") == "refresh_token" and one["status"] == 200][before:]
    assert 3 <= len(renewals) <= elapsed / 2 + 2, (elapsed, len(renewals))
    gaps = [later["at"] - earlier["at"] for earlier, later in zip(renewals, renewals[1:])]
    assert min(gaps) >= 1, "a token is renewed when it ends and not before"
    rotated = [one["body"]["refresh_token"] for one in renewals]
    assert len(set(rotated)) == len(rotated), "the server rotates"
    with open(f"{posternd.directory}/refresh-token") as source:
        assert rotated[-1] in source.read(), "the last rotated token is on disk"
    assert len(postfix.mail.raw(inbox)) == 100


@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post"])
def test_login_by_a_browser_that_comes_back(postfix, provider, posternd, certificates, inbox, method):
    posternd.configure(_desktop(posternd, provider, certificates, method))
    posternd.start()
    before = len(provider.issued("authorization_code"))
    to = f"{inbox}@example.com"
    posternd.sendmail(message(to, "x\n"), *SENDS, to)
    login = Login(posternd)
    page = login.page()
    assert "code_challenge_method=S256" in page and "redirect_uri=http%3A%2F%2F127.0.0.1%3A" in page
    assert "This page can be closed" in provider.approve(page)
    status, said = login.end()
    assert status == 0, said
    postfix.mail.wait(inbox)
    assert stat.S_IMODE(os.stat(f"{posternd.directory}/refresh-token").st_mode) == 0o600
    assert len(provider.issued("authorization_code")) == before + 1
    assert "server's name is not known" not in posternd.read_log(), "the answer is judged by the name in it (RFC 9207)"


def test_what_a_login_prints_for_programs_is_as_the_schema_says(postfix, provider, posternd, certificates):
    posternd.configure(_desktop(posternd, provider, certificates))
    posternd.start()
    login = Login(posternd, "--json")
    provider.approve(json.loads(login.wait_for(rb'{[^\n]*"kind": *"browser"[^\n]*}\n'))["url"])
    status, said = login.end()
    assert status == 0, said
    lines = schema.read(said)
    assert (lines[0]["kind"], lines[-1]["kind"]) == ("browser", "check")


def test_a_page_on_a_host_that_the_browser_alone_can_reach_is_shown_all_the_same(provider, posternd, certificates):
    """As where a firewall drops what this machine sends there: it takes ten seconds until that is given up."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        base = f"https://127.0.0.1:{silent.getsockname()[1]}"
        posternd.configure(_account(2530, _oauth2(provider, certificates, "desktop-none", token_url=f"{base}/token",
                                                  auth_url=f"{base}/auth",
                                                  refresh_token_file=f"{posternd.directory}/refresh-token")))
        posternd.start()
        login = Login(posternd)
        try:
            assert login.page().startswith(f"{base}/auth?")
        finally:
            login.command.kill()
            login.end()
    assert "server's name is not known" in posternd.read_log()


def test_login_by_an_address_that_is_pasted(postfix, provider, posternd, certificates, inbox):
    """The browser is on another machine, as over ssh."""
    posternd.configure(_desktop(posternd, provider, certificates))
    posternd.start()
    login = Login(posternd)
    page = login.page()
    redirect = re.search(r"redirect_uri=([^&]+)", page)[1]
    login.paste("what is this?")
    login.wait_for(rb"Not understood: .*\n")
    address = _code_of(posternd, provider.approve(page, follows=False))
    assert address.startswith(urllib.parse.unquote(redirect))
    login.paste(re.sub(r"state=[^&]+", "state=of-somebody-else", address))
    login.wait_for(rb"its state is not the one of this login")
    login.paste(address)
    status, said = login.end()
    assert status == 0, said
    to = f"{inbox}@example.com"
    posternd.sendmail(message(to, "x\n"), *SENDS, to)
    postfix.mail.wait(inbox)


def test_whoever_else_knocks_changes_nothing(postfix, provider, posternd, certificates):
    posternd.configure(_desktop(posternd, provider, certificates))
    posternd.start()
    login = Login(posternd)
    page = login.page()
    port = int(re.search(r"127.0.0.1%3A(\d+)", page)[1])
    state = re.search(r"[?&]state=([^&]+)", page)[1]

    def knock(target, host=f"127.0.0.1:{port}", method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request(method, target, headers={"Host": host})
        return connection.getresponse().status
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
    assert knock("/?code=stolen&state=guess") == 400
    assert knock("/?error=access_denied&state=guess") == 400
    assert knock(f"/?code=stolen&state={state}", host="evil.example") == 421
    assert knock(f"/other?code=stolen&state={state}") == 404
    assert knock(f"/?code=stolen&state={state}", method="POST") == 405
    assert "This page can be closed" in provider.approve(page)
    status, said = login.end()
    assert status == 0, said
    for one in silent:
        one.close()
    with pytest.raises(OSError):
        knock("/")
    assert posternd.read_log().count("none of this login") == 1


def test_a_person_who_refuses(postfix, provider, posternd, certificates):
    posternd.configure(_desktop(posternd, provider, certificates))
    posternd.start()
    login = Login(posternd)
    provider.approve(login.page(), agrees=False)
    status, said = login.end()
    assert status == 77 and "access_denied" in said, said
    assert not os.path.exists(f"{posternd.directory}/refresh-token")


def test_a_login_that_nobody_waits_for_any_more_shuts_its_door(postfix, provider, posternd, certificates):
    posternd.configure(_desktop(posternd, provider, certificates))
    posternd.start()
    login = Login(posternd)
    port = int(re.search(r"127.0.0.1%3A(\d+)", login.page())[1])
    login.command.kill()

    def shut():
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return False
        except ConnectionRefusedError:
            return True
    wait_for(shut, 20, "the door of the login to be shut")

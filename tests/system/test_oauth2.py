"""OAuth 2.0 with a real authorization server, and Dovecot asking it about every token."""

import os
import re
import stat
import subprocess
import time

import pytest

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


def _login(posternd, provider):
    """`postern login` with the person's part done by a script; what the command printed."""
    command = subprocess.Popen([f"{posternd.programs}/postern", "login", "main"], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                               env={**os.environ, **posternd.environment})
    os.set_blocking(command.stdout.fileno(), False)
    said = b""

    def address():
        nonlocal said
        said += command.stdout.read() or b""
        return re.search(rb"https://\S+/device\?user_code=[A-Z-]+", said) or command.poll() is not None
    wait_for(address, 20, "the address to open")
    found = re.search(rb"https://\S+/device\?user_code=[A-Z-]+", said)
    assert found, said
    provider.approve(found[0].decode())
    try:
        command.wait(30)
    finally:
        command.kill()
    said += command.stdout.read() or b""
    posternd.watch.show("postern login main", said)
    return command.returncode, said.decode()


def _person(posternd, provider, certificates, port=2530):
    return _account(port, _oauth2(provider, certificates, "postern", device_url=f"{provider.url}/device/auth",
                                  refresh_token_file=f"{posternd.directory}/refresh-token",
                                  scope="openid offline_access mail"))


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
        posternd.reload()
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

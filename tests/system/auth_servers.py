"""The servers that only the tests of logins need: Dovecot's submission service, the SASL libraries behind a bridge, an
authorization server, the practice smarthost, and GNU SASL's own client."""

import http.cookiejar
import html
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import urllib.parse
import urllib.request

from ports import (AUTHORIZATION_HTTP, AUTHORIZATION_HTTPS, CYRUS_TLS12, CYRUS_TLS13, DOVECOT_IMPLICIT, DOVECOT_STARTTLS,
                   GSASL_TLS12, GSASL_TLS13)
from postern import BUILT
from servers import PASSWORD, TRUSTING_PORT, USER, _read, _write, cyrus_database
from waiting import wait_for, wait_for_port

HERE = os.path.dirname(os.path.abspath(__file__))


class Process:
    """A server that is one child of ours; `log` takes what it says."""

    def __init__(self, directory, command, ports, **options):
        os.makedirs(directory, exist_ok=True)
        self.directory, self.command, self.ports, self.options = directory, command, ports, options
        self.log = f"{directory}/out"
        self.process = None

    def start(self):
        with open(self.log, "a") as out:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **self.options)

        def ready():
            assert self.process.poll() is None, f"{self.command[:3]} ended:\n{_read(self.log)[-3000:]}"
            return True
        for port in self.ports:
            wait_for(ready, 1, self.command[0])
            wait_for_port(port)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class DovecotSubmission:
    """Dovecot as the SMTP server itself: the one that takes EXTERNAL from a client's certificate. It passes mail on to
    Postfix."""

    host = "smtp.example.com"
    starttls, implicit = DOVECOT_STARTTLS, DOVECOT_IMPLICIT

    def __init__(self, directory, certificates):
        self.log = f"{directory}/dovecot.log"
        self.config = f"{directory}/dovecot.conf"
        certificate, key = certificates.files("good")
        _write(f"{directory}/users", f"{USER}:{{PLAIN}}{PASSWORD}\n")
        shutil.copy(certificates.ca, f"{directory}/ca.pem")
        os.makedirs(f"{directory}/home")
        shutil.chown(f"{directory}/home", "nobody", "nogroup")
        _write(self.config, f"""\
            base_dir = /run/dovecot-submission
            log_path = {self.log}
            protocols = submission
            auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 external
            auth_ssl_username_from_cert = yes
            auth_verbose = yes
            auth_debug = yes
            auth_failure_delay = 0
            first_valid_uid = 1
            ssl = required
            ssl_cert = <{certificate}
            ssl_key = <{key}
            ssl_ca = <{directory}/ca.pem
            ssl_require_crl = no
            ssl_verify_client_cert = yes
            mail_location = maildir:{directory}/home/mail
            submission_relay_host = 127.0.0.1
            submission_relay_port = {TRUSTING_PORT}
            submission_relay_trusted = no
            hostname = {self.host}
            passdb {{
              driver = static
              args = nopassword=y
              mechanisms = external
            }}
            passdb {{
              driver = passwd-file
              args = {directory}/users
              mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256
            }}
            userdb {{
              driver = static
              args = uid=nobody gid=nogroup home={directory}/home
            }}
            service submission-login {{
              inet_listener submission {{
                address = 127.0.0.1
                port = {self.starttls}
              }}
              inet_listener submissions {{
                address = 127.0.0.1
                port = {self.implicit}
                ssl = yes
              }}
            }}
            service anvil {{
              unix_listener anvil-auth-penalty {{
                mode = 0
              }}
            }}
            """)

    def start(self):
        # Its children keep the descriptors it was given, so its output must not be a pipe that somebody reads to the end.
        subprocess.run(["dovecot", "-c", self.config], check=True)
        wait_for_port(self.implicit)

    def stop(self):
        subprocess.run(["doveadm", "-c", self.config, "stop"], check=False)


GSASL_MECHANISMS = ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1")
CYRUS_MECHANISMS = ("SCRAM-SHA-512-PLUS", "SCRAM-SHA-512", *GSASL_MECHANISMS)
# name: (port, engine, TLS, mechanisms)
BRIDGES = {
    "GNU SASL, TLS 1.3": (GSASL_TLS13, "gsasl", "1.3", GSASL_MECHANISMS),
    "GNU SASL, TLS 1.2": (GSASL_TLS12, "gsasl", "1.2", GSASL_MECHANISMS),
    "Cyrus SASL, TLS 1.3": (CYRUS_TLS13, "cyrus", "1.3", CYRUS_MECHANISMS),
    "Cyrus SASL, TLS 1.2": (CYRUS_TLS12, "cyrus", "1.2", CYRUS_MECHANISMS),
}


class Bridges:
    """sasl_bridge.py once for each library and TLS version."""

    def __init__(self, directory, certificates):
        os.makedirs(directory)
        self.directory = directory
        _write(f"{directory}/configuration", json.dumps({"user": USER, "password": PASSWORD, "directory": directory}))
        cyrus_database(directory, "bridge", "root")
        _write(f"{directory}/bridge.conf", f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
                                           f"sasldb_path: {directory}/sasldb2\n")
        self.servers = [Process(f"{directory}/{port}",
                                [sys.executable, f"{HERE}/sasl_bridge.py", str(port), engine, tls, certificates.pem("good"),
                                 f"{directory}/configuration", self.log_of(port), *mechanisms], [port])
                        for port, engine, tls, mechanisms in BRIDGES.values()]

    def log_of(self, port):
        return f"{self.directory}/{port}.log"

    def logins(self, port):
        return _read(self.log_of(port)).splitlines()

    def start(self):
        for server in self.servers:
            server.start()

    def stop(self):
        for server in self.servers:
            server.stop()


class Authorization(Process):
    """oidc-provider: HTTPS for Postern, HTTP for a mail server's introspection."""

    https, http = AUTHORIZATION_HTTPS, AUTHORIZATION_HTTP
    url = f"https://login.example.com:{https}"
    modules = "/srv/oidc/node_modules"
    robot_secret = "robot-secret-5TfQ9wLz"
    desktop_secret = "desktop-secret-3NvKx8Rb"

    def __init__(self, directory, certificates):
        certificate, key = certificates.files("login")
        super().__init__(directory, ["node", f"{HERE}/oidc/provider.js", str(self.https), str(self.http), key, certificate,
                                     f"{directory}/answers"], [self.https, self.http])
        self.tls = ssl.create_default_context(cafile=certificates.ca)

    def answers(self):
        """Every answer of the token and device endpoints so far."""
        return [json.loads(line) for line in _read(f"{self.directory}/answers").splitlines()]

    def issued(self, grant=None):
        """The successful answers of the token endpoint, for one kind of grant."""
        return [one["body"] for one in self.answers()
                if one["path"] == "/token" and one["status"] == 200 and grant in (None, one["grant"])]

    def secrets(self):
        found = {self.robot_secret, self.desktop_secret}
        for one in self.answers():
            for key in ("access_token", "refresh_token", "device_code", "id_token"):
                if isinstance(one["body"], dict) and one["body"].get(key):
                    found.add(one["body"][key])
        return found

    def post(self, path, **fields):
        data = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(f"{self.url}/{path}", data, timeout=60, context=self.tls) as answer:
            return json.load(answer)

    def robot_token(self):
        """An access token by client credentials."""
        return self.post("token", client_id="robot-client_secret_post", client_secret=self.robot_secret, grant_type="client_credentials",
                         scope="mail")["access_token"]

    def lifetime(self, seconds):
        """Of access tokens issued from now on."""
        urllib.request.urlopen(f"http://127.0.0.1:{self.http}/test/lifetime/{seconds}", timeout=60).close()

    def approve(self, url, follows=True, agrees=True):
        """What the person with the browser does: open the page, fill in every form, say yes, or give up. Without `follows`
        the browser is on another machine, and what returns is the address on 127.0.0.1 that it cannot open; else the last
        page."""
        class Elsewhere(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, request, page, code, words, headers, target):
                if not follows and target.startswith("http://127.0.0.1"):
                    raise CannotOpen(target)
                return super().redirect_request(request, page, code, words, headers, target)

        browser = urllib.request.build_opener(urllib.request.HTTPSHandler(context=self.tls), Elsewhere(),
                                              urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        try:
            return self._walk(browser, url, agrees)
        except CannotOpen as end:
            return str(end)

    @staticmethod
    def _walk(browser, url, agrees):
        answer = browser.open(url, timeout=60)
        for _ in range(8):
            page = answer.read().decode()
            form = re.search(r"<form[^>]*>.*?</form>", page, re.S)
            if not form:
                return page
            if not agrees:
                away = re.search(r'href="([^"]*/abort)"', page)
                answer = browser.open(urllib.parse.urljoin(answer.url, html.unescape(away[1])), timeout=60)
                continue
            action = re.search(r'action="([^"]*)"', form[0])
            fields = {"login": USER, "password": "any"}
            for field in re.findall(r"<(?:input|button)[^>]*>", form[0]):
                name, value = re.search(r'name="([^"]*)"', field), re.search(r'value="([^"]*)"', field)
                if name and name[1] not in ("login", "password", "abort"):
                    fields[html.unescape(name[1])] = html.unescape(value[1]) if value else ""
            target = urllib.parse.urljoin(answer.url, html.unescape(action[1]) if action else "")
            answer = browser.open(target, urllib.parse.urlencode(fields).encode(), timeout=60)
        raise AssertionError(f"the forms have no end: {page}")


class CannotOpen(Exception):
    """The address that a browser was sent to and cannot open."""


class Practice(Process):
    """practice-smarthost: every mechanism, and misbehaviour by a script."""

    host = "smtp.example.com"
    token = "practice.token-8Vw2Kq~x+/=="

    def __init__(self, directory, port, mechanisms, *arguments, tls="implicit"):
        super().__init__(directory, [f"{BUILT}/practice-smarthost", "--dir", directory, "--listen", f"127.0.0.1:{port}",
                                     "--tls", tls, "--name", self.host, "--user", USER, "--password", PASSWORD,
                                     "--mechanisms", mechanisms, *arguments], [])
        self.port = port
        self.ca = f"{directory}/ca.pem"

    def start(self):
        """Until it listens, as it says: a connection that looks whether it does might count as one that is served."""
        def times():
            return _read(self.log).count("listening address=") if os.path.exists(self.log) else 0
        before = times()
        super().start()
        wait_for(lambda: times() > before, 10, "the practice smarthost to listen")

    def logins(self):
        """(accepted?, mechanism) of every login so far."""
        return [(word == "accepted", name) for word, name in re.findall(r"login (accepted|refused).*?detail=\"?([A-Z0-9-]+)",
                                                                        _read(self.log))]


def gsasl_client(port, mechanism, ca, *more, host="smtp.example.com", password=PASSWORD):
    """GNU SASL's own SMTP client: True if it logged in, and what it said."""
    run = subprocess.run(["gsasl", "--smtp", "--mechanism", mechanism, "--authentication-id", USER, "--password", password,
                          "--x509-ca-file", ca, *more, "--connect", f"{host}:{port}"],
                         input="", capture_output=True, text=True, timeout=60)
    return run.returncode == 0 and "Client authentication finished" in run.stdout + run.stderr, run.stdout + run.stderr

"""Metrics: what they say is what the log says and what the smarthost took; Prometheus' own programs read them."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.request

import pytest

from auth_servers import Practice
from fickle import LATER, Fickle
from matrix import MECHANISMS
from ports import METRICS, PRACTICE_OWN, PROMETHEUS_PORT, SINK
from postern import message, smarthost
from servers import PASSWORD
from waiting import wait_for, wait_for_port

PROMTOOL, PROMETHEUS = "/scraper/usr/bin/promtool", "/scraper/usr/bin/prometheus"
RULES = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "prometheus" / "postern.rules.yml"
RULES_TEST = pathlib.Path(__file__).with_name("postern.rules.test.yml")
LISTENS = {"extra": f"metrics: 127.0.0.1:{METRICS}\n"}
URL = f"http://127.0.0.1:{METRICS}/metrics"

listening = pytest.mark.parametrize("posternd", [LISTENS], indirect=True)


def values(text):
    """{(name, labels): value} of a page; labels as a frozenset of pairs."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = re.fullmatch(r'([a-z_]+)(?:\{(.*)\})? (\S+)', line).groups()
        pairs = frozenset(re.findall(r'([a-z]+)="([^"]*)"', labels or ""))
        found[name, pairs] = float(value)
    return found


def start(posternd):
    """The metrics' port opens after the one that posternd.start() waits for."""
    posternd.start()
    wait_for_port(METRICS)


class Page(dict):
    def __init__(self, posternd, *options):
        run = posternd.run("metrics", *options)
        assert run.returncode == 0, run
        self.text = run.stdout.decode()
        super().__init__(values(self.text))

    def of(self, name, **labels):
        return self.get((name, frozenset(labels.items())))


def get(path="/metrics", accept=None, method="GET"):
    request = urllib.request.Request(f"http://127.0.0.1:{METRICS}{path}", method=method, headers={"Accept": accept} if accept else {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


@pytest.fixture
def practised(work, posternd):
    """A practice smarthost."""
    directory = f"{work}/practised-{os.path.basename(posternd.directory)}"
    os.makedirs(directory)
    server = Practice(directory, PRACTICE_OWN, " ".join(MECHANISMS))
    server.start()
    posternd.configure(smarthost(PRACTICE_OWN, tls="implicit", tls_ca_file=server.ca))
    yield server
    server.stop()


@listening
def test_q14_the_metrics_equal_the_log_and_what_the_smarthost_took(posternd):
    server = Fickle(SINK, lambda line: None)
    try:
        posternd.configure(smarthost(SINK, tls="none", user=None))
        start(posternd)
        names = {2: "reject", 5: "defer", 7: "reject"}
        for number in range(20):
            posternd.sendmail(message("b@example.com", "x\n", subject=f"shot-{number}"), "-i", "-f", "a@example.net",
                              f"{names.get(number, 'b')}-{number}@example.com")
        posternd.wait_empty(60)
    finally:
        server.stop()
    taken = sum(server.accepted.values())
    page, log = Page(posternd), posternd.read_log()

    def logged(word):
        return len(re.findall(rf"(?m) (?:info|warning): id=\S+ {word} ", log))
    assert page.of("postern_accepted_messages_total") == logged("accepted") == 20
    assert page.of("postern_delivered_recipients_total", site="main") == logged("delivered") == taken == 18 + 2
    assert page.of("postern_failed_recipients_total", site="main") == logged("failed") == 2
    assert page.of("postern_bounced_recipients_total") == 2 and logged("bounced") == 2
    assert page.of("postern_deferred_recipients_total", site="main") == logged("deferred") == LATER
    assert page.of("postern_delivery_delay_seconds_count", site="main") == taken
    assert page.of("postern_commit_duration_seconds_count") == 20
    assert page.of("postern_queue_messages", state="waiting") == 0
    assert page.of("postern_site_healthy", site="main") == 1
    assert page.of("postern_site_troubles_total", site="main", step="auth") == 0
    # Command and listener show the same.
    served = values(get()[1])
    for name, labels in page:
        if name.endswith("_total") or name.endswith("_count"):
            assert served[name, labels] == page[name, labels], name


@listening
def test_promtool_finds_nothing_to_complain_of(posternd, practised):
    start(posternd)
    posternd.sendmail(message("b@example.com", "x\n"), "-i", "b@example.com")
    posternd.wait_empty()
    for text in (Page(posternd, "--format", "prometheus").text, get(accept="text/plain")[1]):
        run = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
        assert run.returncode == 0 and not run.stdout + run.stderr, run


def test_the_alerting_rules_speak_at_their_time_and_of_what_there_is(posternd, practised, work):
    """promtool's own unit tests of the rules; and each metric that they name is on the page of a daemon that has delivered."""
    directory = f"{work}/rules"
    os.makedirs(directory)
    for path in (RULES, RULES_TEST):
        shutil.copy(path, directory)
    for arguments in (["check", "rules", RULES.name], ["test", "rules", RULES_TEST.name]):
        run = subprocess.run([PROMTOOL, *arguments], cwd=directory, capture_output=True, text=True, timeout=120)
        assert run.returncode == 0, run
    alerts = set(re.findall(r"alert: (\w+)", RULES.read_text()))
    tested = re.findall(r"alertname: (\w+)\n +exp_alerts:", RULES_TEST.read_text())
    assert alerts == set(tested)
    posternd.start()
    posternd.sendmail(message("b@example.com", "x\n"), "-i", "b@example.com")
    posternd.wait_empty()
    named = set(re.findall(r"postern_[a-z_]+(?=[^a-z_.])", "\n".join(re.findall("expr: (.*)", RULES.read_text()))))
    assert named and named <= {name for name, labels in Page(posternd)}


@listening
def test_prometheus_scrapes_it(posternd, practised, work):
    start(posternd)
    posternd.sendmail(message("b@example.com", "x\n"), "-i", "b@example.com")
    posternd.wait_empty()
    directory = f"{work}/prometheus"
    os.makedirs(directory)
    with open(f"{directory}/prometheus.yml", "w") as out:
        out.write("global: { scrape_interval: 5s, scrape_timeout: 5s }\nscrape_configs:\n"
                  f"- {{ job_name: postern, static_configs: [ {{ targets: [ '127.0.0.1:{METRICS}' ] }} ] }}\n")
    with open(f"{directory}/log", "w") as log:
        server = subprocess.Popen([PROMETHEUS, f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data",
                                   f"--web.listen-address=127.0.0.1:{PROMETHEUS_PORT}"], stdout=log, stderr=log)

    def query(expression):
        url = f"http://127.0.0.1:{PROMETHEUS_PORT}/api/v1/query?query={expression}"
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                result = json.load(answer)["data"]["result"]
        except OSError:
            return None
        return result and float(result[0]["value"][1])
    try:
        wait_for_port(PROMETHEUS_PORT)
        wait_for(lambda: query("postern_accepted_messages_total") == 1 and query("up") == 1, 90, "Prometheus to scrape")
        assert query("scrape_samples_scraped") > 50
        assert query("histogram_quantile(0.5,postern_delivery_delay_seconds_bucket)") > 0
    finally:
        server.terminate()
        server.wait(60)


def test_a_refused_login_and_the_certificate_are_seen(posternd, practised):
    posternd.password("not it")
    posternd.start()
    posternd.sendmail(message("b@example.com", "x\n"), "-i", "b@example.com")
    posternd.wait_reason()
    page = Page(posternd)
    assert page.of("postern_site_login_paused", site="main") == 1 and page.of("postern_site_healthy", site="main") == 0
    assert page.of("postern_site_troubles_total", site="main", step="auth") == 1
    assert page.of("postern_queue_messages", state="waiting") == 1 and page.of("postern_queue_oldest_age_seconds") > 0
    assert page.of("postern_site_messages", site="main", state="waiting") == 1
    shown = subprocess.run(f"openssl s_client -connect 127.0.0.1:{PRACTICE_OWN} </dev/null 2>/dev/null | openssl x509 -noout -enddate",
                           shell=True, capture_output=True, text=True, timeout=20).stdout.strip().partition("=")[2]
    seconds = subprocess.run(["date", "-d", shown, "+%s"], capture_output=True, text=True).stdout
    assert page.of("postern_site_certificate_expiry_timestamp_seconds", site="main") == float(seconds)
    assert page.of("postern_spool_free_bytes") > 0 and page.of("postern_spool_free_inodes") > 0
    posternd.password(PASSWORD)
    posternd.run("queue", "retry", "all")
    posternd.wait_empty()
    assert Page(posternd).of("postern_site_login_paused", site="main") == 0


def test_a_failed_handshake_is_counted(posternd, practised, work, certificates):
    posternd.configure(smarthost(PRACTICE_OWN, tls="implicit", tls_ca_file=certificates.ca))  # not the one that signed it
    posternd.start()
    posternd.sendmail(message("b@example.com", "x\n"), "-i", "b@example.com")
    posternd.wait_reason()
    assert Page(posternd).of("postern_site_troubles_total", site="main", step="tls") >= 1


@listening
def test_the_listener_gives_its_pages_alone_and_is_bounded(posternd):
    posternd.configure()
    start(posternd)
    assert get()[0].startswith("application/openmetrics-text; version=1.0.0")
    assert get()[1].endswith("# EOF\n") and "# EOF" not in get(accept="text/plain")[1]
    for path, method, status in (("/other", "GET", 404), ("/metrics", "POST", 405), ("/", "POST", 405), ("/metrics" + "x" * 9000, "GET", 431)):
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(path, method=method)
        assert refused.value.code == status
    # Clients that say nothing make way for those that come later, and harm nobody, however often they come again.
    idle = [socket.create_connection(("127.0.0.1", METRICS), timeout=20) for _ in range(30)]
    assert all(one.recv(1) == b"" for one in idle[:20])
    for _ in range(5):
        assert get()[1].endswith("# EOF\n")
        idle += [socket.create_connection(("127.0.0.1", METRICS), timeout=20) for _ in range(10)]
    # Those that are left are closed after a while.
    assert all(one.recv(1) == b"" for one in idle[20:])


# Comes with thirty connections that say nothing, when it is told to; the last lines tell what became of them.
CROWD = """
import socket, sys
print("ready", flush=True)
sys.stdin.readline()
all = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60) for _ in range(30)]
assert not any(one.recv(1) for one in all[:20])
print("there", flush=True)
assert not any(one.recv(1) for one in all[20:])
print("closed", flush=True)
"""


@listening
def test_no_user_keeps_another_one_from_the_metrics(posternd):
    posternd.configure()
    start(posternd)
    # Whoever connects has five seconds to ask: the crowd's program is there before.
    crowd = subprocess.Popen(["python3", "-c", CROWD, str(METRICS)], user="alice", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert crowd.stdout.readline() == b"ready\n"
        with socket.create_connection(("127.0.0.1", METRICS), timeout=60) as scraper:
            crowd.stdin.write(b"\n")
            crowd.stdin.flush()
            assert crowd.stdout.readline() == b"there\n"
            # It came before the crowd, and asks only now.
            scraper.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"".join(iter(lambda: scraper.recv(65536), b"")).endswith(b"# EOF\n")
        for _ in range(5):
            assert get()[1].endswith("# EOF\n")
        assert crowd.stdout.readline() == b"closed\n" and crowd.wait(60) == 0
    finally:
        crowd.kill()
        crowd.wait()


def _status(*lines):
    """The code and the body of the answer to a request of these lines."""
    with socket.create_connection(("127.0.0.1", METRICS), timeout=10) as client:
        client.sendall("\r\n".join([*lines, "", ""]).encode())
        head, _, body = b"".join(iter(lambda: client.recv(65536), b"")).partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode()


@pytest.mark.parametrize("posternd", [{"extra": LISTENS["extra"] + "metrics_hosts: [mail.tunnel.example]\nlocal_domains: [web2.example.net]\n"}],
                         indirect=True)
def test_a_name_of_somebody_else_gets_nothing(posternd):
    """As a page in a browser asks that has made its own name lead here."""
    posternd.configure()
    start(posternd)
    ours = ["localhost", f"localhost:{METRICS}", "127.0.0.1:1", "127.9.9.9", f"[::1]:{METRICS}", "web1.example.net", f"WEB1:{METRICS}",
            "web1.example.net.", "web2.example.net", "mail.tunnel.example:443"]
    others = ["rebound.example", f"rebound.example:{METRICS}", "localhost.rebound.example", "127.0.0.1.rebound.example", "192.0.2.1",
              f"evil.web1.example.net:{METRICS}", "tunnel.example", "", "localhost@rebound.example"]
    for host in ours:
        status, body = _status("GET /metrics HTTP/1.1", f"Host: {host}")
        assert status == 200 and "postern_" in body, (host, status)
    for host in others:
        for path in ("/metrics", "/", "/api/status", "/api/history"):
            status, body = _status(f"GET {path} HTTP/1.1", f"Host: {host}")
            assert status == 421 and "metrics_hosts" in body and "postern_" not in body, (host, status, body)
    assert _status("GET /metrics HTTP/1.0")[0] == 200
    assert _status("GET /metrics HTTP/1.1")[0] == 400
    assert _status("GET /metrics HTTP/1.1", "Host: localhost", "Host: rebound.example")[0] == 400
    run = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Host: rebound.example", URL],
                         capture_output=True, check=True)
    assert run.stdout == b"421"


def _served():
    try:
        return get()[1]
    except OSError:
        return None


def test_the_listener_comes_and_goes_with_the_settings(posternd):
    posternd.configure()
    posternd.start()
    assert not _served()
    posternd.extra = LISTENS["extra"]
    posternd.configure()
    posternd.reload()
    wait_for(_served, 5, "the listener")
    posternd.extra = ""
    posternd.configure()
    posternd.reload()
    wait_for(lambda: not _served(), 5, "the listener to go")


def test_it_listens_on_this_machine_alone(posternd):
    posternd.extra = f"metrics: 0.0.0.0:{METRICS}\n"
    posternd.configure()
    run = posternd.run("--config", posternd.config, "--check", program="posternd")
    assert run.returncode == 78 and b"metrics" in run.stderr, run


def test_every_user_may_see_them(posternd):
    posternd.configure()
    posternd.start()
    assert posternd.run("metrics", user="alice").returncode == 0
    run = posternd.run("metrics", "--format", "xml")
    assert run.returncode == 64 and b"openmetrics" in run.stderr, run

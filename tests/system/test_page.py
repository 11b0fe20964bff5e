"""The page for browsers on the metrics' listener: what it says, to whom, and how it looks in a real browser."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

import browser
import schema
from fickle import Fickle
from ports import METRICS, NOBODY_LISTENS, SINK
from postern import message, smarthost
from servers import OWNED_PORT, USER
from sink import Sink
from waiting import wait_for, wait_for_port

URL = f"http://127.0.0.1:{METRICS}"
HOSTILE = [b"</td></tr></table><script>alert(1)</script>", b"\"><img src=x onerror=alert(1)>", b"' onmouseover='alert(1)' x='",
           b"\xe2\x80\xae\xe2\x81\xa6gnorw ton si siht", b"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xd8\xb3\xd9\x84\xd8\xa7\xd9\x85",
           b"Z\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x86\xcc\x87\xcc\x88\xcc\x8a\xcc\x8b" * 12, b"x" * 400, b"&lt;b&gt; <!-- ]]></svg>"]


class Rude(Fickle):
    """Its words for recipients named rude-N are no words for a page."""

    def _answer(self, recipient):
        name = recipient.split(b"@")[0]
        if not name.startswith(b"rude-"):
            return super()._answer(recipient)
        return b"451 4.7.1 " + HOSTILE[int(name[5:])] + b"\r\n"


def page_of(names):
    """What waits, waits until the test has looked at it."""
    extra = f"metrics: {{ listen: \"127.0.0.1:{METRICS}\", page: {names} }}\n"
    return pytest.mark.parametrize("posternd", [{"extra": extra, "retry": "{ min: 1h, max: 1h, expire: 5d }"}], indirect=True)


def get(path="/", **headers):
    with urllib.request.urlopen(urllib.request.Request(URL + path, headers=headers), timeout=30) as answer:
        return answer.headers, answer.read().decode()


def start(posternd):
    posternd.start()
    wait_for_port(METRICS)


@pytest.fixture
def rude(posternd):
    server = Rude(SINK, lambda line: None)
    posternd.configure(smarthost(SINK, tls="none", user=None))
    yield server
    server.stop()


def busy(posternd):
    """Some mail delivered, some that failed, and some that waits with words that nobody should say."""
    start(posternd)
    with posternd.smtp() as client:
        for number in range(12):
            client.sendmail("a@example.net", [f"b-{number}@example.com"], f"Subject: shot-{number}\n\nx\n")
        for number, subject in enumerate(HOSTILE):
            client.sendmail("", [f"reject-{number}@example.com"], b"Subject: " + subject + b"\r\n\r\nx\r\n")
        for number in range(len(HOSTILE)):
            client.sendmail("\"<script>alert(2)</script>\"@example.net", [f"rude-{number}@example.com"], "Subject: x\n\nx\n")

    def answered():
        waiting = [one for one in posternd.queue() if "451" in one.get("reason", "")]
        counts = posternd.status()["queue"]
        return counts["delivered"] >= 12 and len(waiting) == counts["failed"] == len(HOSTILE)
    wait_for(answered, 30, "the answers of the smarthost")


def settled(names):
    """The page once it is of now: it is kept for a while."""
    words = f"{len(HOSTILE)} messages wait, the oldest since "
    everybody = [f"{word}-{number}@example.com" for word in ("rude", "reject") for number in range(len(HOSTILE))]
    wait_for(lambda: all(address in get()[1] for address in everybody) if names else words in get()[1], 30, "the page to say what waits")


def looked(name, level, names, sites="In the order of the settings", site="main", folds=()):
    """What a browser shows of the page, at both widths and in both schemes, and on paper: what holds of it whatever it says. No
    element is beside it, and no id is broken (browser.py)."""
    os.makedirs("/browser/tmp/shown", exist_ok=True)
    shown = browser.look(URL + "/", f"/tmp/shown/{name}")
    if keep := os.environ.get("POSTERN_SCREENSHOTS"):
        shutil.copytree("/browser/tmp/shown", keep, dirs_exist_ok=True)
    assert shown["strict"] == []
    views = [one for one in shown["views"] if "width" in one]
    assert [(one["width"], one["scheme"]) for one in views] == [(400, "light"), (400, "dark"), (1200, "light"), (1200, "dark")]
    for one in views:
        assert [*one["wrong"], *one["opened"], *one["console"]] == [], (name, one["width"])
        assert one["scripts"] == 0 and one["least"] >= 4.5
        assert [url for url in one["requests"] if not url.startswith("data:")] == [URL + "/"]
        assert one["headings"] == ["H1"] + ["H2"] * 5
        tree = set(map(tuple, one["tree"]))
        assert {("banner", ""), ("main", ""), ("contentinfo", "")} <= tree
        assert {("region", name) for name in (level, "Smarthosts", "What waits, and why", "The last day", "Last failures")} <= tree
        assert ("table", sites) in tree and ("rowheader", site) in tree
        assert {("columnheader", name) for name in ("Smarthost", "State", "Waiting", "Last delivery")} <= tree
        links = ["A status", *(["A history"] if names else []), "A metrics"]
        assert one["keyboard"]["opened"]
        assert one["keyboard"]["focused"] == ["A Look again", *(f"SUMMARY {fold}" for fold in folds),
                                              "SUMMARY The same in numbers, by the hour", *links]
    printed = shown["views"][-1]["printed"]
    assert "What waits, and why" in printed and "Look again" not in printed
    return views, printed


@page_of("all")
def test_the_page_in_a_browser(posternd, rude):
    busy(posternd)
    settled(True)
    views, printed = looked("all", "Attention", True)
    waiting = {one["id"] for one in posternd.queue() if one["state"] == "waiting"}
    for one in views:
        assert waiting <= set(one["ids"]) and len(one["ids"]) == 2 * len(HOSTILE)
        tree = set(map(tuple, one["tree"]))
        assert {("table", "The oldest first"), ("table", "Recipients given up for good in the last day, the last first")} <= tree
        assert {("columnheader", name) for name in ("Accepted", "Why it waits")} <= tree
        pictures = [name for role, name in one["tree"] if role in ("image", "img") and name]
        assert [name.split()[0] for name in pictures] == ["Delivered", "Deferred", "Failed", "Time"] and "12 in all" in pictures[0], pictures
        assert 3 <= one["faintest"] < 21, "of the bars"
        # Whatever was said is there to be read, and nothing else came of it.
        assert "<script>alert(1)</script>" in one["text"] and "<script>alert(2)" in one["text"]
        assert "\\xe2\\x80\\xae" in one["text"] and "\u202e" not in one["text"]
        assert "<img" not in one["html"] and "<script" not in one["html"]
    assert "rude-0@example.com" in printed


@page_of("all")
def test_trouble_routes_and_a_storm_in_a_browser(posternd):
    posternd.extra += "routes: [{ recipient: '*@example.com', smarthosts: second }]\nstorms: [{ user: root, sender: cron@example.net, window: 1h, after: 1 }]\n"
    posternd.configure(smarthost(NOBODY_LISTENS), smarthost(NOBODY_LISTENS, name="second"))
    start(posternd)
    for _ in range(3):
        posternd.sendmail(message("b@example.com", "it fails\n"), "-i", "-f", "cron@example.net", "b@example.com")
    posternd.sendmail(message("b@example.net", "another\n", subject="x"), "-i", "b@example.net")

    def said():
        status = json.loads(get("/api/status")[1])
        return status["queue"]["storm"] == 2 and all("trouble" in site for site in status["smarthosts"])
    wait_for(said, 30, "the page to say what is wrong")
    views, printed = looked("trouble", "Trouble", True)
    for one in views:
        assert "Connection refused" in one["text"] and "What to do: nothing listens there" in one["text"]
        assert "2 messages wait in storms, the first until " in one["text"] and "Nothing waits" not in one["text"]
        assert ("table", "Messages that wait, by the smarthosts that they may go by") in set(map(tuple, one["tree"]))
    assert "postern queue list --state storm" in printed


TROUBLED = 30


@page_of("all")
def test_many_smarthosts_and_one_at_its_limit_in_a_browser(posternd, work):
    """Most are in trouble; what is not urgent is folded, and what is said of several in the same words is said once."""
    hosts = [smarthost(NOBODY_LISTENS, name=f"host-{number}", tls="none", user=None) for number in range(TROUBLED)]
    hosts += [smarthost(SINK, name=f"host-{number}", tls="none", user=None, rate="1 messages/hour") for number in range(TROUBLED, 50)]
    routes = "".join(f"- {{ recipient: 'to-{number}@example.com', smarthosts: host-{number} }}\n" for number in range(50))
    posternd.extra += f"routes:\n{routes}"
    posternd.configure(*hosts)
    with Sink(f"{work}/many-sink"):
        start(posternd)
        with posternd.smtp() as client:
            for number in (*range(TROUBLED), 40, 40, 40):
                client.sendmail("a@example.net", [f"to-{number}@example.com"], "Subject: x\n\nx\n")

        def said():
            status = json.loads(get("/api/status")[1])
            found = {site["name"]: site for site in status["smarthosts"]}
            troubled = [name for name, site in found.items() if "trouble" in site]
            return len(troubled) == TROUBLED and "limited" in found["host-40"] and status["queue"]["waiting"] == TROUBLED + 2 and status
        status = wait_for(said, 60, "the page to say what is wrong")
        folds = [f"38 more, {TROUBLED - 12} of them in trouble", "39 more routes, on which 19 wait"]
        views, _ = looked("many", "Trouble", True, "12 of 50: those in trouble first", "host-0", folds)
    assert len(status["findings"]) == 2 and f"and {TROUBLED - 3} more)" in status["findings"][0]["text"], status["findings"]
    for one in views:
        assert one["text"].count("Connection refused") < TROUBLED and one["height"] < 9000
        assert "waits for the hourly limit until" in one["text"]


@page_of("all")
def test_what_cannot_be_read_in_a_browser(posternd):
    """As on a disk that is broken; of one that hangs the same places tell (tests/unit)."""
    posternd.configure(smarthost(NOBODY_LISTENS))
    start(posternd)
    posternd.sendmail(message("b@example.com", "x\n"), "-i", "b@example.com")
    history, drop = f"{posternd.spool}/history", f"{posternd.spool}/drop"
    wait_for(lambda: os.path.isdir(history) and os.listdir(history), 20, "the history")
    os.makedirs(drop, exist_ok=True)
    closed = [drop, *(f"{history}/{name}" for name in os.listdir(history))]
    for path in closed:
        shutil.chown(path, "root", "root")
        os.chmod(path, 0)
    try:
        wait_for(lambda: "of the history cannot be read" in get()[1] and "cannot be looked into" in get()[1], 40, "the page to say so")
        views, printed = looked("unread", "Trouble", True)
        for one in views:
            assert "of the history cannot be read" in one["text"] and "/drop cannot be looked into" in one["text"]
        assert "of the history cannot be read" in printed and "error" in json.loads(get("/api/history")[1])
    finally:
        for path in closed:
            shutil.chown(path, "postern", "postern")
            os.chmod(path, 0o700)


@page_of("all")
def test_with_names_it_says_what_the_command_says(posternd, rude):
    busy(posternd)
    settled(True)
    html = get()[1]
    assert "rude-1@example.com" in html and "&lt;img src=x" in html
    status = json.loads(get("/api/status")[1])
    command = posternd.status()
    for key in ("level", "version", "hostname", "config", "spool", "root"):
        assert status[key] == command[key], key
    assert status["queue"]["waiting"] == command["queue"]["waiting"] == len(HOSTILE)
    assert {one["id"] for one in status["oldest_waiting"]} == {one["id"] for one in posternd.queue() if one["state"] == "waiting"}
    schema.check([status])
    assert status["kind"] == "page_status"
    day = status["day"]
    assert len(day) == 96 and sum(one["delivered"] for one in day) == 12 and day[-1].get("half_within", day[-2].get("half_within")) < 60
    assert sum(one["failed"] for one in day) == len(HOSTILE)
    history = json.loads(get("/api/history")[1])
    schema.check([history])
    assert history["kind"] == "page_history" and history["kept"] is True and "error" not in history
    lines = [line for line in posternd.json("history", "--limit", "100") if line["kind"] == "record"]
    assert history["records"] == lines
    failed = {one["recipients"][0]["address"] for one in lines if one["state"] == "failed"}
    assert failed == {f"reject-{number}@example.com" for number in range(len(HOSTILE))}
    # Its subject is what somebody else wrote.
    assert "&lt;/td&gt;&lt;/tr&gt;&lt;/table&gt;&lt;script&gt;alert(1)" in html.split("Last failures")[1]


@page_of("counts")
def test_without_names_nobody_is_named(posternd, rude):
    """Any user of this machine can read it, so this is what it does unless it is told otherwise."""
    busy(posternd)
    settled(False)
    ids = [one["id"] for one in posternd.queue()]
    for path in ("/", "/api/status"):
        text = get(path)[1]
        for name in ("example.com", "a@example", "alert(", "rude-", "reject-", "x" * 50, *ids):
            assert name not in text, (path, name)
    assert "metrics.page: counts" in get()[1] and "/api/history" not in get()[1]
    status = json.loads(get("/api/status")[1])
    schema.check([status])
    # It is what every user is told, and the last day, of which what was before the start is not known.
    (alice,) = [line for line in posternd.json("status", user="alice") if line["kind"] == "status"]
    assert set(status) == {*alice, "day", "day_since"}
    assert "given up at a smarthost since the daemon started at " in get()[1]
    with pytest.raises(urllib.error.HTTPError) as refused:
        get("/api/history")
    assert refused.value.code == 403 and "metrics.page: all" in refused.value.read().decode()
    # Where the settings say otherwise it is told at once, and so the other way round.
    for names in ("all", "counts"):
        posternd.extra = posternd.extra.replace("page: counts" if names == "all" else "page: all", f"page: {names}")
        posternd.configure(smarthost(SINK, tls="none", user=None))
        posternd.reload()
        wait_for(lambda: f"metrics.page: {names}" in get()[1], 20, "the other settings")


def told(posternd, fact):
    """What the page and its JSON say without names, once root's status says this."""
    wait_for(lambda: fact(posternd.status()), 30, "the refusal in status")

    def on_page():
        got = json.loads(get("/api/status")[1])
        return got["queue"]["waiting"] == len(posternd.queue()) and fact(got)
    wait_for(on_page, 40, "the refusal on the page")
    return get()[1], json.loads(get("/api/status")[1])


@page_of("counts")
def test_without_names_a_refused_login_is_told_and_its_words_are_not(postfix, posternd):
    posternd.password("not it")
    posternd.configure(smarthost(2500))
    start(posternd)
    posternd.sendmail(message("b@example.com", "x\n"), "-i", "b@example.com")
    html, status = told(posternd, lambda status: status["smarthosts"][0].get("trouble", {}).get("login_refused"))
    words = posternd.status()["smarthosts"][0]["trouble"]["text"]
    assert "535" in words and words not in html and words not in json.dumps(status) and USER not in html + json.dumps(status)
    assert "login refused" in html and "the server said 535, and more to administrators" in html
    assert "As every user is told" in html
    views, printed = looked("login", "Attention", False)
    assert "postern queue list" in printed and all("login refused" in one["text"] and words not in one["html"] for one in views)


@page_of("counts")
def test_without_names_a_refused_sender_is_nobody(postfix, posternd):
    posternd.configure(smarthost(OWNED_PORT))
    start(posternd)
    for sender in (USER, "secret@foreign.example", "secret@foreign.example"):
        posternd.sendmail(message("b@example.com", "x\n", sender=sender), "-i", "-f", sender, "b@example.com")
    html, status = told(posternd, lambda status: status["smarthosts"][0].get("senders"))
    assert posternd.status()["smarthosts"][0]["senders"][0]["sender"] == "secret@foreign.example"
    assert "foreign.example" not in html + json.dumps(status) and "mail of a sender is not taken" in html
    views, _ = looked("sender", "Trouble", False)
    assert all("mail of a sender is not taken" in one["text"] and "foreign.example" not in one["html"] for one in views)


@pytest.mark.parametrize("posternd", [{"extra": f"metrics: 127.0.0.1:{METRICS}\n"}], indirect=True)
def test_the_address_alone_means_counts_and_headers_keep_others_out(posternd):
    posternd.configure()
    start(posternd)
    for path, kind, code in (("/", "text/html", 200), ("/api/status", "application/json", 200), ("/api/history", "text/plain", 403),
                             ("/metrics", "application/openmetrics-text; version=1.0.0", 200)):
        run = subprocess.run(["curl", "-s", "-i", "-H", "Origin: https://evil.example", URL + path], capture_output=True, check=True, timeout=30)
        head = run.stdout.decode().partition("\r\n\r\n")[0]
        fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in head.split("\r\n")[1:])}
        assert head.startswith(f"HTTP/1.1 {code} ") and fields["content-type"] == f"{kind}; charset=utf-8"
        policy = fields["content-security-policy"].split("; ")
        assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} <= set(policy)
        assert not any(word in fields["content-security-policy"] for word in ("unsafe", "script", "http", "*"))
        assert fields["x-content-type-options"] == "nosniff" and fields["cache-control"] == "no-store"
        assert fields["referrer-policy"] == "no-referrer" and fields["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in fields if name.startswith("access-control")]
        for host in ("rebound.example", f"rebound.example:{METRICS}", "127.0.0.1.rebound.example"):
            run = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Host: {host}", URL + path],
                                 capture_output=True, check=True, timeout=30)
            assert run.stdout == b"421"
    assert "metrics.page: counts" in get()[1]
    # The page has a link there, and a browser would keep the other format as a file.
    assert get("/metrics", Accept="text/html,application/xhtml+xml,*/*;q=0.8")[0]["Content-Type"].startswith("text/plain; version=0.0.4")


@page_of("counts")
def test_however_many_ask_it_is_made_once_for_all(posternd):
    """And a page of before is not kept for long."""
    posternd.configure()
    start(posternd)
    begin = time.monotonic()
    made = {re.search(r'<time datetime="([^"]+)">\d\d:\d\d:\d\d<', get()[1])[1] for _ in range(40)}
    assert len(made) <= time.monotonic() - begin + 2
    clients = [socket.create_connection(("127.0.0.1", METRICS), timeout=30) for _ in range(8)]
    for client in clients:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert all(b"".join(iter(lambda: client.recv(65536), b"")).endswith(b"</html>\n") for client in clients)
    posternd.sendmail(message("b@example.com", "x\n"), "-i", "b@example.com")
    wait_for(lambda: json.loads(get("/api/status")[1])["queue"]["waiting"] == 1, 20, "the page to say that a message waits")

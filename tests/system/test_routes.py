"""Two accounts at real Postfix servers, and rows that say which mail goes by which of them."""

import re
import time

import pytest

from postern import message, smarthost
from waiting import wait_for

MAIN_PORT, SHOP_PORT = 2500, 2502
KILLS = 10
# Nothing is tried again by itself within a test: what flows does so because its site is well.
PATIENT = {"retry": "{ min: 1m, max: 1h, expire: 5d }"}
BY_SENDER = """routes:
  - sender: "*@shop.example"
    smarthosts: shop
  - smarthosts: main
"""
BY_RECIPIENT = """routes:
  - recipient: "*@shop.example"
    smarthosts: shop
  - smarthosts: main
"""


@pytest.fixture(name="accounts")
def _accounts(posternd):
    """Configures both, each with a password file of its own; that of `shop` may be wrong."""
    def configure(rows, shop_password=None):
        posternd.private("password_of_shop", shop_password or _password(posternd))
        posternd.extra = rows
        posternd.configure(smarthost(MAIN_PORT),
                           {**smarthost(SHOP_PORT, name="shop"), "password_file": "{directory}/password_of_shop"})
    return configure


def _password(posternd):
    with open(f"{posternd.directory}/password") as source:
        return source.read().strip()


def mend(posternd):
    """The password of `shop` is right again, and an administrator looks."""
    posternd.private("password_of_shop", _password(posternd))
    assert posternd.check("shop")["shop"]["kind"] == "check"


def waiting(posternd):
    """What `status` says of each smarthost and of each route."""
    status = posternd.status()
    return ({one["name"]: one["waiting"] for one in status["smarthosts"]},
            {one["route"]: one["waiting"] for one in status["routes"]})


def wait_waiting(posternd, *expected):
    """A message may be at the smarthost before the daemon has noted it."""
    wait_for(lambda: waiting(posternd) == expected and posternd.status()["queue"]["active"] == 0, 20, f"{expected} of what waits")


def send(posternd, sender, *to):
    posternd.sendmail(message(", ".join(to), "x\n", sender=sender), "-i", "-f", sender, *to)


@pytest.mark.parametrize("posternd", [PATIENT], indirect=True)
def test_of_two_accounts_by_sender_one_is_down_and_the_others_mail_flows(postfix, posternd, accounts, inbox):
    accounts(BY_SENDER, shop_password="wrong-password-of-shop")
    posternd.start()
    before = len(postfix.sessions(MAIN_PORT))
    send(posternd, "orders@shop.example", f"{inbox}-shop@example.com")
    wait_for(lambda: "trouble" in posternd.status()["smarthosts"][1], 20, "the refused login")
    for _ in range(5):
        send(posternd, "root@example.net", f"{inbox}-main@example.com")
    postfix.mail.wait(f"{inbox}-main", 5)
    assert not postfix.mail.raw(f"{inbox}-shop")
    wait_waiting(posternd, {"main": 0, "shop": 1}, {"shop": 1, "main": 0, "all smarthosts": 0})
    (entry,) = posternd.queue()
    assert (entry["site"], entry["routes"]) == ("shop", ["shop"])
    assert "shop" in posternd.status()["verdict"]
    assert [line["id"] for line in posternd.json("queue", "list", "--route", "shop")] == [entry["id"]]
    assert posternd.json("queue", "list", "--route", "main") == []
    mend(posternd)
    postfix.mail.wait(f"{inbox}-shop")
    posternd.wait_empty()
    wait_waiting(posternd, {"main": 0, "shop": 0}, {"shop": 0, "main": 0, "all smarthosts": 0})
    assert postfix.wait_session(MAIN_PORT, before)


@pytest.mark.parametrize("posternd", [PATIENT], indirect=True)
def test_two_recipients_of_one_message_go_by_two_routes_though_the_daemon_is_killed_between(postfix, posternd, accounts,
                                                                                            inbox):
    accounts(BY_RECIPIENT, shop_password="wrong-password-of-shop")
    posternd.start()
    send(posternd, "root@example.net", f"{inbox}@example.com", f"{inbox}@shop.example")
    postfix.mail.wait(inbox)
    wait_for(lambda: "trouble" in posternd.status()["smarthosts"][1], 20, "the refused login")
    wait_waiting(posternd, {"main": 0, "shop": 1}, {"shop": 1, "main": 0, "all smarthosts": 0})
    posternd.kill()
    posternd.private("password_of_shop", _password(posternd))
    posternd.start()
    postfix.mail.wait(inbox, 2)
    posternd.wait_empty()
    assert len(postfix.mail.raw(inbox)) == 2
    assert recipients_by(posternd, inbox) == {"main": [f"{inbox}@example.com"], "shop": [f"{inbox}@shop.example"]}


def recipients_by(posternd, inbox):
    """Whom each smarthost has taken mail for, by the log."""
    taken = re.findall(rf" delivered to=({inbox}\S*@\S+) .*? site=(\S+)", posternd.read_log())
    return {site: sorted(to for to, by in taken if by == site) for _, site in taken}


def test_a_message_of_two_routes_arrives_by_both_whenever_the_daemon_is_killed(postfix, posternd, accounts, inbox):
    accounts(BY_RECIPIENT)
    posternd.start()
    for number in range(KILLS):
        send(posternd, "root@example.net", f"{inbox}-{number}@example.com", f"{inbox}-{number}@shop.example")
        # From before the first attempt to after the last: a login and a message take about 100 ms here.
        time.sleep(0.02 * number)
        posternd.kill()
        posternd.start()
    posternd.wait_empty()
    for number in range(KILLS):
        postfix.mail.wait(f"{inbox}-{number}", 2)
        headers = b"".join(postfix.mail.raw(f"{inbox}-{number}"))
        assert b"@example.com" in headers and b"@shop.example" in headers


@pytest.mark.parametrize("posternd", [PATIENT], indirect=True)
def test_a_reload_gives_what_waits_another_route_and_an_administrators_goes_before(postfix, posternd, accounts, inbox):
    accounts(BY_SENDER, shop_password="wrong-password-of-shop")
    posternd.start()
    send(posternd, "orders@shop.example", f"{inbox}-first@example.com")
    send(posternd, "orders@shop.example", f"{inbox}-second@example.com")
    wait_for(lambda: "trouble" in posternd.status()["smarthosts"][1], 20, "the refused login")
    (first,) = [line for line in posternd.queue() if "first" in line["recipients"][0]["address"]]
    wait_for(lambda: posternd.run("queue", "reroute", first["id"], "--to", "main").returncode == 0, 10,
             "a moment when it is not being tried")
    postfix.mail.wait(f"{inbox}-first")
    wait_for(lambda: len(posternd.queue()) < 2, 10, "the end of what was delivered")
    assert len(posternd.queue()) == 1
    accounts("", shop_password="wrong-password-of-shop")
    assert posternd.run("reload").returncode == 0
    postfix.mail.wait(f"{inbox}-second")
    posternd.wait_empty()
    assert "routes" not in posternd.status()


def test_explain_names_the_route_and_its_row(posternd, accounts):
    accounts("""routes:
  - user: www-data
    smarthosts: [shop, main]
  - recipient: "*@shop.example"
    smarthosts: shop
""")
    posternd.start()
    row = next(number for number, line in enumerate(open(posternd.config), 1) if "user: www-data" in line)

    def route(*arguments):
        lines = [line for line in posternd.json("explain", *arguments) if line["kind"] == "route"]
        return [(line.get("recipient"), line["route"], line.get("row"), line.get("line")) for line in lines]

    assert route("--to", "a@shop.example") == [("a@shop.example", "shop", 1, row + 2)]
    assert route("--user", "www-data", "--to", "a@shop.example") == [("a@shop.example", "shop, main", 0, row)]
    assert route("--to", "a@example.com") == [("a@example.com", "all smarthosts", None, None)]
    assert route("--from", "x@y.example") == [(None, "all smarthosts", None, None)]
    screen = posternd.run("explain", "--to", "a@shop.example").stdout.decode()
    assert f"routes[1] in {posternd.config}, line {row + 2}" in screen


def test_mail_of_a_user_goes_by_the_users_route(postfix, posternd, accounts, inbox):
    accounts("""routes:
  - user: alice
    smarthosts: shop
  - smarthosts: main
""")
    posternd.start()
    before = len(postfix.sessions(SHOP_PORT))
    posternd.sendmail(message(f"{inbox}@example.com", "x\n"), "-i", f"{inbox}@example.com", user="alice")
    postfix.mail.wait(inbox)
    posternd.stop()
    assert postfix.wait_session(SHOP_PORT, before)[-1]["rcpt"] == "1"

"""Smarthosts that the DNS names (host: srv:...), with NSD as name server and Postfix behind it."""

import pytest

from names import Names
from ports import NOBODY
from postern import message, smarthost
from waiting import wait_for

SENDS = ["-i", "-f", "a@example.net"]
SUBMISSION, SUBMISSIONS = "srv:_submission._tcp.example.com", "srv:_submissions._tcp.example.com"


@pytest.fixture(scope="module")
def server(work):
    return Names(f"{work}/names")


@pytest.fixture
def names(server):
    yield server
    server.stop()


def _service(host=SUBMISSION, **more):
    tls = "implicit" if "_submissions" in host else "starttls"
    return smarthost(None, host=host, tls=tls, **more)


def _send(posternd, inbox):
    to = f"{inbox}@example.com"
    posternd.sendmail(message(to, "x\n"), *SENDS, to)


def _trouble(posternd):
    return posternd.check()["main"]["trouble"]


def test_mail_goes_to_the_first_server_that_can_be_reached(names, postfix, posternd, inbox):
    names.serve(example_com=f"""
        _submissions._tcp SRV 10 5 {NOBODY} smtp2
        _submissions._tcp SRV 15 0 2501 nowhere
        _submissions._tcp SRV 20 0 2501 smtp
        _submissions._tcp SRV 30 0 2511 smtp
        nowhere TXT "it has no address"
    """)
    posternd.configure(_service(SUBMISSIONS))
    posternd.start()
    _send(posternd, inbox)
    postfix.mail.wait(inbox)
    report = posternd.check()["main"]
    assert report["host"] == f"smtp.example.com[127.0.0.1]:2501 ({SUBMISSIONS})" and "trouble" not in report, report
    log = posternd.read_log()
    assert f"host=\"smtp.example.com[127.0.0.1]:2501 ({SUBMISSIONS})\"" in log
    assert "a server of the smarthost cannot be reached" in log and f"smtp2.example.com[127.0.0.1]:{NOBODY}" in log
    assert "cannot resolve nowhere.example.com" in log
    assert SUBMISSIONS in posternd.run("explain").stdout.decode()


def test_the_answer_holds_for_its_time_and_longer_where_the_dns_is_silent(names, postfix, posternd, inbox):
    names.serve(example_com="_submission._tcp SRV 0 0 2502 smtp")
    posternd.configure(_service())
    posternd.start()
    assert posternd.check()["main"]["host"].startswith("smtp.example.com[127.0.0.1]:2502 ")
    names.serve(example_com="_submission._tcp SRV 0 0 2503 smtp")
    wait_for(lambda: posternd.check()["main"]["host"].startswith("smtp.example.com[127.0.0.1]:2503 "), 20,
             "the server that the DNS names now")
    names.stop()

    def checked():
        report = posternd.check()["main"]
        assert report["host"].startswith("smtp.example.com[127.0.0.1]:2503 ") and "trouble" not in report, report
        return "the DNS does not tell which servers a smarthost has" in posternd.read_log()
    wait_for(checked, 20, "the warning that the last answer is used")
    _send(posternd, inbox)
    postfix.mail.wait(inbox)


@pytest.mark.parametrize("lines,words", [
    ("_submission._tcp SRV 0 0 0 .", "not offered"),
    ("_submission._tcp SRV 0 0 0 smtp", "port 0"),
    ("_submission._tcp TXT nothing", "no SRV record of _submission._tcp.example.com"),
    ("", "no such name"),
    (None, "no name server can tell"),
])
def test_without_a_server_mail_waits_and_is_told_why(names, postfix, posternd, inbox, lines, words):
    names.serve(example_com=lines)
    posternd.configure(_service())
    posternd.start()
    _send(posternd, inbox)
    assert words in posternd.wait_reason()
    trouble = _trouble(posternd)
    assert words in trouble["text"] and SUBMISSION in trouble["text"] and trouble["step"] == "resolve", trouble
    assert "dig SRV" in trouble["advice"]
    names.serve(example_com="_submission._tcp SRV 0 0 2500 smtp")
    postfix.mail.wait(inbox)


def test_a_server_outside_the_domain_gets_nothing_until_the_settings_name_it(names, postfix, posternd, inbox):
    """Whoever can forge the DNS could name any server that has a good certificate of its own."""
    names.serve(home_example="_submission._tcp SRV 0 0 2500 smtp.example.com.")
    before = len(postfix.sessions(2500))
    posternd.configure(_service("srv:_submission._tcp.home.example"))
    posternd.start()
    _send(posternd, inbox)
    assert "the DNS alone does not prove" in posternd.wait_reason()
    trouble = _trouble(posternd)
    assert trouble["step"] == "tls" and "expected home.example" in trouble["text"], trouble
    assert all("auth" not in session for session in postfix.wait_session(2500, before))
    posternd.configure(_service("srv:_submission._tcp.home.example", tls_name="smtp.example.com"))
    posternd.reload()
    postfix.mail.wait(inbox)


def test_aliases_and_answers_too_large_for_udp_are_followed(names, postfix, posternd):
    many = "\n".join(f"_many._tcp SRV {10 + number} 0 {NOBODY} a-server-with-a-long-name-{number}" for number in range(30))
    names.serve(example_com=f"""
        _submission._tcp CNAME _many._tcp
        _many._tcp SRV 0 0 2500 mail
        mail CNAME host
        host A 127.0.0.1
        {many}
    """)
    posternd.configure(_service(tls_name="smtp.example.com"))
    posternd.start()
    report = posternd.check()["main"]
    assert report["host"] == f"mail.example.com[127.0.0.1]:2500 ({SUBMISSION})" and "trouble" not in report, report
    log = posternd.read_log()
    assert "a-server-with-a-long-name-2.example.com" in log and "and 27 more" in log

"""Mail for names of this machine: every spelling at every door, files of aliases, and what is said of them."""

import os
import shutil
import smtplib
import socket

import pytest

from dropping import frame
from waiting import wait_for

MAILNAME = "/etc/mailname"

# The kernel's name is web1.example.net here, as is the hostname; db1 and db1.lan are given to it by the fixture.
LOCAL = ["", "@localhost", "@LOCALHOST", "@localhost.localdomain", "@LocalHost.LocalDomain", "@localhost4", "@localhost6",
         "@ip6-localhost", "@localhost4.localdomain4", "@[127.0.0.1]", "@[IPv6:::1]", "@box.localhost",
         "@web1", "@WEB1", "@web1.example.net", "@Web1.Example.NET", "@db1", "@DB1", "@db1.lan", "@db1.localdomain",
         "@intern.example.org", "@INTERN.example.org", "@db1.example.com"]
FOREIGN = ["@example.com", "@web2", "@web2.example.net", "@localhost.example.com", "@notlocalhost", "@db1.example.org",
           "@localdomain", "@[192.0.2.1]", "@company.example", "@xintern.example.org"]


@pytest.fixture
def kernel_name():
    """Called db1.lan by the kernel, and db1.example.com by /etc/mailname."""
    before, mailname = socket.gethostname(), open(MAILNAME).read()
    socket.sethostname("db1.lan")
    with open(MAILNAME, "w") as out:
        out.write("db1.example.com\n")
    yield
    socket.sethostname(before)
    with open(MAILNAME, "w") as out:
        out.write(mailname)


def configure(posternd, extra="", aliases="{ root: admin@example.com }"):
    """Without a smarthost: mail is held, and its envelope can be looked at."""
    posternd.configure()
    with open(posternd.config) as source:
        text = source.read()
    aliases = f"aliases: {aliases}\n" if aliases else ""
    posternd.write(text.replace("aliases: { root: admin@example.com }\n", aliases) + extra)


def in_queue(posternd):
    return {entry["id"]: [one["address"] for one in entry["recipients"]] for entry in posternd.queue()}


def through_tcp(posternd, address):
    with posternd.smtp() as client:
        client.sendmail("a@example.org", [address], "Subject: x\n\nx\n")


class UnixSmtp(smtplib.SMTP):
    def _get_socket(self, host, port, timeout):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(60)
        sock.connect(host)
        return sock


def through_socket(posternd, address):
    with UnixSmtp(f"{posternd.directory}/submit.sock", 1, "localhost") as client:
        client.sendmail("a@example.org", [address], "Subject: x\n\nx\n")


def as_argument(posternd, address):
    posternd.sendmail("Subject: x\n\nx\n", address)


def in_header(posternd, address):
    posternd.sendmail(f"To: {address}\nSubject: x\n\nx\n", "-t")


def by_bs(posternd, address):
    posternd.sendmail(f"EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<{address}>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n", "-bs")


def dropped(posternd, address):
    drop = f"{posternd.spool}/drop"
    path = f"{posternd.directory}/frame"
    with open(path, "wb") as out:
        out.write(frame("Subject: x\n\nx\n", recipients=[address], id=os.urandom(16).hex()))
    os.chmod(path, 0o604)
    os.rename(path, f"{drop}/{os.urandom(16).hex()}")
    wait_for(lambda: not os.listdir(drop), 20, "the dropped message to be taken")


DOORS = [through_tcp, through_socket, as_argument, in_header, by_bs, dropped]


def recipients(posternd, door, address):
    """Of one message to this address."""
    before = in_queue(posternd)
    door(posternd, address)
    after = in_queue(posternd)
    assert len(after) == len(before) + 1, (door.__name__, address)
    return next(found for id, found in after.items() if id not in before)


def start(posternd):
    drop = f"{posternd.spool}/drop"
    if not os.path.isdir(drop):
        os.mkdir(drop)
        shutil.chown(drop, "postern")
        os.chmod(drop, 0o1770)
    posternd.start()


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_every_name_of_the_machine_is_its_own_at_every_door(posternd, kernel_name, door):
    configure(posternd, "local_domains: [intern.example.org]\n")
    start(posternd)
    for domain in LOCAL:
        assert recipients(posternd, door, f"root{domain}") == ["admin@example.com"], domain
        assert recipients(posternd, door, f"www-data{domain}") == ["www-data@example.net"], domain
    for domain in FOREIGN:
        assert recipients(posternd, door, f"root{domain}") == [f"root{domain}"], domain
    assert recipients(posternd, door, "Root@example.net") == ["admin@example.com"]
    assert recipients(posternd, door, "bob@example.net") == ["bob@example.net"]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_the_catch_all_gets_what_nobody_else_gets(posternd, door):
    configure(posternd, aliases='{ root: ops, ops: admin@example.com, "*": all@example.org }')
    start(posternd)
    for domain in ("", "@localhost", "@web1", "@localhost.localdomain", "@example.net"):
        assert recipients(posternd, door, f"www-data{domain}") == ["all@example.org"], domain
        assert recipients(posternd, door, f"root{domain}") == ["admin@example.com"], domain
    assert recipients(posternd, door, "www-data@example.com") == ["www-data@example.com"]


def test_explain_goes_by_the_same_names(posternd):
    configure(posternd)
    start(posternd)
    for domain in ("", "@localhost", "@web1"):
        shown = posternd.run("explain", "--to", f"root{domain}")
        assert b"admin@example.com" in shown.stdout, shown
        assert f"root{domain} goes to".encode() in shown.stdout
        told = posternd.json("explain", "--to", f"root{domain}")
        assert [line["recipients"] for line in told if line.get("kind") == "recipients"] == [["admin@example.com"]], told
    assert b"admin@example.com" not in posternd.run("explain", "--to", "root", user="alice").stdout


def test_the_message_id_has_the_hostname_of_the_settings(posternd, kernel_name):
    configure(posternd)
    start(posternd)
    for door in DOORS:
        recipients(posternd, door, "b@example.com")
    for name in posternd.queue_files():
        with open(f"{posternd.spool}/queue/{name}", errors="replace") as source:
            (line,) = [line for line in source if line.lower().startswith("message-id:")]
        assert line.rstrip().endswith("@web1.example.net>"), line
    assert len(posternd.queue_files()) == len(DOORS)


FILE = """\
# of another mail system
postmaster: root
nobody: /dev/null
logs: "|/usr/bin/prog --password=hunter2hunter2"
list: :include:/etc/list, joe@example.com
root: Admin <admin@example.org>,
  ops, \\root # who keeps a copy
"joe smith": smith@example.org
ops: ops@example.org
no alias at all
"""


def alias_file(posternd, text):
    path = f"{posternd.directory}/aliases"
    with open(path, "w") as out:
        out.write(text)
    os.chmod(path, 0o644)
    shutil.chown(path, "root", "root")
    return path


def check(posternd):
    """--check: the exit status, and what is said."""
    run = posternd.run("--check", "--config", posternd.config, program="posternd", user="postern")
    return run.returncode, run.stderr.decode() + run.stdout.decode()


def newaliases(posternd, **more):
    run = posternd.run(program="newaliases", **more)
    return run.returncode, run.stdout.decode(), run.stderr.decode()


def test_a_file_of_aliases_is_read_at_the_start_by_newaliases_and_at_a_reload(posternd):
    path = alias_file(posternd, FILE)
    configure(posternd, f"aliases_file: {path}\n", aliases="{ ops: own@example.net }")
    start(posternd)
    root = ["admin@example.org", "own@example.net", "root@example.net"]
    for door in DOORS:
        assert recipients(posternd, door, "root@localhost") == root
        assert recipients(posternd, door, "postmaster") == root
    assert recipients(posternd, through_tcp, '"joe smith"@localhost') == ["smith@example.org"]
    assert recipients(posternd, through_tcp, "nobody@localhost") == ["nobody@example.net"]
    assert recipients(posternd, through_tcp, "list") == ["joe@example.com"]
    for line in (3, 4, 5, 10):
        assert f"{path}:{line}: " in posternd.read_log()
    assert "hunter2" not in posternd.read_log()

    status, said, wrong = newaliases(posternd)
    assert status == 0 and not wrong, (said, wrong)
    assert f"{path}: 5 aliases, 4 passed over\n" in said
    assert f"{path}:4: 'logs' leads to a program" in said and "hunter2" not in said
    assert "'ops' has no effect there: the settings have an alias of this name\n" in said, said

    alias_file(posternd, "root: new@example.org\n")
    assert recipients(posternd, through_tcp, "root") == root
    assert newaliases(posternd)[:2] == (0, f"{path}: 1 alias\n")
    assert recipients(posternd, through_tcp, "root") == ["new@example.org"]
    assert posternd.run("-bi", program="sendmail").returncode == 0

    os.unlink(path)
    status, said, wrong = newaliases(posternd)
    assert status == 65 and "stay in force" in wrong and path in wrong, (status, said, wrong)
    assert recipients(posternd, through_tcp, "root") == ["new@example.org"]

    alias_file(posternd, "root: again@example.org\n")
    posternd.reload()
    wait_for(lambda: "settings reloaded" in posternd.read_log(), 20, "the reload")
    assert recipients(posternd, through_tcp, "root") == ["again@example.org"]


def test_newaliases_tells_everybody_where_they_stand(posternd):
    configure(posternd)
    status, said, _ = newaliases(posternd)
    assert status == 0 and "does not run" in said
    start(posternd)
    status, said, _ = newaliases(posternd)
    assert status == 0 and said.startswith("/etc/aliases: "), "the machine's own, which may be missing"
    configure(posternd, "aliases_file: none\n")
    posternd.reload()
    wait_for(lambda: "settings reloaded" in posternd.read_log(), 20, "the reload")
    status, said, _ = newaliases(posternd)
    assert status == 0 and "'aliases_file' is none" in said and posternd.config in said
    status, said, wrong = newaliases(posternd, user="alice")
    assert status == 77 and not said, (status, said, wrong)


def test_a_circle_that_newaliases_finds_changes_nothing(posternd):
    path = alias_file(posternd, "ops: admin@example.com\n")
    configure(posternd, f"aliases_file: {path}\n", aliases="{ root: ops }")
    start(posternd)
    alias_file(posternd, "ops: root\n")
    status, _, wrong = newaliases(posternd)
    assert status == 65 and "ops -> root -> ops" in wrong, wrong
    assert recipients(posternd, through_tcp, "root") == ["admin@example.com"]


ODD = {
    "default: x@example.com": "aliases.default' has no effect",
    "DEFAULT: x@example.com": "aliases.default' has no effect",
    "root@example.org: x@example.com": "example.org is no name of this machine",
    '"@example.org": x@example.com': "must be the name of a local user",
    '"www-*": x@example.com': "patterns are not supported",
    '"*@example.org": x@example.com': "example.org is no name of this machine",
    '"/^root/": x@example.com': "patterns are not supported",
    "root: root": "leads to itself alone",
    "root: [root@localhost, root@web1]": "leads to itself alone",
    "a: b, b: a": "leads in a circle, and so to nobody: a -> b -> a",
    "a: b@localhost, b: [c, x@example.com], c: a@web1": "a -> b -> c -> a",
    "root: []": "has no address",
}
WELL = ["root: x@example.com", "root@localhost: x@example.com", '"*": x@example.com', "root: [root, x@example.com]",
        '"*": root, root: joe@example.com', "root: root@example.net"]


def test_check_refuses_aliases_without_effect_with_their_place(posternd):
    for row, words in ODD.items():
        configure(posternd, aliases=f"{{ {row} }}")
        status, said = check(posternd)
        assert status == 78 and words in said, (row, said)
        (place,) = [line.split(": ")[0] for line in said.splitlines() if words in line]
        line, column = place.removeprefix(f"{posternd.config}:").split(":")
        with open(posternd.config) as source:
            text = source.read().splitlines()[int(line) - 1]
        assert text.startswith("aliases: { ") and int(column) >= text.index("{") + 2, (row, place)
    for row in WELL:
        configure(posternd, aliases=f"{{ {row} }}")
        status, said = check(posternd)
        assert status == 0 and "warning" not in said, (row, said)


def test_an_alias_that_leads_nowhere_is_warned_of(posternd):
    configure(posternd, aliases="{ root: [joe, x@example.com] }")
    with open(posternd.config) as source:
        text = source.read()
    posternd.write(text.replace("domain: example.net\n", ""))
    status, said = check(posternd)
    assert status == 0 and "'aliases.root' leads to 'joe', for whom there is no alias: it goes to joe@web1.example.net" in said


def test_where_roots_mail_goes_is_told_where_no_alias_says_it(posternd):
    configure(posternd, aliases="")
    status, said = check(posternd)
    assert status == 0 and "no alias for root" in said and "root@example.net" in said, said
    start(posternd)
    for user in (None, "alice"):
        shown = posternd.run("status", **({"user": user} if user else {})).stdout.decode()
        assert "root's mail   root@example.net\n" in shown, shown
        assert "there is no alias for root: its mail (cron's, for example) goes to root@example.net" in shown, shown
    assert posternd.status()["root"] == {"alias": False, "file": "/etc/aliases", "recipients": ["root@example.net"]}
    configure(posternd)
    posternd.reload()
    wait_for(lambda: "settings reloaded" in posternd.read_log(), 20, "the reload")
    assert "no alias for root" not in check(posternd)[1]
    assert "root's mail   admin@example.com\n" in posternd.run("status").stdout.decode()
    assert "admin@example.com" not in posternd.run("status", user="alice").stdout.decode()


def test_a_file_of_aliases_that_others_can_change_or_nobody_can_read_is_told(posternd):
    path = alias_file(posternd, "root: admin@example.com\n")
    configure(posternd, f"aliases_file: {path}\n", aliases="")
    os.chmod(path, 0o666)
    status, said = check(posternd)
    assert status == 78 and f"{path} is writable for every user" in said and f"chmod o-w {path}" in said, said
    os.chmod(path, 0o600)
    status, said = check(posternd)
    assert status == 78 and f"cannot read the aliases of {path}: Permission denied" in said, said
    os.unlink(path)
    status, said = check(posternd)
    assert status == 78 and "No such file" in said, said


def test_reports_to_local_senders_go_by_the_same_names(posternd):
    configure(posternd, aliases="{ root: admin@example.com, www-data: web@example.com }")
    start(posternd)
    for sender, to in (("root@localhost", "admin@example.com"), ("www-data@web1", "web@example.com"),
                       ("bin@localhost.localdomain", "bin@example.net")):
        with posternd.smtp() as client:
            client.sendmail(sender, ["b@example.com"], "Subject: x\n\nx\n")
        (entry,) = [one for one in posternd.queue() if one["sender"] == sender]
        run = posternd.run("queue", "bounce", entry["id"])
        assert run.returncode == 0, run
        reports = wait_for(lambda to=to: [one for one in posternd.queue() if [r["address"] for r in one["recipients"]] == [to]],
                           20, f"the report to {to}")
        assert reports[0]["sender"] == ""

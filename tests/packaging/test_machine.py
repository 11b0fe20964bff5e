"""The package on a machine: fresh, upgraded, removed, purged, and over other mail systems and back."""

import os

import pytest

from conftest import OLDER, OLDEST, PEERS_DIR, REPO

PEERS = os.environ.get("POSTERN_PEERS", "").split() or ["none"]
COMMANDS = ("/usr/sbin/sendmail", "/usr/lib/sendmail", "/usr/bin/mailq", "/usr/bin/newaliases")
SEND = "printf 'Subject: %s\\n\\nx\\n' \"$1\" | setpriv --reuid=nobody --clear-groups /usr/sbin/sendmail root@example.com"
DROPPED = "ls /var/spool/postern/drop 2>/dev/null | wc -l"
HELPER = "stat -c '%U %G %a' /usr/libexec/postern-drop"

# The daemon as its units would start it: sockets of root, a user without rights, the settings of the package.
ANSWERS = """
for try in $(seq 300); do
  postern --json status 2>/dev/null | grep -q . && break
  sleep 0.1
done
"""
SERVICE = """
mkdir -p /run/postern /run/posternd /var/lib/postern
chown postern:postern /run/posternd /var/lib/postern
umask 0
systemd-socket-activate --listen=/run/postern/submit.sock --listen=/run/postern/control.sock --listen=127.0.0.1:25 \
  --listen=[::1]:25 --fdname=submit:control:smtp:smtp \
  setpriv --reuid=postern --regid=postern --clear-groups --no-new-privs --bounding-set=-all /usr/sbin/posternd 2>/tmp/log &
umask 022
""" + ANSWERS


def installed(machine, package, **more):
    return machine.install(f"/srv/bound/{package.name}", **more)


def packages(machine):
    """Name and state of the mail transport agents that dpkg knows."""
    return dict(line.split() for line in machine.output(
        "dpkg-query -W -f '${Package} ${db:Status-Status} ${Provides}\\n' | grep mail-transport-agent | cut -d ' ' -f 1,2").splitlines())


def test_a_fresh_installation_takes_mail_holds_it_and_says_what_to_do(machine, package):
    installed(machine, package)
    said = machine.shell(SERVICE + "printf 'Subject: alert\\n\\nx\\n' | sendmail -v root; "
                         "postern queue list; postern status || true; kill $!; wait || true; cat /tmp/log").stdout
    assert "250 2.0.0" in said, said
    assert ("no smarthost is configured: 1 message is held\n"
            "  what to do: run postern setup, or add one to /etc/postern/postern.yaml\n") in said, said
    assert "error:" not in said.replace("error: no smarthost is configured: mail is accepted and held", ""), said
    assert machine.output("ls /var/spool/postern/queue | wc -l") == "1"
    assert machine.output("stat -c '%U %G %a' /var/spool/postern /var/spool/postern/drop").splitlines() == [
        "postern postern 711", "postern maildrop 1770"]
    assert machine.output(HELPER) == "root maildrop 2755"
    assert machine.output("posternd --check") == "/etc/postern/postern.yaml: good"


# A name server that takes every question and answers none, for which half a minute is waited, and a machine whose name has no domain.
SILENT_DNS = """
hostname box
printf 'nameserver 127.0.0.1\\noptions timeout:30\\n' >/etc/resolv.conf; echo '127.0.0.1 localhost' >/etc/hosts
sed -i 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf
python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 53)); print(flush=True)
while True: s.recv(9999)' >/tmp/silent &
until [ -s /tmp/silent ]; do sleep 0.1; done
"""


def test_no_start_waits_for_the_dns(machine, package):
    installed(machine, package)
    said = machine.shell(SILENT_DNS + "timeout 4 getent ahosts box && exit 1; echo asked: $?; timeout 20 posternd --check 2>&1; "
                         "install -d -o postern -g postern /run/postern; "
                         "setpriv --reuid=postern --regid=postern --clear-groups posternd >/tmp/log 2>&1 & "
                         "timeout 20 sh -c 'until grep -q ready /tmp/log; do sleep 0.1; done' || echo late; "
                         "kill $!; wait $! && echo ended: $?; cat /tmp/log").stdout
    assert "asked: 124\n" in said and "/etc/postern/postern.yaml: good\n" in said, said
    assert "the host name 'box' has no domain" in said and "ready" in said and "late\n" not in said and "ended: 0\n" in said, said


def test_without_a_service_manager_it_runs_by_the_commands_of_the_readme(machine, package):
    installed(machine, package)
    section = (REPO / "README.md").read_text().partition("## Without systemd")[2]
    start = [line.strip() for line in section.splitlines() if line.startswith(("    install -d", "    setpriv"))]
    assert len(start) == 3, start
    said = machine.output(f"{start[0]}; {start[1]}; {start[2]} 2>/tmp/log & " + ANSWERS + SEND + "; postern queue list; postern status || echo status $?; "
                          "cat /tmp/log", "held")
    assert "root@example.com" in said and "no smarthost" in said and "status 1" in said, said
    assert "accepted" in said, "the log goes to standard error"
    assert machine.output("stat -c '%a %U' /var/spool/postern /var/lib/postern").splitlines() == ["711 postern", "700 postern"]


def test_programs_that_want_a_mail_transport_agent_are_content_with_it(machine, package):
    control = "Package: wants-mail\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@example.org>\\nDescription: x\\n"
    machine.shell(f"mkdir -p /srv/wants/DEBIAN; printf '{control}Depends: default-mta | mail-transport-agent\\n' "
                  ">/srv/wants/DEBIAN/control; dpkg-deb --build /srv/wants /srv/wants.deb")
    installed(machine, package)
    machine.install("/srv/wants.deb")
    assert packages(machine)["postern"] == "installed"


SETTINGS = "/etc/postern/postern.yaml"
OF_OLDER = "# of the older package"


def last_line(machine, path):
    return machine.output('tail -n 1 "$1"', path)


def settings_files(machine):
    return machine.output("ls -A /etc/postern").split()


@pytest.mark.usefixtures("older")
@pytest.mark.parametrize("from_package", [OLDER, OLDEST])
def test_an_upgrade_keeps_changed_settings_and_asks_nothing(machine, package, from_package):
    machine.install(f"/srv/bound/{from_package}")
    assert last_line(machine, SETTINGS) == OF_OLDER, "the package that comes has other settings"
    machine.shell(f"echo 'hostname: mine.example.net' >>{SETTINGS}")
    # As unattended-upgrades does it: nobody can answer, and dpkg is given no answer beforehand.
    machine.shell(f"apt-get install -y --no-install-recommends /srv/bound/{package.name} </dev/null")
    assert last_line(machine, SETTINGS) == "hostname: mine.example.net"
    assert settings_files(machine) == ["postern.yaml"], "nothing is laid beside them"
    assert packages(machine)["postern"] == "installed"
    assert last_line(machine, "/usr/share/postern/postern.yaml") != OF_OLDER
    # Once more, with the settings gone on purpose, and with them their directory: who sets up again finds it there.
    machine.shell(f"rm {SETTINGS}; dpkg --remove postern; rm -rf /etc/postern; dpkg -i /srv/bound/{package.name} </dev/null")
    assert settings_files(machine) == []
    said = machine.shell("postern setup --smarthost 127.0.0.1:9 --no-login --root admin@example.com 2>&1", check=False).stdout
    assert "Trying 127.0.0.1 port 9" in said and "no directory" not in said, said
    # Purged, all is as before the first installation.
    machine.shell(f"dpkg --purge postern; test ! -e /etc/postern; dpkg -i /srv/bound/{package.name}")
    assert machine.shell(f"cmp /usr/share/postern/postern.yaml {SETTINGS}; stat -c '%U %G %a' {SETTINGS}").stdout == "root root 644\n"


@pytest.mark.usefixtures("older")
def test_settings_deleted_before_an_upgrade_stay_deleted_and_their_directory_stays(machine, package):
    machine.install(f"/srv/bound/{OLDEST}")
    said = machine.shell(f"rm {SETTINGS}; dpkg -i /srv/bound/{package.name} </dev/null 2>&1").stdout
    assert settings_files(machine) == [] and "unable to delete" not in said, said


@pytest.mark.usefixtures("older")
def test_an_upgrade_is_asked_about_where_the_settings_are_a_conffile_in_both(machine, package):
    """That the test above could fail: this is what the first packages did."""
    machine.shell(f"""
        mkdir /srv/newer; dpkg-deb -R /srv/bound/{OLDEST} /srv/newer
        sed -i 's/^Version: .*/Version: 0.0.2/' /srv/newer/DEBIAN/control; echo '# newer' >>/srv/newer/etc/postern/postern.yaml
        dpkg-deb -Znone --root-owner-group -b /srv/newer /srv/newer.deb""")
    machine.install(f"/srv/bound/{OLDEST}")
    machine.shell(f"echo 'hostname: mine.example.net' >>{SETTINGS}")
    refused = machine.shell("dpkg -i /srv/newer.deb </dev/null", check=False)
    assert refused.returncode != 0 and "conffile" in refused.stderr, refused


def test_during_an_upgrade_mail_is_taken(machine, package):
    installed(machine, package)
    machine.shell("echo 'hostname: mine.example.net' >> /etc/postern/postern.yaml")
    machine.shell(f"dpkg --unpack /srv/bound/{package.name} </dev/null")
    # Unpacked and not configured: the daemon may be down now, and its user's mail is taken all the same.
    machine.shell(SEND, "while it was unpacked")
    assert machine.output(DROPPED) == "1"
    machine.shell("dpkg --configure postern </dev/null")
    assert machine.output("tail -n 1 /etc/postern/postern.yaml") == "hostname: mine.example.net"
    assert machine.output(HELPER) == "root maildrop 2755"
    assert machine.output(DROPPED) == "1"


def test_an_override_of_the_administrator_stays(machine, package):
    installed(machine, package)
    machine.shell("dpkg-statoverride --remove /usr/libexec/postern-drop && "
                  "dpkg-statoverride --update --add root root 755 /usr/libexec/postern-drop")
    machine.install(f"/srv/bound/{package.name}", options=("--reinstall",))
    assert machine.output(HELPER) == "root root 755"


def test_removed_it_leaves_the_mail_and_says_so_and_purged_too(machine, package):
    installed(machine, package)
    machine.shell(SEND, "alert")
    said = machine.shell("apt-get remove -y postern").stdout
    assert "messages left in /var/spool/postern: 1. Those of queue/ and drop/ are sent when postern is" in said
    assert not [path for path in COMMANDS if machine.output('[ ! -e "$1" ] || echo "$1"', path)]
    machine.shell("cd /etc/postern; echo secret | tee password password.old password-smtp.example.com postern.yaml.before-setup other")
    said = machine.shell("apt-get purge -y postern").stdout
    assert "/etc/postern is kept, since there are files in it that the package has not put there" in said
    assert machine.output("ls /etc/postern") == "other"
    assert "/var/spool/postern is kept, since there are messages in it: 1." in said and "rm -r /var/spool/postern" in said
    assert machine.output(DROPPED) == "1"
    assert machine.output("dpkg-statoverride --list | grep postern || true") == ""
    # The same again: what waited is there, with its owner, and can still be taken by the daemon.
    installed(machine, package)
    assert machine.output(DROPPED) == "1"
    assert machine.output("stat -c '%U %G %a' /var/spool/postern/drop") == "postern maildrop 1770"


@pytest.mark.parametrize("line", ["spool: /srv/queue", "spool : '/srv/queue'  # the large disk", "spool: /srv/var/lib/postern",
                                  "spool: /var/lib/postern-2"])
def test_a_spool_elsewhere_is_left_and_told_of(machine, package, line):
    installed(machine, package)
    spool = line.partition(":")[2].split()[0].strip("'")
    machine.shell('mkdir -p "$1/queue"; echo x >"$1/queue/x"; echo "$2" >>/etc/postern/postern.yaml', spool, line)
    for command in ("remove", "purge"):
        said = machine.shell(f"dpkg --{command} postern").stdout
        assert f"postern: the spool that the settings name is left as it is, with its mail ({line})\n" in said, said
    assert machine.output('cat "$1/queue/x"', spool) == "x"


# Where the unit lets the service write, and what the settings' check is content with.
WRITABLE = ["/var/spool/postern", "/var/spool/postern/main", "/var/lib/postern", "/var/lib/postern/spool", "/var/lib/postern/a b/hold"]


@pytest.mark.parametrize("spool", WRITABLE)
def test_a_spool_where_the_service_may_write_is_kept_with_its_mail(machine, package, spool):
    installed(machine, package)
    top = "/".join(spool.split("/")[:4])
    machine.shell('echo "spool: \"$1\"" >>/etc/postern/postern.yaml; cp /var/lib/dpkg/info/postern.postrm /srv/', spool)
    for area in ("queue", "hold/2026", "failed", "corrupt", "drop", "refused"):
        machine.shell('rm -rf "$1"; mkdir -p "$1/$2" "$1/tmp" /var/lib/postern; '
                      'echo x | tee "$1/$2/x" "$1/tmp/y" /var/lib/postern/refresh-token-a.example', spool, area)
        said = machine.shell("/srv/postern.postrm remove").stdout
        assert f"messages left in {top}: " in said and "the settings name" not in said, (area, said)
        said = machine.shell("/srv/postern.postrm purge").stdout
        assert f"{top} is kept, since there are messages in it: " in said and "the settings name" not in said, (area, said)
        assert machine.output('cat "$1/$2/x"; ls -d /var/lib/postern/refresh-token-* 2>/dev/null || true', spool, area) == "x"
        # The first purge has taken the settings away.
        machine.shell('mkdir -p /etc/postern; echo "spool: \"$1\"" >>/etc/postern/postern.yaml', spool)


@pytest.mark.parametrize("spool", WRITABLE)
def test_a_spool_without_mail_goes_without_a_word(machine, package, spool):
    installed(machine, package)
    machine.shell('mkdir -p "$1/tmp" "$1/queue"; echo x >"$1/tmp/x"; echo "spool: $1" >>/etc/postern/postern.yaml', spool)
    said = machine.shell("dpkg --purge postern").stdout
    kept = spool.endswith("/hold")
    assert kept or "the settings name" not in said and "kept" not in said, said
    assert machine.output("ls -d /var/spool/postern /var/lib/postern 2>/dev/null || true") == ("/var/lib/postern" if kept else "")


def test_purged_with_an_empty_queue_nothing_is_left(machine, package):
    before = machine.output("ls -A /etc /etc/systemd/system /var/spool /var/lib /etc/apparmor.d /etc/apparmor.d/local 2>/dev/null")
    installed(machine, package)
    machine.shell("apt-get purge -y postern")
    after = machine.output("ls -A /etc /etc/systemd/system /var/spool /var/lib /etc/apparmor.d /etc/apparmor.d/local 2>/dev/null")
    # The user and the group stay, as Debian has it: a number must not come to mean somebody else.
    assert set(after.splitlines()) - set(before.splitlines()) <= {"passwd-", "group-", "shadow-", "gshadow-", "subuid-", "subgid-"}
    left = [path for path in (machine.state / "upper").rglob("*postern*") if not path.is_char_device()]
    assert [path for path in left if "srv" not in path.parts] == []


def test_mailname_and_aliases_of_the_machine_are_honoured_and_left_alone(machine, package):
    machine.shell("echo box.example.net >/etc/mailname; echo 'root: admin@example.com' >/etc/aliases")
    installed(machine, package)
    send = "printf 'Subject: x\\n\\nx\\n' | setpriv --reuid=nobody --clear-groups sendmail ann 2>&1; postern --json queue list 2>&1; "
    said = machine.shell(SERVICE + send + "kill $!; wait || true; cat /tmp/log").stdout
    assert "ann@box.example.net" in said and "nobody@box.example.net" in said, said
    machine.shell("newaliases; apt-get purge -y postern")
    assert machine.output("cat /etc/mailname /etc/aliases").splitlines() == ["box.example.net", "root: admin@example.com"]


def test_the_aliases_of_the_machine_are_honoured_without_being_asked_for(machine, package):
    machine.shell("echo 'root: admin@example.org' >/etc/aliases")
    installed(machine, package)
    send = "printf 'Subject: x\\n\\nx\\n' | sendmail root; postern queue list; postern queue delete --all --yes; "
    said = machine.shell(SERVICE + send + "echo --; echo 'root: other@example.org' >/etc/aliases; newaliases; " + send +
                         "echo --; rm /etc/aliases; newaliases; " + send + "kill $!; wait || true").stdout.split("--\n")
    assert "admin@example.org" in said[0], said
    assert "/etc/aliases: 1 alias\n" in said[1] and "other@example.org" in said[1], said
    assert "/etc/aliases: 0 aliases\n" in said[2] and "root@" in said[2] and "example.org" not in said[2], said


def test_nothing_in_the_aliases_of_the_machine_keeps_the_settings_from_being_used(machine, package):
    installed(machine, package)
    spoilt = {
        "true": "there is no alias for root",
        "printf 'root: joe\\n'": "the alias for root leads to a local user alone",
        "printf 'root: \"|/bin/prog\"\\nlogs: /var/log/x\\n'": "'logs' leads to a file",
        "printf 'nonsense\\n'": "/etc/aliases:1: no alias",
        "printf 'root: a\\na: root\\n'": "leads in a circle",
        "printf 'postmaster: root\\n'; echo 'aliases: { root: postmaster }' >>/etc/postern/postern.yaml": "leads in a circle",
        "printf 'x: y\\n'; chmod 600 /etc/aliases": "cannot read the aliases of /etc/aliases: Permission denied",
        "printf 'root: me@example.org\\n'; chmod 666 /etc/aliases":
            "/etc/aliases is writable for every user; run: chmod o-w /etc/aliases; no alias is taken from it",
        "printf 'root: me@example.org\\n'; chown 12345 /etc/aliases": "/etc/aliases belongs to 12345",
        "printf 'root: me@example.org\\n'; chgrp mail /etc/aliases; chmod 664 /etc/aliases": "/etc/aliases is writable for the group mail",
        "head -c 3M /dev/zero": "cannot read the aliases: ",
        "true; rm /etc/aliases; mkdir /etc/aliases": "the aliases of /etc/aliases is not a file; no alias is taken from it",
        "true; rm /etc/aliases; ln -s nowhere /etc/aliases": "there is no alias for root",
    }
    wrong = []
    for make, words in spoilt.items():
        run = machine.shell("rm -rf /etc/aliases; cp /usr/share/postern/postern.yaml /etc/postern/; "
                            f"{{ {make}; }} >/etc/aliases; posternd --check 2>&1", check=False)
        if run.returncode != 0 or words not in run.stdout or not run.stdout.endswith("postern.yaml: good\n"):
            wrong.append((make, run.returncode, run.stdout, run.stderr))
    assert wrong == []


def test_an_import_leaves_to_the_aliases_of_the_machine_what_the_program_did(machine, package):
    installed(machine, package)
    machine.shell("""
        mkdir -p /etc/exim4 /etc/nullmailer; echo 'root: first@example.org' >/etc/aliases
        printf "dc_eximconfig_configtype='smarthost'\\ndc_smarthost='relay.example'\\n" >/etc/exim4/update-exim4.conf.conf
        echo relay.example >/etc/nullmailer/remotes; echo admin@example.com >/etc/nullmailer/adminaddr""")
    explain = "postern explain --to root; "
    said = machine.shell("postern import --from exim --write; " + SERVICE + explain +
                         "echo --; echo 'root: new@example.org' >/etc/aliases; newaliases; " + explain +
                         "echo --; postern import --from nullmailer --write; postern reload; " + explain +
                         "newaliases; kill $!; wait || true").stdout.split("--\n")
    assert "first@example.org" in said[0], said
    assert "new@example.org" in said[1] and "first@example.org" not in said[1], said
    assert "admin@example.com" in said[2] and "new@example.org" not in said[2] and "'aliases_file' is none" in said[2], said


@pytest.mark.parametrize("peer", PEERS)
def test_over_another_mail_system_and_back(machine, package, peer):
    theirs = [f"/srv/peers/{peer}/{name}" for name in os.listdir(f"{PEERS_DIR}/{peer}") if name.endswith(".deb")]
    machine.shell("mkdir -p /srv/peers; cp -r \"$1\" /srv/peers/", f"{PEERS_DIR}/{peer}")
    machine.install(*theirs)
    owner = machine.package_of("/usr/sbin/sendmail")
    assert owner and owner != "postern"

    installed(machine, package)
    now = packages(machine)
    assert now.pop("postern") == "installed" and "installed" not in now.values(), now
    for path in COMMANDS:
        assert machine.package_of(path) == "postern", path
        assert machine.output('readlink -f "$1"', path) == "/usr/sbin/sendmail"
    machine.shell(SEND, f"after {peer}")
    assert machine.output(DROPPED) == "1"
    machine.shell("newaliases")

    # The other one takes it back; mail that waits here stays, and that is said.
    said = machine.install(*theirs).stdout
    assert "messages left in /var/spool/postern: 1." in said
    now = packages(machine)
    assert now["postern"] != "installed"
    assert machine.package_of("/usr/sbin/sendmail") == owner
    # And purging what is left of postern takes nothing away from it.
    machine.shell("dpkg --purge postern")
    assert machine.package_of("/usr/sbin/sendmail") == owner
    assert machine.output(DROPPED) == "1"

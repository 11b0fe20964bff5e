"""The Debian package by itself: its contents, what Debian's own checkers say, and what it is built from."""

import json
import re
import shlex

import pytest

from conftest import BUILD, REPO, run

DEBIAN = REPO / "packaging/debian"


def fields(package):
    return dict(re.findall(r"^ ?([A-Z][\w-]*): (.*)$", run("dpkg-deb", "--info", package).stdout, re.M))


def test_it_holds_what_its_list_says(package):
    lines = []
    for line in run("dpkg-deb", "--contents", package).stdout.splitlines():
        mode, owner, _, _, _, name = line.split(maxsplit=5)
        assert owner == "root/root", line
        if not mode.startswith("d"):
            lines.append(f"{mode} {name[1:]}")
    listed = (REPO / "packaging/debian/contents").read_text(encoding="utf-8").splitlines()
    assert sorted(lines) == sorted(line for line in listed if not line.startswith("#"))


def test_lintian_finds_nothing(package):
    # Not what looks like misspelt words: GCC writes a string by pieces that overlap ("control characte", "ter in a command").
    result = run("lintian", "--display-info", "--pedantic", "--allow-root", "--suppress-tags", "spelling-error-in-binary",
                 package.with_name(package.name.replace(".deb", ".changes")), check=False)
    assert (result.stdout.strip(), result.returncode) == ("", 0), result.stdout + result.stderr


def test_its_programs_are_hardened(package, tmp_path):
    run("dpkg-deb", "--extract", package, tmp_path)
    programs = ("usr/sbin/posternd", "usr/bin/postern", "usr/sbin/sendmail", "usr/libexec/postern-drop")
    for program in programs:
        headers = run("readelf", "--wide", "--file-header", "--program-headers", "--dynamic", tmp_path / program).stdout
        assert re.search(r"Type: +DYN", headers), f"{program} is at the same address each time"
        assert "GNU_RELRO" in headers and "NOW" in headers, f"{program}: what the linker fills in stays writable"
        assert re.search(r"GNU_STACK .* RW +", headers), f"{program}: its stack can be executed"
        code = run("objdump", "--disassemble", "--no-show-raw-insn", tmp_path / program).stdout
        if "x86-64" in code:
            assert "endbr64" in code, f"{program}: indirect calls go anywhere"


def test_the_programs_that_users_start_load_nothing(package, tmp_path):
    run("dpkg-deb", "--extract", package, tmp_path)
    # With the set-gid bit a loader would be one more program that reads what the user set.
    for program, alone in {"usr/sbin/sendmail": True, "usr/libexec/postern-drop": True, "usr/sbin/posternd": False}.items():
        headers = run("readelf", "--wide", "--program-headers", "--dynamic", tmp_path / program).stdout
        assert ("INTERP" not in headers) == alone, f"{program}: {headers}"
        assert ("(NEEDED)" not in headers) == alone, f"{program}: {headers}"


def test_the_daemon_has_checked_calls_and_touches_each_page_of_its_stack(package, tmp_path):
    run("dpkg-deb", "--extract", package, tmp_path)
    daemon = tmp_path / "usr/sbin/posternd"
    symbols = run("readelf", "--wide", "--dyn-syms", daemon).stdout
    # What _FORTIFY_SOURCE makes of memcpy and its like; __stack_chk_fail is another's.
    assert re.search(r" UND __\w+_chk@GLIBC", symbols), "no call knows how large the object is that it writes to"
    code = run("objdump", "--disassemble", "--no-show-raw-insn", daemon).stdout
    if "x86-64" in code:
        probed = re.findall(r"sub +\$0x1000,%rsp\n.*\torq +\$0x0,\(%rsp\)\n", code)
        assert probed, "a large frame may reach over the guard page into what lies beyond the stack"


# Zeroed variables leave no trace in a program that tells them from others, nor does the level of _FORTIFY_SOURCE.
HARDENED = ("-D_FORTIFY_SOURCE=3", "-fstack-protector-strong", "-fstack-clash-protection", "-ftrivial-auto-var-init=zero")


def test_every_file_of_the_programs_is_compiled_with_what_hardens_them(package):
    """The package has the programs of BUILD (packaging/build-deb)."""
    commands = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        commands[words[words.index("-o") + 1]] = words
    # By the objects' names: a unit of several files lies in the build, whatever it is made of.
    ours = {name: words for name, words in commands.items() if name.startswith(("daemon/", "sendmail-shim/"))}
    assert any("posternd.dir" in name for name in ours) and any("postern-drop.dir" in name for name in ours), sorted(commands)
    for name, words in ours.items():
        assert [flag for flag in HARDENED if flag not in words] == [], name
        # The last word counts, of the level of optimisation, too, without which nothing is checked.
        assert [word for word in words if re.match(r"-[DU]_FORTIFY_SOURCE", word)][-1] == HARDENED[0], (name, words)
        assert [word for word in words if re.match(r"-O", word)][-1] == "-O2", (name, words)
        assert not [word for word in words if word.startswith(("-fno-stack", "-fcf-protection=none", "-fsanitize"))], (name, words)


def test_it_takes_the_place_of_any_other_mail_transport_agent(package):
    found = fields(package)
    assert [found[name] for name in ("Provides", "Conflicts", "Replaces")] == ["mail-transport-agent"] * 3
    assert "ca-certificates" in found["Depends"]


def test_its_version_is_the_programs(package):
    version = re.search(r"^project\(postern VERSION (\S+)", (REPO / "CMakeLists.txt").read_text(), re.M)[1]
    assert (DEBIAN / "changelog").read_text().startswith(f"postern ({version}) ")
    assert fields(package)["Version"] == version


def test_what_set_up_edits_is_no_conffile(package):
    # dpkg would ask at an upgrade, and an unattended one is not made where it would (test_machine has upgrades).
    assert run("dpkg-deb", "--info", package, "conffiles").stdout.split() == ["/etc/apparmor.d/posternd"]


def test_what_the_build_needs_is_the_same_in_both_places():
    sourced = run("bash", "-c", f"source {REPO}/packaging/packages.sh; echo ${{build_packages[@]}}").stdout.split()
    control = (DEBIAN / "control").read_text()
    wanted = re.search(r"^Build-Depends:\n((?: .*\n)+)", control, re.M)[1]
    named = {line.split()[0].rstrip(",") for line in wanted.splitlines()}
    assert set(sourced) - {"ccache"} == named - {"debhelper-compat", "dh-sequence-installsysusers", "dh-apparmor"}


def test_no_service_is_stopped_for_an_upgrade_but_to_be_started_again(package):
    scripts = {name: run("dpkg-deb", "--info", package, name).stdout for name in ("postinst", "prerm", "postrm")}
    assert re.search(r"_dh_action=restart.*\n(?:.*\n)*?.*deb-systemd-invoke \$_dh_action 'postern.service' ", scripts["postinst"])
    restarted = re.findall(r"deb-systemd-invoke \$_dh_action (.*?) >", scripts["postinst"])
    assert restarted == ["'postern.service'"], "a socket that is restarted refuses who comes meanwhile"
    stopped = re.findall(r"if .*\[ \"\$1\" = remove \].*\n\tdeb-systemd-invoke stop (.*?) >", scripts["prerm"])
    assert len(stopped) == 2 and "postern.socket" in stopped[0] and stopped[1] == "'postern.service'", (
        "the sockets first: they would start the service again")


def test_the_units_are_understood(machine, package):
    machine.install(f"/srv/bound/{package.name}")
    units = "postern.service postern.socket postern-control.socket postern-smtp.socket postern.path"
    result = machine.shell(f"cd /lib/systemd/system && systemd-analyze verify --man=yes {units} 2>&1", check=False)
    assert [line for line in result.stdout.splitlines() if "postern" in line] == []


def test_the_apparmor_profile_is_understood():
    result = run("apparmor_parser", "--skip-kernel-load", "--skip-cache", "--warn=all", REPO / "packaging/apparmor/posternd")
    assert "posternd:" not in result.stderr, result.stderr
    assert "AppArmorProfile=-posternd\n" in (REPO / "packaging/systemd/postern.service").read_text()


@pytest.mark.parametrize("debconf", ["templates", "config"])
def test_it_asks_nothing(package, debconf):
    assert not (DEBIAN / f"postern.{debconf}").exists() and not (DEBIAN / debconf).exists()

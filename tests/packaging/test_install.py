"""What `cmake --install` puts where, by the list in packaging/installed."""

import pathlib
import stat
import subprocess

import pytest

from conftest import BUILD, REPO, run

LIST = (REPO / "packaging/installed").read_text(encoding="utf-8")


def listed(prefix):
    return sorted(line.replace("PREFIX/", f"{prefix}/") for line in LIST.splitlines() if line and not line.startswith("#"))


def found(root):
    """As the list has it: mode and path, or -> and target."""
    lines = []
    for path in pathlib.Path(root).rglob("*"):
        shown = "/" + str(path.relative_to(root))
        if path.is_symlink():
            lines.append(f"link {shown} -> {path.readlink()}")
        elif path.is_file():
            lines.append(f"{stat.S_IMODE(path.stat().st_mode):04o} {shown}")
    return sorted(lines)


def staged(root, *options):
    return run("cmake", "--install", BUILD, *options, env={"DESTDIR": str(root), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})


@pytest.mark.parametrize("prefix", ["/usr", "/usr/local"])
def test_a_staged_installation_is_the_list(prefix, tmp_path):
    staged(tmp_path, "--prefix", prefix)
    assert found(tmp_path) == listed(prefix)
    unit = (tmp_path / prefix[1:] / "lib/systemd/system/postern.service").read_text()
    assert f"ExecStart={prefix}/sbin/posternd --config /etc/postern/postern.yaml\n" in unit
    # ::1 may be missing, and must not keep 127.0.0.1 shut.
    assert "\nFreeBind=yes\n" in (tmp_path / prefix[1:] / "lib/systemd/system/postern-smtp.socket").read_text()
    for link in ("bin/mailq", "bin/newaliases", "lib/sendmail"):
        assert (tmp_path / prefix[1:] / link).resolve() == (tmp_path / prefix[1:] / "sbin/sendmail").resolve()


def test_the_prefix_is_usr_local_unless_told(tmp_path):
    staged(tmp_path)
    assert found(tmp_path) == listed("/usr/local")


def test_another_prefix_has_to_be_built_for(tmp_path):
    result = subprocess.run(["cmake", "--install", BUILD, "--prefix", tmp_path / "elsewhere"], capture_output=True, text=True)
    assert result.returncode != 0
    assert f"cmake -DCMAKE_INSTALL_PREFIX={tmp_path}/elsewhere {BUILD}" in " ".join(result.stderr.split())
    assert not (tmp_path / "elsewhere").exists()


def test_settings_that_are_there_stay(tmp_path):
    settings = tmp_path / "etc/postern/postern.yaml"
    settings.parent.mkdir(parents=True)
    settings.write_text("hostname: mine.example.net\n")
    assert "Kept as they are" in staged(tmp_path).stdout
    assert settings.read_text() == "hostname: mine.example.net\n"


def test_what_the_quick_start_builds_can_be_installed():
    """It builds a few targets, and all that is installed comes with them."""
    line = next(line for line in (REPO / "packaging/quickstart").read_text().splitlines() if "--target" in line)
    targets = line.split("--target", 1)[1].split()
    assert {"posternd", "postern", "sendmail"} <= set(targets)
    commands = run("ninja", "-C", BUILD, "-t", "commands", *targets).stdout
    assert "-o bin/postern-drop " in commands, "postern-drop is not built with sendmail"


def test_installed_for_good_the_helper_gets_its_group_or_it_is_said_how(machine):
    install = f"cmake --install {BUILD} --prefix /usr/local 2>&1"
    words = " ".join(machine.output(install).split())
    assert "systemd-sysusers && chgrp maildrop /usr/local/libexec/postern-drop && chmod 2755" in words
    # What was said is done, and once the group is there nothing is left to do.
    mode = "stat -c '%U %G %a' /usr/local/libexec/postern-drop"
    machine.shell("systemd-sysusers && chgrp maildrop /usr/local/libexec/postern-drop && "
                  "chmod 2755 /usr/local/libexec/postern-drop && systemd-tmpfiles --create postern.conf")
    assert machine.output(mode) == "root maildrop 2755"
    assert "postern-drop" not in machine.output(install + " | grep -i warning || true")
    assert machine.output(mode) == "root maildrop 2755"
    # Nobody is there to take it, so it is dropped.
    machine.shell("printf 'Subject: x\\n\\nx\\n' | setpriv --reuid=nobody --clear-groups /usr/local/lib/sendmail root@example.com")
    assert machine.output("ls /var/spool/postern/drop | wc -l") == "1"


def test_without_the_package_it_comes_and_goes_by_the_commands_of_the_readme(machine):
    section = (REPO / "README.md").read_text().partition("without the package, as root")[2].partition("\n## ")[0]
    commands = [line.strip().replace("build/release", str(BUILD)).replace("$PWD", str(REPO))
                for line in section.splitlines() if line.startswith("    ")]
    # There is no systemd here to start anything, and no journal.
    commands = [command for command in commands if not command.startswith(("systemctl ", "journalctl "))]
    assert len(commands) == 4, commands
    said = machine.shell(" && ".join(commands[:3]))
    assert "has not got its group" not in said.stdout + said.stderr
    assert machine.output("stat -c '%U %G %a' /usr/local/libexec/postern-drop /var/spool/postern /var/spool/postern/drop /var/lib/postern").splitlines() == [
        "root maildrop 2755", "postern postern 711", "postern maildrop 1770", "postern postern 700"]
    machine.shell("echo 'hostname: mine.example.net' >/etc/postern/postern.yaml")
    machine.shell(commands[3])
    assert machine.output("find /usr/local ! -type d '(' -name '*postern*' -o -name sendmail ')'") == ""
    assert machine.output("cat /etc/postern/postern.yaml") == "hostname: mine.example.net"

"""`postern import`: the settings that another program works with become Postern's, pass the check and deliver."""

import os
import shutil
import subprocess

import pytest

from postern import message
from servers import PASSWORD, USER

ADMIN = "admin@example.com"


def _files(port, ca):
    """For each program the files of a set-up with login and STARTTLS."""
    return {
        "msmtp": {
            "/etc/msmtprc": f"""\
# Set default values for all following accounts.
defaults
auth           on
tls            on
tls_trust_file {ca}
syslog         LOG_MAIL

account        practice
host           smtp.example.com
port           {port}
from           {USER}
user           {USER}
password       "{PASSWORD}"

account default : practice
aliases        /etc/aliases
""", "/etc/aliases": f"root: {ADMIN}\n"},
        "ssmtp": {
            "/etc/ssmtp/ssmtp.conf": f"""\
root={ADMIN}
mailhub=smtp.example.com:{port}
rewriteDomain=example.net
hostname=web1.example.net
FromLineOverride=YES
UseTLS=YES
UseSTARTTLS=YES
TLS_CA_File={ca}
AuthUser={USER}
AuthPass={PASSWORD}
""", "/etc/ssmtp/revaliases": f"root:{USER}:smtp.example.com:{port}\n"},
        "nullmailer": {
            "/etc/nullmailer/remotes": f"smtp.example.com smtp port={port} starttls x509cafile={ca} user={USER} pass='{PASSWORD}'\n",
            "/etc/nullmailer/adminaddr": f"{ADMIN}\n", "/etc/nullmailer/allmailfrom": f"{USER}\n",
            "/etc/mailname": "web1.example.net\n"},
        "dma": {
            "/etc/dma/dma.conf": f"""\
SMARTHOST smtp.example.com
PORT {port}
AUTHPATH /etc/dma/auth.conf
SECURETRANSFER
STARTTLS
MAILNAME /etc/mailname
MASQUERADE {USER}
""", "/etc/dma/auth.conf": f"{USER}|smtp.example.com:{PASSWORD}\n", "/etc/mailname": "web1.example.net\n", "/etc/aliases": f"root: {ADMIN}\n"},
        "postfix": {
            "/etc/postfix/main.cf": f"""\
compatibility_level = 3.6
myhostname = web1.example.net
myorigin = $mydomain
relayhost = [smtp.example.com]:{port}
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:$config_directory/sasl_passwd
smtp_sasl_security_options = noanonymous
smtp_tls_security_level = secure
smtp_tls_CAfile = {ca}
smtp_generic_maps = texthash:/etc/postfix/generic
alias_maps = hash:/etc/aliases
""", "/etc/postfix/sasl_passwd": f"[smtp.example.com]:{port}  {USER}:{PASSWORD}\n",
            "/etc/postfix/generic": f"root@example.net {USER}\n@web1.example.net {USER}\n",
            "/etc/aliases": f"root: {ADMIN}\n"},
        "exim": {
            "/etc/exim4/update-exim4.conf.conf": f"""\
dc_eximconfig_configtype='satellite'
dc_other_hostnames='web1.example.net'
dc_local_interfaces='127.0.0.1 ; ::1'
dc_readhost='example.net'
dc_relay_domains=''
dc_minimaldns='false'
dc_relay_nets=''
dc_smarthost='smtp.example.com::{port}'
CFILEMODE='644'
dc_use_split_config='false'
dc_hide_mailname='true'
dc_mailname_in_oh='true'
dc_localdelivery='mail_spool'
""", "/etc/exim4/passwd.client": f"*.example.com:{USER}:{PASSWORD}\n",
            "/etc/exim4/exim4.conf.localmacros": f"REMOTE_SMTP_SMARTHOST_TLS_VERIFY_CERTIFICATES = {ca}\n",
            "/etc/email-addresses": f"root: {USER}\n", "/etc/mailname": "web1.example.net\n",
            "/etc/aliases": f"root: {ADMIN}\n"},
    }


PROGRAMS = list(_files(0, ""))


def _run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, timeout=60, **options)


def _msmtp_sends(root, recipient):
    """The whole way, by msmtp itself."""
    os.chmod(f"{root}/etc/msmtprc", 0o600)
    _run("msmtp", f"--file={root}/etc/msmtprc", recipient, input=b"Subject: before\n\nby msmtp\n")


def _postfix_reads(root, _):
    assert b"relayhost = [smtp.example.com]:" in _run("postconf", "-n", "-c", f"{root}/etc/postfix").stdout


def _exim_reads(root, _):
    """Debian's tool makes Exim's own settings from the files, and Exim takes them."""
    there = "/exim/import"
    shutil.copytree("/exim/etc/exim4", there, symlinks=True)
    shutil.copytree(f"{root}/etc/exim4", there, dirs_exist_ok=True)
    _run("chroot", "/exim", "update-exim4.conf", "-d", "/import", "-o", "/import/made")
    assert b"smtp.example.com" in _run("chroot", "/exim", "exim4", "-C", "/import/made", "-bP", "macro", "DCsmarthost").stdout


# That the files are what the program itself understands, for those that are installed here.
WORKING = {"msmtp": _msmtp_sends, "postfix": _postfix_reads, "exim": _exim_reads}


def _make(root, files):
    for path, text in files.items():
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        with open(root + path, "w") as out:
            out.write(text)


def _import(posternd, root, program, *more):
    return posternd.run("import", "--root", root, "--from", program, *more)


def _arrived(server, inbox):
    """How many messages for this recipient."""
    count = 0
    for name in os.listdir(f"{server.directory}/Maildir/new"):
        with open(f"{server.directory}/Maildir/new/{name}", errors="replace") as mail:
            count += f"X-Envelope-To: <{inbox}@example.com>" in mail.read()
    return count


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_a_program_was_told_delivers_by_postern(posternd, practice_starttls, tmp_path, inbox, program):
    root = str(tmp_path)
    _make(root, _files(practice_starttls.port, practice_starttls.ca)[program])
    if program in WORKING:
        WORKING[program](root, f"before-{inbox}@example.com")
        if program == "msmtp":
            assert _arrived(practice_starttls, f"before-{inbox}") == 1

    run = _import(posternd, root, program, "--write", "--output", posternd.config)
    assert run.returncode == 0, run.stderr.decode()
    # The old password of the fixture is another file's now: its owner was another.
    assert f"wrote {posternd.directory}/password" in run.stderr.decode()
    assert os.stat(f"{posternd.directory}/password").st_mode & 0o777 == 0o640
    with open(posternd.config) as settings:
        text = settings.read()
    assert PASSWORD not in text
    if program == "dma":
        # dma knows no authorities; the note says what to do.
        assert "tls_ca_file" in text
        text = text.replace("    tls: starttls\n", f"    tls: starttls\n    tls_ca_file: {practice_starttls.ca}\n")
        posternd.write(text)
    check = posternd.run("--check", "--config", posternd.config, program="posternd")
    assert check.returncode == 0, check.stderr.decode()

    # Where this test's daemon lives is nothing that another program could have said.
    posternd.write(text + f"""
spool: {posternd.spool}
listen:
  submit: {posternd.directory}/submit.sock
  control: {posternd.directory}/control.sock
  smtp: ["127.0.0.1:{posternd.port}"]
retry: {posternd.retry}
""")
    posternd.start()
    posternd.sendmail(message(f"{inbox}@example.com", "imported"), "-f", "root", f"{inbox}@example.com")
    posternd.wait_empty()
    assert _arrived(practice_starttls, inbox) == 1
    accepted, _ = practice_starttls.logins()[-1]
    assert accepted


def test_the_settings_are_printed_and_hold_no_secret(posternd, tmp_path):
    for program in PROGRAMS:
        root = str(tmp_path / program)
        _make(root, _files(587, "/etc/ssl/certs/ca-certificates.crt")[program])
        run = _import(posternd, root, program)
        assert run.returncode == 0, run.stderr.decode()
        assert b"host: smtp.example.com" in run.stdout
        assert PASSWORD.encode() not in run.stdout + run.stderr
        # Found without being named, too: it is the only one.
        assert posternd.run("import", "--root", root).stdout == run.stdout


def test_old_settings_and_passwords_are_kept(posternd, tmp_path):
    root = str(tmp_path)
    _make(root, _files(587, "/etc/ssl/certs/ca-certificates.crt")["nullmailer"])
    posternd.write("hostname: old.example.net\n")
    posternd.password("the-0ld-one")
    run = _import(posternd, root, "nullmailer", "--write", "--output", posternd.config)
    assert run.returncode == 0, run.stderr.decode()
    for name, old in (("postern.yaml", "hostname: old.example.net\n"), ("password", "the-0ld-one\n")):
        assert f"kept the old file as {posternd.directory}/{name}.old" in run.stderr.decode()
        with open(f"{posternd.directory}/{name}.old") as kept:
            assert kept.read() == old
        assert os.stat(f"{posternd.directory}/{name}.old").st_mode & 0o777 == 0o600


def test_the_first_hand_written_file_outlives_every_run(posternd, tmp_path):
    root = str(tmp_path)
    posternd.write("hostname: old.example.net\n")
    for port in (587, 588, 589):
        _make(root, _files(port, "/etc/ssl/certs/ca-certificates.crt")["nullmailer"])
        run = _import(posternd, root, "nullmailer", "--write", "--output", posternd.config)
        assert run.returncode == 0, run.stderr.decode()
    with open(f"{posternd.config}.old") as kept:
        assert kept.read() == "hostname: old.example.net\n"
    with open(f"{posternd.config}.old.2") as kept:
        assert "587" in kept.read()


def test_a_relative_output_names_its_password_by_the_whole_path(posternd, tmp_path, monkeypatch):
    root = str(tmp_path)
    _make(root, _files(587, "/etc/ssl/certs/ca-certificates.crt")["nullmailer"])
    monkeypatch.chdir(posternd.directory)
    for output in ("p.yaml", "./p.yaml"):
        run = _import(posternd, root, "nullmailer", "--write", "--output", output)
        assert run.returncode == 0, run.stderr.decode()
        with open("p.yaml") as settings:
            name = settings.read().split("password_file: ")[1].split()[0].strip('"')
        assert os.path.isabs(name) and os.path.samefile(name, f"{posternd.directory}/password")


def test_what_is_no_file_is_never_replaced(posternd, tmp_path):
    root = str(tmp_path / "root")
    _make(root, _files(587, "/etc/ssl/certs/ca-certificates.crt")["nullmailer"])
    os.mkfifo(tmp_path / "fifo")
    os.symlink("/dev/null", tmp_path / "link")
    for output in ("/dev/null", "/dev/stdout", str(tmp_path / "fifo"), str(tmp_path / "link"), str(tmp_path)):
        before = os.lstat(output)
        for write in ([], ["--write"]):
            run = _import(posternd, root, "nullmailer", "--output", output, *write)
            assert run.returncode == 65 and b"is no file that could be replaced" in run.stderr, run
        after = os.lstat(output)
        assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
        assert not os.path.lexists(output + ".old")


def test_a_link_to_the_settings_stays_one(posternd, tmp_path):
    root = str(tmp_path / "root")
    _make(root, _files(587, "/etc/ssl/certs/ca-certificates.crt")["nullmailer"])
    (tmp_path / "real").mkdir()
    (tmp_path / "real/postern.yaml").write_text("hostname: old.example.net\n")
    os.symlink(tmp_path / "real/postern.yaml", tmp_path / "postern.yaml")
    run = _import(posternd, root, "nullmailer", "--write", "--output", str(tmp_path / "postern.yaml"))
    assert run.returncode == 0, run.stderr.decode()
    assert os.path.islink(tmp_path / "postern.yaml") and "smtp.example.com" in (tmp_path / "real/postern.yaml").read_text()
    assert sorted(os.listdir(tmp_path / "real")) == ["password", "postern.yaml", "postern.yaml.old"]


def test_a_password_that_was_there_before_is_told_of(posternd, tmp_path):
    root = str(tmp_path / "root")
    _make(root, {"/etc/msmtprc": f"account default\nhost smtp.example.com\ntls on\nauth on\nuser {USER}\nfrom {USER}\n"})
    run = _import(posternd, root, "msmtp")
    assert b"goes into /etc/postern/password" in run.stderr, run
    os.makedirs("/etc/postern", exist_ok=True)
    with open("/etc/postern/password", "w") as other:
        other.write("another account's\n")
    try:
        run = _import(posternd, root, "msmtp")
    finally:
        os.remove("/etc/postern/password")
    assert b"/etc/postern/password is there already: see whether it holds the password of" in run.stderr, run


def test_what_is_not_there_or_not_clear_is_told(posternd, tmp_path):
    root = str(tmp_path)
    run = posternd.run("import", "--root", root)
    assert run.returncode == 66 and b"no program that sends mail" in run.stderr, run
    run = posternd.run("import", "--root", root, "--from", "dma")
    assert run.returncode == 66 and b"/etc/dma/dma.conf" in run.stderr, run
    for program in ("dma", "postfix"):
        _make(root, _files(587, "")[program])
    run = posternd.run("import", "--root", root)
    assert run.returncode == 64 and b"--from dma" in run.stderr and b"--from postfix" in run.stderr, run
    _make(root, {"/etc/dma/dma.conf": "SMARTHOST smtp.example.com\nNONSENSE\n"})
    run = posternd.run("import", "--root", root, "--from", "dma")
    assert run.returncode == 65 and f"{root}/etc/dma/dma.conf:2: ".encode() in run.stderr, run
    assert posternd.run("import", "--from", "qmail").returncode == 64

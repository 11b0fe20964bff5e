"""unattended-upgrades' own mail, sent as the program does at its end, by each of the two programs it knows."""

import importlib.machinery
import importlib.util
import io
import os

import apt_pkg

loader = importlib.machinery.SourceFileLoader("unattended_upgrade", "/usr/bin/unattended-upgrade")
spec = importlib.util.spec_from_loader(loader.name, loader)
program = importlib.util.module_from_spec(spec)
loader.exec_module(program)

with open(f"{os.environ['TEXTS']}/umlauts") as source:
    dpkg = source.read()
with open(f"{os.environ['TEXTS']}/long") as source:
    dpkg += source.read()
apt_pkg.init_config()
apt_pkg.config.set("Unattended-Upgrade::MailReport", "always")
log = io.StringIO("Packages that will be upgraded: postern\n")
for to, sendmail in zip(os.environ["TO"].split(), (True, False)):
    apt_pkg.config.set("Unattended-Upgrade::Mail", to)
    program.SENDMAIL_BINARY = "/usr/sbin/sendmail" if sendmail else "/nonexistent"
    program.send_summary_mail(["postern"], False, "Größe der Pakete", {}, [], {}, log, dpkg)

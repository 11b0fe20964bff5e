"""Python that calls sendmail as the documentation of its email package does, and the handler of its logging that mails."""

import logging
import logging.handlers
import os
import subprocess
from email.message import EmailMessage

to = os.environ["TO"].split()


def text(name):
    with open(f"{os.environ['TEXTS']}/{name}") as source:
        return source.read()


for name in ("umlauts", "long"):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Jörg Müller <a@example.org>", f"Gerät <{to.pop(0)}>", os.environ["SUBJECT"]
    mail.set_content(text(name), cte="8bit" if name == "umlauts" else None)
    subprocess.run(["/usr/sbin/sendmail", "-t", "-oi"], input=mail.as_bytes(), check=True)
logger = logging.getLogger("x")
logger.addHandler(logging.handlers.SMTPHandler(("127.0.0.1", int(os.environ["PORT"])), "web@example.org", to, os.environ["SUBJECT"]))
logger.error(text("umlauts"))

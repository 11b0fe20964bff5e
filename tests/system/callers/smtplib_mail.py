"""Python's smtplib: bytes as they are, and EmailMessage."""

import os
import smtplib
from email.headerregistry import Address
from email.message import EmailMessage
from email.mime.text import MIMEText
from email.policy import SMTPUTF8

to = os.environ["TO"].split()
subject = os.environ["SUBJECT"]


def text(name):
    with open(f"{os.environ['TEXTS']}/{name}") as source:
        return source.read()


with smtplib.SMTP("127.0.0.1", int(os.environ["PORT"])) as client:
    for name in ("umlauts", "long"):
        raw = f"From: Jörg Müller <a@example.org>\nTo: Gerät <{to[0]}>\nSubject: {subject}\n\n{text(name)}"
        client.sendmail("a@example.org", [to.pop(0)], raw.encode())
    # Without From, Date and Message-ID.
    client.sendmail("a@example.org", [to[0]], f"Subject: {subject}\n\n{text('umlauts')}".encode(), ["SMTPUTF8", "BODY=8BITMIME"])
    to.pop(0)
    for policy in (None, SMTPUTF8):
        mail = EmailMessage(policy) if policy else EmailMessage()
        mail["From"] = Address("Jörg Müller", "a", "example.org")
        mail["To"] = [Address("Gerät, das", addr_spec=to.pop(0))]
        mail["Subject"] = subject
        mail.set_content(text("umlauts"), cte="8bit")
        mail.add_attachment(text("Gerät.txt"), filename="Gerät.txt")
        client.send_message(mail, mail_options=["SMTPUTF8", "BODY=8BITMIME"] if policy else [])
    mail = EmailMessage(SMTPUTF8)
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "admin@exämple.com", subject
    mail.set_content(text("umlauts"))
    client.send_message(mail)
    mail = MIMEText(text("long"), _charset="utf-8")
    mail["From"], mail["To"], mail["Subject"] = "root", to.pop(0), subject
    client.send_message(mail, from_addr="root")

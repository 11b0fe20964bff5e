"""aiosmtplib: bytes as they are, and EmailMessage."""

import asyncio
import os
from email.message import EmailMessage

import aiosmtplib

to = os.environ["TO"].split()
subject = os.environ["SUBJECT"]


def text(name):
    with open(f"{os.environ['TEXTS']}/{name}") as source:
        return source.read()


async def main():
    async with aiosmtplib.SMTP("127.0.0.1", int(os.environ["PORT"]), use_tls=False, start_tls=False) as client:
        for name in ("umlauts", "long"):
            raw = f"From: Jörg Müller <a@example.org>\nTo: Gerät <{to[0]}>\nSubject: {subject}\n\n{text(name)}"
            await client.sendmail("a@example.org", [to.pop(0)], raw.encode())
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "Jörg Müller <a@example.org>", to.pop(0), subject
        mail.set_content("nur Text für alle")
        mail.add_alternative(text("html"), subtype="html")
        mail.add_attachment(text("Gerät.txt"), filename="Gerät.txt")
        await client.send_message(mail)


asyncio.run(main())

"""Django: send_mail, an alternative in HTML with an attachment, mail to the administrators."""

import os

from django.conf import settings
from django.core import mail

to = os.environ["TO"].split()
subject = os.environ["SUBJECT"]


def text(name):
    with open(f"{os.environ['TEXTS']}/{name}") as source:
        return source.read()


settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=int(os.environ["PORT"]), DEFAULT_FROM_EMAIL="Jörg Müller <web@example.org>",
                   ADMINS=[("Gerät, das", to[3])])
for name in ("umlauts", "long"):
    mail.send_mail(subject, text(name), None, [to.pop(0)])
message = mail.EmailMultiAlternatives(subject, "nur Text für alle", to=[f"Gerät <{to.pop(0)}>"])
message.attach_alternative(text("html"), "text/html")
message.attach("Gerät.txt", text("Gerät.txt"), "text/plain")
message.send()
mail.mail_admins(subject, text("umlauts"))

"""The strict smarthost: aiosmtpd, which is not ours, asks strict_rules about each command and each text. It refuses with the
reasons in the reply. STARTTLS and AUTH are required.

As a program, a process of its own:
    strict.py PORT DIRECTORY CERTIFICATE ACCOUNT PASSWORD [7bit] [own]
      7bit  offers neither 8BITMIME nor SMTPUTF8
      own   takes the account's address alone as sender, in MAIL, From and Sender; with 7bit it does not take <> either, as
            some providers do not

What was taken or refused at the dot is kept in DIRECTORY as N.eml, with N.json beside it (see `Kept`); what MAIL or RCPT
refused has no text. A recipient gone-*@ is nobody, a recipient slow-*@ is to be tried later.
"""

import asyncio
import collections
import glob
import itertools
import json
import os
import ssl
import sys

from auth_servers import Process
from ports import STRICT, STRICT_7BIT
from servers import PASSWORD, USER
from strict_rules import REMARKS, Fault, House, Transaction, faults, recipient_faults, sender_faults

# One transaction as it ended: text (None where it did not come to that), sender, recipients, the faults it was refused for, and the
# remarks.
Kept = collections.namedtuple("Kept", "number text sender recipients eight_bit utf8 faults remarks")

PORTS = {"strict": STRICT, "strict7": STRICT_7BIT}


class StrictServer(Process):
    def __init__(self, directory, mode, certificate, own=True):
        self.kept_in = f"{directory}/kept"
        os.makedirs(self.kept_in)
        self.port = PORTS[mode]
        command = [sys.executable, os.path.abspath(__file__), str(self.port), self.kept_in, certificate, USER, PASSWORD]
        command += (["7bit"] if mode == "strict7" else []) + (["own"] if own else [])
        super().__init__(directory, command, [self.port])
        self._read = {}

    def kept(self):
        """Everything so far, in its order."""
        for path in sorted(set(glob.glob(f"{self.kept_in}/*.json")) - set(self._read)):
            with open(path) as source:
                facts = json.load(source)
            text = None
            if os.path.exists(path[:-5] + ".eml"):
                with open(path[:-5] + ".eml", "rb") as source:
                    text = source.read()
            found = [Fault(*one) for one in facts.pop("faults")]
            self._read[path] = Kept(os.path.basename(path)[:-5], text, faults=[one for one in found if one.rule not in REMARKS],
                                    remarks=[one for one in found if one.rule in REMARKS], **facts)
        return [self._read[path] for path in sorted(self._read)]

    def taken(self):
        return [one for one in self.kept() if not one.faults]

    def refused(self):
        return [one for one in self.kept() if one.faults]


class _Handler:
    """aiosmtpd's hooks."""

    def __init__(self, house, directory):
        self.house, self.directory = house, directory
        self.numbers = itertools.count(1)

    def _keep(self, transaction, found, text=None):
        path = f"{self.directory}/{next(self.numbers):05}"
        if text is not None:
            with open(path + ".eml", "wb") as out:
                out.write(text)
        facts = {**transaction._asdict(), "faults": found}
        with open(path + ".part", "w") as out:
            json.dump(facts, out)
        # The name says that it is whole.
        os.rename(path + ".part", path + ".json")

    @staticmethod
    def _transaction(envelope, sender, options=None):
        options = envelope.mail_options if options is None else options
        return Transaction(sender, list(envelope.rcpt_tos), "BODY=8BITMIME" in options, "SMTPUTF8" in options)

    async def handle_EHLO(self, _server, session, _envelope, hostname, responses):
        session.host_name = hostname
        ours = ["250-ENHANCEDSTATUSCODES"]
        return [one for one in responses[:-1] if self.house.eight_bit or "8BITMIME" not in one] + ours + responses[-1:]

    async def handle_MAIL(self, _server, _session, envelope, address, options):
        address = "" if address == "<>" else address
        transaction = self._transaction(envelope, address, options)
        found = list(sender_faults(address, transaction, self.house))
        if found:
            self._keep(transaction, found)
            return _reply(found)
        # aiosmtpd takes an empty one for none.
        envelope.mail_from = address or "<>"
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address.startswith("gone-"):
            return "550 5.1.1 No such user here"
        if address.startswith("slow-"):
            return "450 4.2.1 The mailbox takes nothing at the moment"
        transaction = self._transaction(envelope, envelope.mail_from)
        found = list(recipient_faults(address, transaction))
        if found:
            self._keep(transaction._replace(recipients=[address]), found)
            return "550 5.1.3 " + _words(found)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _server, _session, envelope):
        transaction = self._transaction(envelope, envelope.mail_from.replace("<>", ""))
        found = faults(envelope.content, transaction, self.house)
        self._keep(transaction, found, envelope.content)
        refused = [one for one in found if one.rule not in REMARKS]
        return _reply(refused) if refused else "250 2.0.0 Ok, all is as it must be"


def _words(found):
    return "; ".join(f"{one.rule} ({one.words})" for one in found)[:400].encode("ascii", "backslashreplace").decode()


def _reply(found):
    """As providers do: the sender is a matter of the account, everything else of the text."""
    if all(one.rule == "foreign sender" or one.rule == "bare address" and one.words.startswith(("the sender ", "from ", "sender "))
           for one in found):
        return "553 5.7.1 Sender address rejected: " + _words(found)
    return "554 5.6.0 Not taken: " + _words(found)


async def _serve(port, directory, certificate, account, password, *flags):
    from aiosmtpd.smtp import SMTP, AuthResult

    house = House("7bit" not in flags, "7bit" not in flags, account if "own" in flags else None,
                  not {"7bit", "own"} <= set(flags))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    handler = _Handler(house, directory)

    class Server(SMTP):
        # A line that is too long is ours to refuse, with its reason.
        line_length_limit = 1 << 26

    def authenticator(_server, _session, _envelope, _mechanism, data):
        good = (data.login, data.password) == (account.encode(), password.encode())
        return AuthResult(success=good)

    def connection():
        return Server(handler, hostname="smtp.example.com", ident="strict", data_size_limit=1 << 26,
                      enable_SMTPUTF8=house.utf8, tls_context=context, require_starttls=True, auth_required=True,
                      authenticator=authenticator, loop=asyncio.get_running_loop())

    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), *sys.argv[2:]))

"""An SMTP server whose logins are judged by GNU SASL or by Cyrus SASL, with channel bindings.

No mail server of Debian 12 offers SCRAM with channel binding, so this is the thinnest one that does: Python for the
lines of SMTP, pyOpenSSL for TLS and the bindings, and one of two libraries nobody here wrote for every byte of SASL.

    sasl_bridge.py PORT ENGINE TLS CERTIFICATE CONFIGURATION LOG MECHANISM...

ENGINE is gsasl or cyrus, TLS is 1.2 or 1.3 (implicit). CONFIGURATION is JSON: user, password, and for Cyrus the directory of
bridge.conf. LOG gets one line a login: "MECHANISM accepted|refused WORDS".
"""

import base64
import ctypes
import hashlib
import json
import socket
import sys
import threading

from OpenSSL import SSL, crypto

OK, MORE = 0, 1


class Gsasl:
    """libgsasl's server side. The numbers are those of gsasl.h."""

    AUTHID, PASSWORD, CB_TLS_UNIQUE, CB_TLS_EXPORTER, NO_CALLBACK = 1, 3, 18, 25, 51
    BINDINGS = {"tls-unique": CB_TLS_UNIQUE, "tls-exporter": CB_TLS_EXPORTER}
    CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)

    def __init__(self, configuration):
        self.configuration = configuration
        self.library = ctypes.CDLL("libgsasl.so.18")
        self.library.gsasl_property_fast.restype = ctypes.c_char_p
        self.library.gsasl_strerror.restype = ctypes.c_char_p
        self.context = ctypes.c_void_p()
        assert self.library.gsasl_init(ctypes.byref(self.context)) == OK
        self.callback = self.CALLBACK(self._asked)
        self.library.gsasl_callback_set(self.context, self.callback)

    def _asked(self, _context, session, what):
        session = ctypes.c_void_p(session)
        if what != self.PASSWORD:
            return self.NO_CALLBACK
        if self.library.gsasl_property_fast(session, self.AUTHID) != self.configuration["user"].encode():
            return self.NO_CALLBACK
        return self.library.gsasl_property_set(session, self.PASSWORD, self.configuration["password"].encode())

    def begin(self, mechanism, bindings):
        session = ctypes.c_void_p()
        code = self.library.gsasl_server_start(self.context, mechanism.encode(), ctypes.byref(session))
        if code != OK:
            return None
        for name, data in bindings.items():
            if name in self.BINDINGS:
                self.library.gsasl_property_set(session, self.BINDINGS[name], base64.b64encode(data))
        return session

    def step(self, session, response):
        """(more is wanted, what to say, why not)."""
        out, size = ctypes.c_void_p(), ctypes.c_size_t()
        data = response or b""
        code = self.library.gsasl_step(session, data, ctypes.c_size_t(len(data)), ctypes.byref(out), ctypes.byref(size))
        if code not in (OK, MORE):
            return False, b"", self.library.gsasl_strerror(code).decode()
        return code == MORE, ctypes.string_at(out, size.value) if size.value else b"", ""


class Cyrus:
    """libsasl2's server side. The numbers are those of sasl.h."""

    CHANNEL_BINDING, TYPE_CONFIG = 21, 1

    class Binding(ctypes.Structure):
        _fields_ = [("name", ctypes.c_char_p), ("critical", ctypes.c_int), ("length", ctypes.c_ulong),
                    ("data", ctypes.c_char_p)]

    def __init__(self, configuration):
        self.library = ctypes.CDLL("libsasl2.so.2")
        self.library.sasl_errdetail.restype = ctypes.c_char_p
        self.library.sasl_set_path(self.TYPE_CONFIG, configuration["directory"].encode())
        assert self.library.sasl_server_init(None, b"bridge") == OK
        self.keep = []

    def begin(self, mechanism, bindings):
        connection = ctypes.c_void_p()
        assert self.library.sasl_server_new(b"smtp", b"smtp.example.com", None, None, None, None, 0,
                                            ctypes.byref(connection)) == OK
        # Cyrus knows one binding a session: the best.
        name, data = next(iter(bindings.items()))
        binding = self.Binding(name.encode(), 0, len(data), data)
        self.keep.append(binding)
        assert self.library.sasl_setprop(connection, self.CHANNEL_BINDING, ctypes.byref(binding)) == OK
        return [connection, mechanism]

    def step(self, session, response):
        connection, mechanism = session
        out, size = ctypes.c_void_p(), ctypes.c_uint()
        tail = (response, len(response or b""), ctypes.byref(out), ctypes.byref(size))
        if mechanism:
            session[1] = None
            code = self.library.sasl_server_start(connection, mechanism.encode(), *tail)
        else:
            code = self.library.sasl_server_step(connection, *tail)
        if code not in (OK, MORE):
            return False, b"", (self.library.sasl_errdetail(connection) or b"").decode(errors="replace")
        return code == MORE, ctypes.string_at(out, size.value) if size.value else b"", ""


class Session:
    def __init__(self, connection, engine, mechanisms, tls, log, certificate):
        self.connection, self.engine, self.mechanisms, self.log = connection, engine, mechanisms, log
        self.tls, self.certificate = tls, certificate
        self.input = b""

    def bindings(self):
        """As the channel has them, best first (RFC 9266, RFC 5929)."""
        if self.tls == "1.3":
            return {"tls-exporter": self.connection.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")}
        der = crypto.dump_certificate(crypto.FILETYPE_ASN1, self.certificate)
        # Sessions are never resumed here, so the client's was the first Finished.
        return {"tls-unique": self.connection.get_peer_finished(), "tls-server-end-point": hashlib.sha256(der).digest()}

    def say(self, text):
        self.connection.sendall(text.encode() + b"\r\n")

    def line(self):
        while b"\n" not in self.input:
            self.input += self.connection.recv(65536)
        line, _, self.input = self.input.partition(b"\n")
        return line.strip().decode("latin-1")

    def authenticate(self, mechanism, initial):
        state = self.engine.begin(mechanism, self.bindings())
        if state is None:
            return self.say("504 5.5.4 Mechanism not known")
        response = None if initial is None else b"" if initial == "=" else base64.b64decode(initial)
        if response is None:
            self.say("334 ")
            response = base64.b64decode(self.line())
        while True:
            more, words, fault = self.engine.step(state, response)
            if fault:
                self.log(f"{mechanism} refused {fault}")
                return self.say("535 5.7.8 Authentication failed")
            if more or words:
                self.say("334 " + base64.b64encode(words).decode())
                line = self.line()
                if line == "*":
                    self.log(f"{mechanism} refused the client gave up")
                    return self.say("501 5.7.0 Authentication cancelled")
                response = base64.b64decode(line)
            if not more:
                self.log(f"{mechanism} accepted")
                return self.say("235 2.7.0 Authentication successful")

    def run(self):
        self.connection.do_handshake()
        self.say("220 smtp.example.com ESMTP bridge")
        while True:
            line = self.line()
            verb, _, rest = line.partition(" ")
            verb = verb.upper()
            if verb == "EHLO":
                self.say(f"250-smtp.example.com\r\n250-AUTH {' '.join(self.mechanisms)}\r\n250 8BITMIME")
            elif verb == "AUTH":
                self.authenticate(*(rest.split() + [None])[:2])
            elif verb == "DATA":
                self.say("354 go on")
                while self.line() != ".":
                    pass
                self.say("250 2.0.0 Ok")
            elif verb == "QUIT":
                self.say("221 2.0.0 Bye")
                self.connection.shutdown()
                return
            else:
                self.say("250 2.0.0 Ok")


def main(port, engine, tls, certificate, configuration, log, *mechanisms):
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    version = SSL.TLS1_3_VERSION if tls == "1.3" else SSL.TLS1_2_VERSION
    context.set_min_proto_version(version)
    context.set_max_proto_version(version)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_options(SSL.OP_NO_TICKET)
    context.use_certificate_chain_file(certificate)
    context.use_privatekey_file(certificate)
    with open(certificate, "rb") as source:
        loaded = crypto.load_certificate(crypto.FILETYPE_PEM, source.read())
    with open(configuration) as source:
        judge = {"gsasl": Gsasl, "cyrus": Cyrus}[engine](json.load(source))
    lock = threading.Lock()

    def write(line):
        with lock, open(log, "a") as out:
            out.write(line + "\n")

    def serve(plain):
        connection = SSL.Connection(context, plain)
        connection.set_accept_state()
        try:
            Session(connection, judge, mechanisms, tls, write, loaded).run()
        except (SSL.Error, OSError):
            pass  # the client has gone
        finally:
            plain.close()

    listener = socket.create_server(("127.0.0.1", int(port)))
    while True:
        plain, _ = listener.accept()
        threading.Thread(target=serve, args=(plain,), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])

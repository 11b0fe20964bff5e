"""Servers that take so much and no more, beside the strict ports of Postfix: Exim, OpenSMTPD, and two of npm's."""

import os
import subprocess

import pytest

from auth_servers import HERE, Process
from ports import EXIM_FEW, EXIM_SLOW, HARAKA, OPENSMTPD, SMTP_SERVER
from servers import TRUSTING_PORT, Arrived, _write, exim_delivery, exim_directory
from waiting import wait_for_port

MODULES = "/srv/limited/node_modules"


class LimitedExim:
    """Two of Exim, without TLS and logins: one that takes few messages on a connection, one that takes few in a time."""

    few, slow = EXIM_FEW, EXIM_SLOW
    settings = {EXIM_FEW: ("smtp_accept_max_per_connection = 3", ""),
                EXIM_SLOW: ("acl_smtp_mail = check_mail", "defer ratelimit = 5 / 10s / leaky\n"
                                                          "                message = rate limit exceeded")}

    def __init__(self, directory):
        self.mail = Arrived(f"{directory}/mail", "Envelope-to")
        self.log = f"{directory}/log/{self.few}-main"
        self.processes = []
        for name in ("log", "mail"):
            exim_directory(f"{directory}/{name}")
        self.configs = {port: self._configure(directory, port) for port in self.settings}
        # A file that Exim does not know costs it its privileges, with which it delivers.
        _write("/exim/etc/exim4/trusted_configs", "".join(f"{path}\n" for path in self.configs.values()))

    def _configure(self, directory, port):
        path, (setting, acl) = f"/etc/exim4/limited-{port}", self.settings[port]
        exim_directory(f"{directory}/spool-{port}")
        _write("/exim" + path, f"""\
            primary_hostname = smtp2.example.com
            spool_directory = {directory}/spool-{port}
            log_file_path = {directory}/log/{port}-%s
            log_selector = +smtp_connection +smtp_protocol_error
            pid_file_path = {directory}/spool-{port}/pid
            daemon_smtp_ports = {port}
            local_interfaces = 127.0.0.1
            tls_advertise_hosts =
            acl_smtp_rcpt = check_rcpt
            {setting}
            never_users =
            keep_environment =
            host_lookup =
            rfc1413_query_timeout = 0s
            smtp_accept_max = 50
            smtp_accept_queue_per_connection = 0

            begin acl
            check_rcpt:
              accept
            check_mail:
              {acl}
              accept

            {exim_delivery(directory)}
            """)
        return path

    def start(self):
        for port, path in self.configs.items():
            self.processes.append(subprocess.Popen(["chroot", "/exim", "exim4", "-C", path, "-bdf", "-q30s"]))
            wait_for_port(port)

    def stop(self):
        for process in self.processes:
            process.terminate()
            process.wait(20)


class Served(Process):
    """For one test."""

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


class OpenSmtpd(Served):
    """In a root of its own below /opensmtpd; five messages a connection. It passes mail on to Postfix."""

    port = OPENSMTPD

    def __init__(self, directory):
        _write("/opensmtpd/etc/smtpd-test.conf", f"""\
            smtp limit max-mails 5
            listen on 127.0.0.1 port {self.port} hostname smtp3.example.com
            action "on" relay host smtp://127.0.0.1:{TRUSTING_PORT}
            match from any for any action "on"
            """)
        super().__init__(directory, ["chroot", "/opensmtpd", "smtpd", "-d", "-f", "/etc/smtpd-test.conf"], [self.port])


class Keeping(Served):
    """One that writes the recipients of what it takes into a file."""

    def __init__(self, directory, command, port, **options):
        if not os.path.isdir(MODULES):
            pytest.skip("npm could not install the servers when the test roots were made")
        self.file = f"{directory}/recipients"
        _write(self.file, "")
        super().__init__(directory, command, [port], **options)

    def recipients(self):
        with open(self.file) as source:
            return source.read().split()


class NodeServer(Keeping):
    """npm's smtp-server: two clients at a time."""

    port = SMTP_SERVER

    def __init__(self, directory):
        command = ["node", f"{HERE}/limited/smtp-server.js", MODULES, str(self.port), f"{directory}/recipients"]
        super().__init__(directory, command, self.port)


class Haraka(Keeping):
    """Two recipients a transaction, three messages a connection."""

    port = HARAKA

    def __init__(self, directory):
        super().__init__(directory, ["node", f"{MODULES}/Haraka/bin/haraka", "-c", directory], self.port,
                         env={**os.environ, "FILE": f"{directory}/recipients"})
        # Its own defaults, and over them ours.
        subprocess.run(["node", f"{MODULES}/Haraka/bin/haraka", "-i", directory], check=True, capture_output=True)
        _write(f"{directory}/config/smtp.ini", f"[main]\nlisten=127.0.0.1:{self.port}\nnodes=0\n")
        _write(f"{directory}/config/me", "smtp.example.com\n")
        _write(f"{directory}/config/plugins", "limits\n")
        with open(f"{HERE}/limited/haraka_plugin.js") as source:
            _write(f"{directory}/plugins/limits.js", source.read())

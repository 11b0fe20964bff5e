"""The smarthosts: Postfix with Dovecot's SASL, and Exim. One instance of each, many ports, one port a behaviour."""

import email
import glob
import grp
import os
import pwd
import re
import shutil
import subprocess
import textwrap

from ports import AUTHORIZATION_HTTP, EXIM_IMPLICIT, EXIM_MORE, EXIM_STARTTLS
from waiting import wait_for, wait_for_port

USER, PASSWORD = "alerts@example.com", "correct horse&battery"
# Stored as a hash only, so the CRAM-MD5 that the server announces cannot work for this user.
HASHED_USER = "hashed@example.com"
INTROSPECTION_URL = f"http://mailserver:introspection-secret@127.0.0.1:{AUTHORIZATION_HTTP}/token/introspection"

# port: (certificate, implicit TLS, mechanisms, AUTH before TLS)
POSTFIX_PORTS = {
    2500: ("good", False, "plain login cram-md5", False),
    2501: ("good", True, "plain login cram-md5", False),
    2502: ("good", False, "plain", False),
    2503: ("good", False, "login", False),
    2504: ("good", False, "cram-md5", False),
    2510: ("other", False, "plain login cram-md5", False),
    2511: ("other", True, "plain login cram-md5", False),
    2512: ("expired", False, "plain login cram-md5", False),
    2513: ("expired", True, "plain login cram-md5", False),
    2514: ("self", False, "plain login cram-md5", False),
    2515: ("self", True, "plain login cram-md5", False),
    2520: (None, False, "plain login cram-md5", True),
    2521: (None, False, "plain login", True),
    2522: (None, False, "cram-md5", True),
    # Everything that each SASL library has.
    2530: ("good", False, "plain login cram-md5 scram-sha-1 scram-sha-256 oauthbearer xoauth2", False),
    2531: ("good", False, "xoauth2 oauthbearer", False),
    2540: ("good", False, "plain login cram-md5 scram-sha-1 scram-sha-256 scram-sha-512", False),
}
# Ports with Cyrus SASL in place of Dovecot's, one that soon ends idle connections, and one for a neighbour on the same
# machine that has logged its user in.
CYRUS_PORTS = (2540,)
IMPATIENT_PORT = 2531
TRUSTING_PORT = 2590
# As strict as public servers are, each in its own way.
OWNED_PORT, ERRORS_PORT, CROWDED_PORT, RATED_PORT, FIRST_PORT = 2550, 2551, 2552, 2553, 2554
# As old as servers were that nobody has updated since.
OLD_TLS_PORT = 2555
STRICT_PORTS = {
    # Each sender has an owner, see Postfix.own().
    OWNED_PORT: ["smtpd_sender_restrictions = reject_sender_login_mismatch"],
    # Postfix's defaults: it answers slowly from the tenth error on and ends the session at the twentieth.
    ERRORS_PORT: ["smtpd_soft_error_limit = 10", "smtpd_hard_error_limit = 20", "smtpd_error_sleep_time = 1s"],
    CROWDED_PORT: ["smtpd_client_connection_count_limit = 2"],
    # In anvil_rate_time_unit.
    RATED_PORT: ["smtpd_client_message_rate_limit = 5"],
    # All that a first set-up gets wrong, one after the other; the quota is used up with Postfix.use_up().
    FIRST_PORT: ["smtpd_helo_restrictions = reject_non_fqdn_helo_hostname",
                 "smtpd_relay_restrictions = permit_sasl_authenticated,"
                 " check_client_access static:{554 5.7.1 Relay access denied}",
                 "smtpd_sender_restrictions = reject_authenticated_sender_login_mismatch",
                 "smtpd_end_of_data_restrictions = check_client_access hash:{config}/quota"],
    OLD_TLS_PORT: ["smtpd_tls_protocols = TLSv1, TLSv1.1", "smtpd_tls_mandatory_protocols = TLSv1, TLSv1.1",
                   "smtpd_tls_ciphers = medium", "tls_medium_cipherlist = DEFAULT:@SECLEVEL=0"],
}


def _write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as out:
        out.write(textwrap.dedent(text))
    os.chmod(path, mode)


def _read(path):
    try:
        with open(path, errors="replace") as source:
            return source.read()
    except FileNotFoundError:
        return ""


def _bytes(path):
    with open(path, "rb") as source:
        return source.read()


class Arrived:
    """The one Maildir of a server. `header` is what the server adds to say which recipient a file is for; each
    test uses a recipient of its own."""

    def __init__(self, directory, header):
        self.directory = directory
        self.header = header.encode()

    def raw(self, local):
        wanted = self.header + f": {local}@".encode()
        every = [_bytes(path) for path in sorted(glob.glob(f"{self.directory}/new/*"))]
        return [raw for raw in every if wanted in raw.partition(b"\n\n")[0]]

    def wait(self, local, count=1, seconds=20):
        """The messages for this local part as (headers, body bytes); waits until `count` have arrived."""
        wait_for(lambda: len(self.raw(local)) >= count, seconds, f"{count} message(s) for {local}")
        found = []
        for raw in self.raw(local):
            head, _, body = raw.partition(b"\n\n")
            found.append((email.message_from_bytes(head + b"\n\n"), body))
        return found


def cyrus_database(directory, application, owner, root=""):
    """Cyrus SASL's configuration and user database for one application; the paths are those inside `root`."""
    user, _, realm = USER.partition("@")
    _write(f"{root}{directory}/{application}.conf", f"""\
        pwcheck_method: auxprop
        auxprop_plugin: sasldb
        sasldb_path: {directory}/sasldb2
        mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-512
        """)
    subprocess.run(["saslpasswd2", "-p", "-c", "-f", f"{root}{directory}/sasldb2", "-u", realm, user],
                   input=PASSWORD, text=True, check=True, capture_output=True)
    shutil.chown(f"{root}{directory}/sasldb2", owner)


class Dovecot:
    """Only the SASL server. Its log names every attempt, also those that fail."""

    def __init__(self, directory):
        self.log = f"{directory}/dovecot.log"
        self.config = f"{directory}/dovecot.conf"
        self.socket = f"{directory}/auth"
        hashed = subprocess.run(["doveadm", "-o", "auth_debug=no", "pw", "-s", "SHA512-CRYPT", "-p", PASSWORD],
                                check=True, capture_output=True, text=True).stdout.strip()
        _write(f"{directory}/users", f"{USER}:{{PLAIN}}{PASSWORD}\n{HASHED_USER}:{hashed}\n")
        # Asks the authorization server of authorization.py about each token (RFC 7662).
        _write(f"{directory}/oauth2", f"""\
            introspection_mode = post
            introspection_url = {INTROSPECTION_URL}
            username_attribute = email
            active_attribute = active
            active_value = true
            """)
        _write(self.config, f"""\
            base_dir = /run/dovecot-test
            log_path = {self.log}
            protocols =
            auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 oauthbearer xoauth2
            auth_verbose = yes
            auth_debug = yes
            auth_failure_delay = 0
            disable_plaintext_auth = no
            ssl = no
            passdb {{
              driver = passwd-file
              args = {directory}/users
              mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256
            }}
            passdb {{
              driver = oauth2
              args = {directory}/oauth2
              mechanisms = oauthbearer xoauth2
            }}
            userdb {{
              driver = static
              args = uid=65534 gid=65534 home=/nonexistent
            }}
            service auth {{
              unix_listener {self.socket} {{
                mode = 0666
              }}
            }}
            service anvil {{
              # Mode 0: no penalty for earlier failures from the same address.
              unix_listener anvil-auth-penalty {{
                mode = 0
              }}
            }}
            """)

    def start(self):
        subprocess.run(["dovecot", "-c", self.config], check=True)
        wait_for(lambda: os.path.exists(self.socket), 20, "Dovecot's socket")

    def stop(self):
        subprocess.run(["doveadm", "-c", self.config, "stop"], check=False)

    def attempts(self):
        """(mechanism, rest of the line) of every AUTH request so far."""
        return re.findall(r"client in: AUTH\t\d+\t(\S+)\t(.*)", _read(self.log))


class Postfix:
    host = "smtp.example.com"

    def __init__(self, directory, certificates, dovecot):
        self.directory = directory
        self.config = f"{directory}/etc"
        self.log = f"{directory}/postfix.log"
        self.dovecot = dovecot
        self.mail = Arrived(f"{directory}/mail/all", "Delivered-To")
        os.makedirs(f"{directory}/mail")
        shutil.chown(f"{directory}/mail", "nobody", "nogroup")
        for name in ("queue", "data"):
            os.makedirs(f"{directory}/{name}")
        shutil.chown(f"{directory}/data", "postfix")
        shutil.copytree("/etc/postfix", self.config, symlinks=True)
        _write(f"{self.config}/domains", "/./ ok\n")
        _write(f"{self.config}/main.cf", f"""\
            compatibility_level = 3.6
            queue_directory = {directory}/queue
            data_directory = {directory}/data
            maillog_file = {self.log}
            maillog_file_prefixes = {directory}
            myhostname = {self.host}
            inet_interfaces = loopback-only
            inet_protocols = ipv4
            mydestination =
            alias_maps =
            local_recipient_maps =
            message_size_limit = 60000000
            virtual_mailbox_domains = regexp:{self.config}/domains
            virtual_mailbox_maps = static:all/
            virtual_mailbox_base = {directory}/mail
            virtual_mailbox_limit = 0
            virtual_uid_maps = static:{pwd.getpwnam("nobody").pw_uid}
            virtual_gid_maps = static:{grp.getgrnam("nogroup").gr_gid}
            smtpd_sasl_auth_enable = yes
            smtpd_sasl_type = dovecot
            smtpd_sasl_path = {dovecot.socket}
            smtpd_sasl_security_options = noanonymous
            smtpd_tls_loglevel = 1
            smtpd_tls_received_header = yes
            smtpd_error_sleep_time = 0
            smtpd_client_connection_rate_limit = 0
            smtpd_client_connection_count_limit = 0
            smtpd_relay_restrictions = permit_sasl_authenticated, reject
            smtpd_peername_lookup = no
            anvil_rate_time_unit = 10s
            smtpd_sender_login_maps = hash:{self.config}/owners
            smtpd_recipient_restrictions = check_recipient_access regexp:{self.config}/recipients,
              permit_sasl_authenticated, reject
            """)
        _write(f"{self.config}/recipients", """\
            /^gone-/ 550 5.1.1 No such user here
            /^odd-/ 550 5.7.1 The moon is not right for it
            """)
        self._owners = {}
        self.own(USER, USER)
        self.use_up(False)
        # Where Debian's Postfix looks for it, whatever cyrus_sasl_config_path says.
        cyrus_database(f"{self.config}/sasl", "smtpd", "postfix")
        services = []
        for port, (certificate, implicit, mechanisms, cleartext) in POSTFIX_PORTS.items():
            services.append(f"127.0.0.1:{port} inet n - n - - smtpd\n"
                            f"  -o smtpd_sasl_mechanism_filter={mechanisms.replace(' ', ',')}\n"
                            f"  -o smtpd_tls_auth_only={'no' if cleartext else 'yes'}\n"
                            f"  -o smtpd_tls_wrappermode={'yes' if implicit else 'no'}\n"
                            f"  -o syslog_name=port{port}\n")
            if port == IMPATIENT_PORT:
                services.append("  -o smtpd_timeout=1s\n")
            if port in CYRUS_PORTS:
                services.append("  -o smtpd_sasl_type=cyrus\n  -o smtpd_sasl_path=smtpd\n")
            if certificate:
                services.append(f"  -o smtpd_tls_security_level=may\n"
                                f"  -o smtpd_tls_chain_files={certificates.pem(certificate)}\n")
        for port, options in STRICT_PORTS.items():
            services.append(f"127.0.0.1:{port} inet n - n - - smtpd\n  -o syslog_name=port{port}\n"
                            f"  -o smtpd_tls_security_level=may\n"
                            f"  -o smtpd_tls_chain_files={certificates.pem('good')}\n"
                            + "".join(f"  -o {{ {one.replace('{config}', self.config)} }}\n" for one in options))
        services.append(f"127.0.0.1:{TRUSTING_PORT} inet n - n - - smtpd\n  -o smtpd_sasl_auth_enable=no\n"
                        "  -o smtpd_relay_restrictions=permit_auth_destination,reject\n"
                        "  -o smtpd_recipient_restrictions=permit_auth_destination,reject\n")
        limits = {"anvil": 1, "postlog": 1, "qmgr": 1, "pickup": 1, "tlsmgr": 1, "cleanup": 0, "bounce": 0, "defer": 0,
                  "trace": 0}
        for name, kind, command in [("pickup", "unix", "pickup"), ("cleanup", "unix", "cleanup"),
                                    ("qmgr", "unix", "qmgr"), ("tlsmgr", "unix", "tlsmgr"),
                                    ("rewrite", "unix", "trivial-rewrite"), ("bounce", "unix", "bounce"),
                                    ("defer", "unix", "bounce"), ("trace", "unix", "bounce"),
                                    ("proxymap", "unix", "proxymap"), ("smtp", "unix", "smtp"),
                                    ("error", "unix", "error"), ("virtual", "unix", "virtual"),
                                    ("anvil", "unix", "anvil"), ("postlog", "unix-dgram", "postlogd")]:
            private = "n" if name in ("pickup", "cleanup", "qmgr", "postlog") else "-"
            services.append(f"{name} {kind} {private} {'n' if name == 'virtual' else '-'} n - "
                            f"{limits.get(name, '-')} {command}\n")
        _write(f"{self.config}/master.cf", "".join(services))

    def start(self):
        run = subprocess.run(["postfix", "-c", self.config, "start"], capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr + _read(self.log)
        ports = [*POSTFIX_PORTS, *STRICT_PORTS]
        for port in ports:
            wait_for_port(port)
        # What looked whether they listen is logged later, and would be taken for a session of the first test.
        wait_for(lambda: all(any(self.sessions(port)) for port in ports), 30, "the end of the first connections")

    def stop(self):
        subprocess.run(["postfix", "-c", self.config, "stop"], capture_output=True, check=False)

    def own(self, sender, user):
        """From the next session on this user may use this sender where senders have owners."""
        self._owners[sender] = user
        self._map("owners", self._owners)

    def use_up(self, spent):
        """Whether the quota of FIRST_PORT is used up, from the next session on."""
        self._map("quota", {"127.0.0.1": "552 5.7.1 relay quota exceeded"} if spent else {"192.0.2.1": "OK"})

    def _map(self, name, entries):
        _write(f"{self.config}/{name}", "".join(f"{key} {value}\n" for key, value in entries.items()))
        subprocess.run(["postmap", "-c", self.config, f"hash:{self.config}/{name}"], check=True)

    def sessions(self, port):
        """The summaries Postfix logs at each disconnect from this port, in the order of the connects: {"ehlo": "1", "auth":
        "0/1", ...}; {} of one that has not ended."""
        found, last = [], {}
        for process, what, line in re.findall(rf"port{port}/smtpd\[(\d+)\]: (connect|disconnect) from \S+(.*)\n", _read(self.log)):
            if what == "connect":
                last[process] = len(found)
                found.append({})
            else:
                found[last[process]] = dict(re.findall(r"(\w+)=(\S+)", line))
        return found

    def wait_session(self, port, before, seconds=20):
        """The summaries of the sessions after the first `before` that have ended; at least one."""
        wait_for(lambda: any(self.sessions(port)[before:]), seconds, f"a session on port {port}")
        return [one for one in self.sessions(port)[before:] if one]


def exim_directory(path):
    """A new one that Exim may write to."""
    os.makedirs(path)
    exim_owns(path)


def exim_owns(path):
    subprocess.run(["chroot", "/exim", "chown", "Debian-exim:Debian-exim", path], check=True)


def exim_delivery(directory):
    """The end of a configuration of Exim, see Arrived: everything goes into one Maildir. Exim skips the blanks that lines
    begin with."""
    return f"""\
begin routers
all:
  driver = accept
  transport = maildir

begin transports
maildir:
  driver = appendfile
  maildir_format
  directory = {directory}/mail
  create_directory
  user = Debian-exim
  delivery_date_add
  envelope_to_add
  return_path_add

begin retry
* * F,1h,1m
"""


class Exim:
    """The second smarthost, in a root of its own below /exim. STARTTLS, implicit TLS, and one port (STARTTLS) where it
    offers all it has: SCRAM by Cyrus SASL and EXTERNAL too."""

    host = "smtp2.example.com"
    starttls, implicit, more = EXIM_STARTTLS, EXIM_IMPLICIT, EXIM_MORE

    def __init__(self, directory, certificates):
        self.directory = directory
        self.mail = Arrived(f"{directory}/mail", "Envelope-to")
        self.log = f"{directory}/log/mainlog"
        for name in ("spool", "log", "mail"):
            exim_directory(f"{directory}/{name}")
        cyrus_database("/etc/sasl2", "exim", "root", root="/exim")
        exim_owns("/etc/sasl2/sasldb2")
        shutil.copy(certificates.ca, f"{directory}/ca.pem")
        shutil.copy(certificates.pem("second"), f"{directory}/cert.pem")
        exim_owns(f"{directory}/cert.pem")
        self.config = "/etc/exim4/exim4.conf"
        scram = "\n".join(f"            {name.lower().replace('-', '')}:\n"
                          f"              driver = cyrus_sasl\n"
                          f"              public_name = {name}\n"
                          f"              server_advertise_condition = ${{if eq{{$received_port}}{{{self.more}}}}}\n"
                          f"              server_set_id = $auth1\n"
                          for name in ("SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1")).lstrip()
        _write("/exim" + self.config, f"""\
            primary_hostname = {self.host}
            spool_directory = {directory}/spool
            log_file_path = {directory}/log/%slog
            log_selector = +smtp_connection +smtp_protocol_error
            daemon_smtp_ports = {self.starttls} : {self.implicit} : {self.more}
            local_interfaces = 127.0.0.1
            tls_on_connect_ports = {self.implicit}
            tls_advertise_hosts = *
            tls_certificate = {directory}/cert.pem
            tls_verify_certificates = {directory}/ca.pem
            tls_try_verify_hosts = *
            auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
            acl_smtp_rcpt = check_rcpt
            never_users =
            keep_environment =
            host_lookup =
            rfc1413_query_timeout = 0s
            smtp_accept_max = 50
            smtp_accept_queue_per_connection = 0
            smtp_enforce_sync = true
            bounce_return_size_limit = 10K

            begin acl
            check_rcpt:
              accept authenticated = *
              deny message = log in first

            {exim_delivery(directory)}

            begin authenticators
            external:
              driver = external
              public_name = EXTERNAL
              server_advertise_condition = ${{if and{{{{eq{{$received_port}}{{{self.more}}}}}{{bool{{$tls_in_certificate_verified}}}}}}}}
              server_param2 = ${{certextract{{subject,CN}}{{$tls_in_peercert}}}}
              server_condition = ${{if eq{{$auth2}}{{{USER}}}}}
              server_set_id = $auth2
            {scram}
            cram:
              driver = cram_md5
              public_name = CRAM-MD5
              server_secret = ${{if eq{{$auth1}}{{{USER}}}{{{PASSWORD}}}fail}}
              server_set_id = $auth1
            plain:
              driver = plaintext
              public_name = PLAIN
              server_prompts = :
              server_condition = ${{if and{{{{eq{{$auth2}}{{{USER}}}}}{{eq{{$auth3}}{{{PASSWORD}}}}}}}}}
              server_set_id = $auth2
            login:
              driver = plaintext
              public_name = LOGIN
              server_prompts = Username:: : Password::
              server_condition = ${{if and{{{{eq{{$auth1}}{{{USER}}}}}{{eq{{$auth2}}{{{PASSWORD}}}}}}}}}
              server_set_id = $auth1
            """)
        self.process = None

    def start(self):
        self.process = subprocess.Popen(["chroot", "/exim", "exim4", "-bdf", "-q30s"])
        for port in (self.starttls, self.implicit, self.more):
            wait_for_port(port)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def logged(self):
        return _read(self.log)

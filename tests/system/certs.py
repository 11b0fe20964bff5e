"""Certificates for the servers, made with the openssl command. Every trouble a client must notice has its own."""

import os
import subprocess


def _openssl(*arguments, **options):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, **options)


class Certificates:
    """A directory of NAME.pem (key and certificate): good, second, login (the authorization server's), other (another
    name), expired, self (self-signed), client (a user's)."""

    def __init__(self, directory):
        self.directory = directory
        os.makedirs(directory, exist_ok=True)
        self.ca = self._path("ca.pem")
        _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=Test CA",
                 "-keyout", self._path("ca.key"), "-out", self.ca,
                 "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self._leaf("good", "smtp.example.com", ["-days", "30"])
        self._leaf("second", "smtp2.example.com", ["-days", "30"])
        self._leaf("login", "login.example.com", ["-days", "30"])
        self._leaf("client", "alerts@example.com", ["-days", "30"], "email:alerts@example.com", "clientAuth")
        self._leaf("other", "other.example.com", ["-days", "30"])
        # x509 has no start date to give; a certificate that ended yesterday is made by `ca`.
        self._expired("expired", "smtp.example.com")
        _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=smtp.example.com",
                 "-addext", "subjectAltName=DNS:smtp.example.com",
                 "-keyout", self._path("self.key"), "-out", self._path("self.crt"))
        self._join("self")

    def _path(self, name):
        return os.path.join(self.directory, name)

    def pem(self, name):
        return self._path(name + ".pem")

    def files(self, name):
        """The certificate and the key in files of their own."""
        return self._path(name + ".crt"), self._path(name + ".key")

    def _request(self, name, host, alternative=None, use="serverAuth"):
        with open(self._path(name + ".ext"), "w") as out:
            out.write(f"subjectAltName={alternative or 'DNS:' + host}\nbasicConstraints=CA:FALSE\nextendedKeyUsage={use}\n")
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={host}",
                 "-keyout", self._path(name + ".key"), "-out", self._path(name + ".csr"))

    def _leaf(self, name, host, validity, alternative=None, use="serverAuth"):
        self._request(name, host, alternative, use)
        _openssl("x509", "-req", "-in", self._path(name + ".csr"), "-CA", self.ca, "-CAkey", self._path("ca.key"),
                 "-CAcreateserial", *validity, "-extfile", self._path(name + ".ext"), "-out", self._path(name + ".crt"))
        self._join(name)

    def _expired(self, name, host):
        self._request(name, host)
        with open(self._path("index.txt"), "w"):
            pass
        with open(self._path("serial"), "w") as out:
            out.write("77\n")
        with open(self._path("ca.cnf"), "w") as out:
            out.write("[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\n"
                      "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
        _openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key",
                 "-in", name + ".csr", "-out", name + ".crt", "-extfile", name + ".ext",
                 "-startdate", "20200101000000Z", "-enddate", "20210101000000Z", cwd=self.directory)
        self._join(name)

    def _join(self, name):
        with open(self.pem(name), "w") as out:
            for part in (".key", ".crt"):
                with open(self._path(name + part)) as source:
                    out.write(source.read())

# SPDX-License-Identifier: Apache-2.0
"""Keys and certificates of the laboratory, made with strongSwan's pki: two CAs that know nothing of each other, a gateway
and a client, each with RSA and ECDSA, and a gateway whose certificate has expired."""
import subprocess

GATEWAY_ID = "gateway.lab"
CLIENT_ID = "alice@lab"
KEY = {"rsa": ("rsa", "2048"), "ecdsa": ("ecdsa", "256")}
LONG_AGO = ("--not-before", "01.01.20 00:00:00", "--not-after", "01.01.21 00:00:00")


class Certificates:
    """Makes what is asked for on first use; PEM files in one folder, NAME.pem and NAME.key."""

    def __init__(self, folder, gateway_address):
        self.folder = folder
        self.gateway_address = gateway_address
        self.issuers = {}  # name -> name of the CA
        folder.mkdir()

    def ca(self, name="ca"):
        if not self.certificate(name).exists():
            self._key(name, "ecdsa")
            self._write(self.certificate(name), "--self", "--ca", "--in", self.key(name), "--dn", f"CN=The {name} of the lab")
        return self.certificate(name)

    def gateway(self, kind="ecdsa", ca="ca", identity=GATEWAY_ID, expired=False):
        """Name of a gateway certificate; identity and address are in its subjectAltName."""
        name = f"gateway-{kind}-{ca}-{identity}" + ("-expired" if expired else "")
        names = ("--san", identity, "--san", self.gateway_address, "--flag", "serverAuth")
        return self._issue(name, kind, ca, f"CN=gateway {kind}", *names, *(LONG_AGO if expired else ()))

    def client(self, kind="ecdsa", ca="ca"):
        return self._issue(f"alice-{kind}-{ca}", kind, ca, f"CN=alice {kind}", "--san", CLIENT_ID, "--flag", "clientAuth")

    def long_chain(self, links=5):
        """Name of the last of so many RSA CAs below the root; with a certificate of its they are over 4 kB."""
        above = "ca"
        for link in range(1, links + 1):
            name = f"link-{link}"
            above = self._issue(name, "rsa", above, f"CN=CA number {link} in a long chain of CAs of the laboratory", "--ca")
        return above

    def chain_of(self, name):
        """Files of a certificate and of those between it and the root."""
        files, issuer = [self.certificate(name)], self.issuers[name]
        while issuer != "ca":
            files.append(self.certificate(issuer))
            issuer = self.issuers[issuer]
        return files

    def bundle(self, name):
        """One file with all of chain_of()."""
        path = self.folder / f"{name}-chain.pem"
        path.write_bytes(b"".join(each.read_bytes() for each in self.chain_of(name)))
        return path

    def certificate(self, name):
        return self.folder / f"{name}.pem"

    def key(self, name):
        return self.folder / f"{name}.key"

    def _issue(self, name, kind, ca, subject, *options):
        if not self.certificate(name).exists():
            self.ca(ca)
            self._key(name, kind)
            self._write(self.certificate(name), "--issue", "--type", "priv", "--in", self.key(name), "--dn", subject,
                        "--cacert", self.certificate(ca), "--cakey", self.key(ca), *options)
            self.issuers[name] = ca
        return name

    def _key(self, name, kind):
        kind, size = KEY[kind]
        self._write(self.key(name), "--gen", "--type", kind, "--size", size)
        self.key(name).chmod(0o600)

    def _write(self, path, *command):
        made = subprocess.run(["pki", *map(str, command), "--outform", "pem"], check=True, capture_output=True)
        path.write_bytes(made.stdout)

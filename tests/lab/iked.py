# SPDX-License-Identifier: Apache-2.0
"""OpenIKED as a gateway with ESP in the kernel. It speaks PF_KEY with that, which on Linux knows no AEAD and cuts HMAC-SHA2-256
to 96 bits (RFC 4868 wants 128): so AES-CBC with HMAC-SHA2-512. It wants its keys in /etc, so only for machines of tests/kernel."""
import pathlib

from . import sandbox, tools, topology
from .certificates import CLIENT_ID, GATEWAY_ID
from .gateway import PSK
from .probes import EchoServer
from .wait import wait_until

PROGRAM = tools.ROOT / "build/openiked/usr/sbin/iked"  # tests/lab/fetch
USER, HOME = "_iked", "/var/lib/openiked/empty"
KEYS = pathlib.Path("/etc/iked")
CONFIGURATION = f"""
ikev2 "roadwarrior" passive esp \\
    from {topology.INSIDE_NET} to {topology.POOL} \\
    local {topology.GATEWAY} peer any \\
    ikesa enc aes-256 auth hmac-sha2-256 prf hmac-sha2-256 group curve25519 \\
    childsa enc aes-256 auth hmac-sha2-512 noesn \\
    srcid {GATEWAY_ID} dstid {CLIENT_ID} \\
    psk "{PSK}" \\
    config address {topology.POOL}
"""
SETTINGS = {"remote_ts": [topology.INSIDE_NET], "virtual_ip": ["ipv4"], "esp_proposals": ["aes256-sha512-noesn"]}  # of a client
CONFIGURED = "config_getstatic: no stickyaddress"  # its last word at the start, until when it forgets who has connected


def missing():
    return "" if PROGRAM.exists() else "OpenIKED (tests/lab/fetch unpacks it)"


class Iked:
    """Started at once; with the echo server behind it."""

    def __init__(self, lab):
        self.folder = lab.folder / "iked"
        self.folder.mkdir()
        self._furnish(lab.certificates)
        configuration = self.folder / "iked.conf"
        configuration.write_text(CONFIGURATION)
        configuration.chmod(0o600)
        lab.daemons["iked"] = self
        with open(self.folder / "log", "w") as log:
            self.process = lab.network.gateway.start(PROGRAM, "-dvv", "-f", configuration, "-s", self.folder / "socket",
                                                     stdout=log, stderr=log)
        wait_until(lambda: CONFIGURED in self.log(), 20, "iked to have its configuration")
        lab.echo = EchoServer(lab.network.inside)

    def _furnish(self, certificates):
        """It does not start without a private key, though none is needed for a pre-shared one."""
        for name in ("ca", "certs", "crls", "private", "pubkeys"):
            (KEYS / name).mkdir(parents=True, exist_ok=True)
        key = certificates.key(certificates.gateway("ecdsa"))
        (KEYS / "private/local.key").write_bytes(key.read_bytes())
        (KEYS / "private/local.key").chmod(0o600)
        pathlib.Path(HOME).mkdir(parents=True, exist_ok=True)
        sandbox.add_user(USER, 993, HOME)

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

# SPDX-License-Identifier: Apache-2.0
"""libreswan as a gateway with ESP in the kernel, with pre-shared keys. It answers a request from a new address by the new and by the
old path; once it has rekeyed the IKE SA itself it answers UPDATE_SA_ADDRESSES and goes on sending ESP to the old address."""
import os
import subprocess

from . import tools, topology
from .certificates import CLIENT_ID, GATEWAY_ID
from .gateway import PSK
from .probes import EchoServer
from .wait import wait_until

ROOT = tools.ROOT / "build/libreswan"  # tests/lab/fetch
PROGRAMS = ROOT / "usr/libexec/ipsec"
CONNECTION = "roadwarrior"
CONFIGURATION = f"""
config setup
    uniqueids=no
conn {CONNECTION}
    ikev2=insist
    authby=secret
    left={topology.GATEWAY}
    leftid=@{GATEWAY_ID}
    leftsubnet={topology.INSIDE_NET}
    leftmodecfgserver=yes
    leftupdown=%disabled
    right=%any
    rightid={CLIENT_ID}
    rightaddresspool=10.50.0.10-10.50.0.50
    rightmodecfgclient=yes
    mobike=yes
    pfs=no
    narrowing=yes
    rekey=no
    auto=add
"""
SETTINGS = {"remote_ts": [topology.INSIDE_NET], "virtual_ip": ["ipv4"]}  # of a client


def missing():
    return "" if (PROGRAMS / "pluto").exists() else "libreswan (tests/lab/fetch unpacks it)"


class Libreswan:
    """Started at once; with the echo server behind it."""

    def __init__(self, lab):
        self.gateway = lab.network.gateway
        self.folder = lab.folder / "libreswan"
        self.control = self.folder / "pluto.ctl"
        for name in ("nss", "ipsec.d"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "ipsec.conf").write_text(CONFIGURATION)
        (self.folder / "ipsec.secrets").write_text(f'@{GATEWAY_ID} {CLIENT_ID} : PSK "{PSK}"\n')
        (self.folder / "ipsec.secrets").chmod(0o600)
        self.environment = os.environ | {"LD_LIBRARY_PATH": str(ROOT / "usr/lib/x86_64-linux-gnu")}
        subprocess.run([ROOT / "usr/bin/certutil", "-N", "-d", f"sql:{self.folder}/nss", "--empty-password"], env=self.environment,
                       check=True)
        # It starts one of its programs from where they would be installed. Nothing is written there.
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir={ROOT}/usr/libexec:/usr/libexec", "/usr/libexec"], check=True)
        lab.daemons["libreswan"] = self
        with open(self.folder / "log", "w") as log:
            self.process = self.gateway.start(
                PROGRAMS / "pluto", "--nofork", "--stderrlog", "--no-dnssec", "--config", self.folder / "ipsec.conf", "--rundir",
                self.folder, "--nssdir", self.folder / "nss", "--ipsecdir", self.folder / "ipsec.d", "--secretsfile",
                self.folder / "ipsec.secrets", stdout=log, stderr=log, env=self.environment)
        wait_until(lambda: "loading secrets from" in self.log(), 30, "pluto to have its configuration")
        lab.echo = EchoServer(lab.network.inside)

    def run(self, program, *arguments):
        done = self.gateway.run(PROGRAMS / program, *arguments, check=False, env=self.environment)
        if done.returncode:
            raise RuntimeError(f"{program} {arguments}: {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def whack(self, *arguments):
        return self.run("whack", "--ctlsocket", self.control, *arguments)

    def rekey_ike(self):
        """By itself, as after its ikelifetime."""
        return self.whack("--rekey-ike", "--name", CONNECTION)

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

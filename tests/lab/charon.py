# SPDX-License-Identifier: Apache-2.0
"""A strongSwan charon in a namespace: with its own /run, configuration, VICI socket and log."""
import os
import pathlib
import re
import shutil
import signal
import subprocess

from . import kernel, tools
from .wait import accepts, wait_until

CHARON = "/usr/lib/ipsec/charon"
INSTALLED_PLUGINS, OTHER_PLUGINS = pathlib.Path("/usr/lib/ipsec/plugins"), tools.ROOT / "build/extauth/usr/lib/ipsec/plugins"
SWANCTL = "/usr/sbin/swanctl"
PLUGINS = ("random nonce aes sha1 sha2 hmac kdf gcm ccm chapoly curve25519 pem pkcs1 pkcs8 x509 constraints pubkey "
           "openssl {kernel} socket-default vici attr")
# Where the kernel has no ESP, kernel-libipsec does it in userspace, over a TUN device. It cannot move an SA, so charon rekeys
# the Child SA after each UPDATE_SA_ADDRESSES; the IKE SA and its SPIs stay.
USERSPACE_ESP, KERNEL_ESP = "kernel-libipsec kernel-netlink", "kernel-netlink"
REPLAY_WINDOW = 1024  # charon's own 32 is less than what overtakes on the way from a slow uplink to a fast one

STRONGSWAN_CONF = """
swanctl {{
    load = pem pkcs1 pkcs8 x509 pubkey openssl random
}}
charon {{
    load = {plugins}
    threads = 16
    replay_window = {window}
    {options}
    filelog {{
        log {{
            path = /run/charon.log
            time_format = %H:%M:%S
            time_add_ms = yes
            flush_line = yes
            default = 1
            ike = 1
            cfg = 1
            knl = 1
        }}
    }}
    plugins {{
        vici {{
            socket = unix:///run/charon.vici
        }}
    }}
}}
"""


class Charon:
    """One daemon. The folder is its /run; connections are given as swanctl.conf text, private keys as files."""

    def __init__(self, namespace, folder, swanctl_conf, keys=(), options="", authorities=(), plugins=()):
        self.namespace, self.folder = namespace, folder
        (folder / "private").mkdir(parents=True)
        for key in keys:
            shutil.copy(key, folder / "private")
        for number, authority in enumerate(authorities):
            (folder / "x509ca").mkdir(exist_ok=True)
            shutil.copy(authority, folder / f"x509ca/{number}.pem")
        for program in (CHARON, SWANCTL):  # elsewhere than where Debian's AppArmor profiles confine them to the machine's /etc
            shutil.copy(program, folder)
        (folder / "strongswan.conf").write_text(strongswan_conf(options, plugins))
        self._gather(plugins)
        (folder / "swanctl.conf").write_text(swanctl_conf)
        self.process = None
        self.start()

    def start(self):
        environment = dict(os.environ, STRONGSWAN_CONF="/run/strongswan.conf")
        (self.folder / "charon.vici").unlink(missing_ok=True)  # the socket's file outlives a killed charon
        command = f"mount --bind {self.folder} /run && exec /run/charon"
        if (self.folder / "plugins").exists():
            command = f"mount --bind {self.folder}/plugins {INSTALLED_PLUGINS} && {command}"
        with open(self.folder / "output", "a") as output:
            self.process = self.namespace.start("unshare", "--mount", "sh", "-c", command, env=environment, stdout=output, stderr=output)
        self._wait_until_ready()
        self.swanctl("--load-all", "--noprompt")

    def _gather(self, plugins):
        """Those that are not installed (lab/fetch unpacks them) lie in one folder with those that are: charon looks in one only."""
        absent = [name for name in plugins if not (INSTALLED_PLUGINS / plugin_file(name)).exists()]
        if absent:
            shutil.copytree(INSTALLED_PLUGINS, self.folder / "plugins")
        for name in absent:
            shutil.copy(OTHER_PLUGINS / plugin_file(name), self.folder / "plugins")

    def _wait_until_ready(self):
        def listening():
            if self.process.poll() is not None:
                raise RuntimeError("charon ended at its start:\n" + (self.folder / "output").read_text())
            return accepts(self.folder / "charon.vici")
        wait_until(listening, 10, "charon to listen for swanctl")

    def swanctl(self, *command, check=True, timeout=60):
        """Runs swanctl on this charon; returns its output."""
        command, options = command[0], command[1:]
        done = subprocess.run([self.folder / "swanctl", command, *map(str, options), "--uri", f"unix://{self.folder}/charon.vici"],
                              text=True, capture_output=True, timeout=timeout,
                              env=dict(os.environ, SWANCTL_DIR=str(self.folder), STRONGSWAN_CONF=str(self.folder / "strongswan.conf")))
        if check and done.returncode:
            raise RuntimeError(f"swanctl {command}: {done.stdout}{done.stderr}")
        return done.stdout

    def configure(self, swanctl_conf):
        """Another swanctl.conf, for what connects from now on."""
        (self.folder / "swanctl.conf").write_text(swanctl_conf)
        self.swanctl("--load-all", "--noprompt")

    def initiate(self, child="net", timeout=30):
        return self.swanctl("--initiate", "--child", child, timeout=timeout)

    def sas(self):
        """One dict for each IKE SA: name, state, initiator and responder SPI, mobike, children."""
        return parse_sas(self.swanctl("--list-sas"))

    def log(self):
        path = self.folder / "charon.log"
        return path.read_text(errors="replace") if path.exists() else (self.folder / "output").read_text()

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def freeze(self):
        """Silent until thaw(); its kernel goes on."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    @property
    def pid(self):
        return self.process.pid  # sh became charon by exec


def plugin_file(name):
    return f"libstrongswan-{name}.so"


def missing(plugins):
    """What a story says that needs these."""
    absent = [name for name in plugins if not any((folder / plugin_file(name)).exists() for folder in (INSTALLED_PLUGINS, OTHER_PLUGINS))]
    return f"charon's {', '.join(absent)} (tests/lab/fetch unpacks what is not installed)" if absent else ""


def strongswan_conf(options, more_plugins=()):
    plugins = " ".join((PLUGINS.format(kernel=KERNEL_ESP if kernel.has_esp() else USERSPACE_ESP), *more_plugins))
    return STRONGSWAN_CONF.format(plugins=plugins, window=REPLAY_WINDOW, options=options)


IKE_LINE = re.compile(r"^(?P<name>\S+): #(?P<id>\d+), (?P<state>\w+), IKEv2, "
                      r"(?P<spi_initiator>[0-9a-f]{16})_i(?P<we_initiated>\*?) (?P<spi_responder>[0-9a-f]{16})_r")
CHILD_LINE = re.compile(r"^  (?P<name>\S+): #(?P<id>\d+), reqid \d+, (?P<state>\w+)")
SPI_LINE = re.compile(r"^    (?P<way>in|out) +(?P<spi>[0-9a-f]{8}).*?(?P<packets>\d+) packets")


def parse_sas(text):
    sas = []
    for line in text.splitlines():
        if ike := IKE_LINE.match(line):
            sas.append({**ike.groupdict(), "children": [], "remote": None})
        elif child := CHILD_LINE.match(line):
            sas[-1]["children"].append(child.groupdict())
        elif remote := re.match(r"^  remote +'[^']*' @ (\S+)\[(\d+)\]", line):
            sas[-1]["remote"] = remote.groups()
        elif spi := SPI_LINE.match(line):
            sas[-1]["children"][-1].update({"spi_" + spi["way"]: spi["spi"], "packets_" + spi["way"]: int(spi["packets"])})
    return sas

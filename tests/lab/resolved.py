# SPDX-License-Identifier: Apache-2.0
"""A real systemd-resolved in the client's namespace, on the laboratory's bus, and name servers for it to ask."""
import pathlib
import socket
import struct
import subprocess
import threading

from . import sandbox, topology, tools
from .roamd import Bus
from .wait import wait_until

UNPACKED = tools.ROOT / "build/resolved"  # tests/lab/fetch
PROGRAM, CONTROL = UNPACKED / "lib/systemd/systemd-resolved", UNPACKED / "usr/bin/resolvectl"
POLICY = UNPACKED / "usr/share/dbus-1/system.d/org.freedesktop.resolve1.conf"
USER = "systemd-resolve"


def missing():
    return "" if PROGRAM.exists() else "systemd-resolved (tests/lab/fetch unpacks it)"


class Resolved:
    """Started at once: it knows the name server of the Wi-Fi alone. Before anything else that needs the bus."""

    def __init__(self, lab, uplink_server):
        self.lab = lab
        self.folder = lab.folder / "resolved"
        self.folder.mkdir()
        sandbox.add_user(USER, 996)
        pathlib.Path("/run/systemd").mkdir(exist_ok=True)
        lab.bus = Bus(lab.folder, POLICY)
        lab.daemons["systemd-resolved"] = self
        self.start()
        self.control("dns", topology.WIFI.device, uplink_server)

    def start(self):
        environment = dict(self.lab.bus.environment(), SYSTEMD_LOG_TARGET="console")
        with open(self.folder / "log", "a") as log:
            self.process = self.lab.client.start(PROGRAM, env=environment, stdout=log, stderr=log)
        wait_until(lambda: self._control("status").returncode == 0, 10, "systemd-resolved on its bus")

    def stop(self):
        self.process.terminate()
        assert self.process.wait(10) == 0, f"systemd-resolved stopped with exit code {self.process.returncode}"

    def control(self, *arguments):
        """What resolvectl prints."""
        done = self._control(*arguments)
        assert done.returncode == 0, f"resolvectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def servers(self, device):
        return self.control("dns", device).split(":", 1)[1].split()

    def domains(self, device):
        return self.control("domain", device).split(":", 1)[1].split()

    def address_of(self, name):
        """As a program would get it; None when there is none."""
        done = self._control("query", "--cache=no", "--legend=no", "-4", name)
        return done.stdout.split()[1] if done.returncode == 0 else None

    def ask(self, name):
        """As a program that waits for no answer."""
        self.lab.client.start("timeout", 5, CONTROL, "query", "--cache=no", name, env=self.lab.bus.environment(),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _control(self, *arguments):
        return self.lab.client.run(CONTROL, *arguments, check=False, env=self.lab.bus.environment())

    def log(self):
        return (self.folder / "log").read_text(errors="replace")


class NameServer:
    """Answers every question for an IPv4 address with the same one, and remembers the names asked for."""

    def __init__(self, namespace, addresses, answer):
        self.asked = []
        self.answer = socket.inet_aton(answer)
        for address in addresses:
            with namespace.entered():
                if ":" in address:
                    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
                else:
                    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                server.bind((address, 53))
            threading.Thread(target=self._serve, args=(server,), daemon=True).start()

    def _serve(self, server):
        while True:
            query, client = server.recvfrom(512)
            name, end = parse_name(query, 12)
            kind, = struct.unpack_from("!H", query, end)
            self.asked.append(name)
            header = query[:2] + struct.pack("!HHHHH", 0x8580, 1, 1 if kind == 1 else 0, 0, 0)
            record = struct.pack("!HHHIH", 0xC00C, 1, 1, 0, 4) + self.answer if kind == 1 else b""
            server.sendto(header + query[12:end + 4] + record, client)


def parse_name(message, offset):
    """The name at that place, and where it ends (RFC 1035 3.1)."""
    labels = []
    while length := message[offset]:
        labels.append(message[offset + 1:offset + 1 + length].decode())
        offset += 1 + length
    return ".".join(labels), offset + 1

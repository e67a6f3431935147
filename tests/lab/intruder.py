# SPDX-License-Identifier: Apache-2.0
"""Somebody in the local network who sends to a virtual address in clear (CVE-2019-14899): as a host behind the gateway, and in
its own name."""
import subprocess

from . import topology

COPIES = 3
LISTEN = """
import socket
listener = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
listener.bind(("::", {port}))
listener.settimeout(2)
print("ready", flush=True)
count = 0
try:
    while count < {copies}:
        listener.recvfrom(99)
        count += 1
except TimeoutError:
    pass
print(count, flush=True)
"""
PORT = 9999
# The router's neighbour is the laptop: a whole frame, for a raw socket of IPv6 takes no foreign source.
SEND = """
import socket, struct
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16: total = (total & 65535) + (total >> 16)
    return ~total & 65535 or 65535
family = socket.AF_INET6 if ":" in "{destination}" else socket.AF_INET
ends = socket.inet_pton(family, "{source}") + socket.inet_pton(family, "{destination}")
body = b"clear!"
length = 8 + len(body)
udp = lambda check: struct.pack("!HHHH", 5353, {port}, length, check) + body
udp = udp(checksum(ends + struct.pack("!HH", 17, length) + udp(0)))  # the pseudo-headers of both families add up to this
if family == socket.AF_INET6:
    packet = struct.pack("!IHBB", 0x60000000, length, 17, 64) + ends + udp
else:
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 1, 0, 64, 17, 0)
    packet = header[:10] + struct.pack("!H", checksum(header + ends)) + ends + udp
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("lan0", 0))
frame = bytes.fromhex("{laptop}") + wire.getsockname()[4] + struct.pack("!H", 0x86dd if family == socket.AF_INET6 else 0x0800) + packet
for _ in range({copies}):
    wire.send(frame)
"""


class Intruder:
    """On the router of an uplink."""

    def __init__(self, lab, uplink):
        self.client, self.router, self.uplink = lab.client, lab.router_of(uplink), uplink

    def delivered(self, address):
        """How many of three packets, from a host behind the gateway, a program of the laptop receives."""
        listener = self.client.start("python3", "-u", "-c", LISTEN.format(port=PORT, copies=COPIES), stdout=subprocess.PIPE,
                                     text=True)
        assert listener.stdout.readline().strip() == "ready"
        source = topology.INSIDE6 if ":" in address else topology.INSIDE
        laptop = self._hardware_address()
        self.router.run("python3", "-c", SEND.format(source=source, destination=address, port=PORT, copies=COPIES,
                                                     laptop=laptop.replace(":", "")))
        return int(listener.communicate(timeout=20)[0])

    def _hardware_address(self):
        words = self.client.show("link", "show", self.uplink.device).split()
        return words[words.index("link/ether") + 1]

    def answers(self, address):
        """Which questions about the address the laptop answers: it can be told apart from one that it does not have."""
        found = []
        via = self.uplink.address6 if ":" in address else self.uplink.address
        if self._pinged(address, "via", via):
            found.append("ping")
        neighbour = ("ip", "neighbour", "show", address, "nud", "reachable")
        if self._pinged(address) or self.router.run(*neighbour).stdout:
            found.append("neighbour discovery" if ":" in address else "ARP")
        return found

    def _pinged(self, address, *via):
        """By way of the laptop, or as if the address were in the local network."""
        route = ("ip", "-6" if ":" in address else "-4", "route")
        self.router.run(*route, "replace", address, *via, "dev", "lan0")
        answered = self.router.run("ping", "-c", 2, "-i", "0.2", "-W", 1, address, check=False).returncode == 0
        self.router.run(*route, "delete", address)
        return answered

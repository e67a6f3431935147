# SPDX-License-Identifier: Apache-2.0
"""A machine on the way that answers IKE requests in the gateway's name, with what nobody has authenticated, and may swallow what
the gateway says itself."""
import struct
import subprocess

from . import kernel
from .capture import IKE_SA_INIT

# Notify message types (RFC 7296 3.10.1), with the data that goes with them.
REFUSALS = {"INVALID_SYNTAX": (7, b""), "NO_PROPOSAL_CHOSEN": (14, b""), "INVALID_KE_PAYLOAD": (17, struct.pack(">H", 14)),
            "AUTHENTICATION_FAILED": (24, b""), "COOKIE": (16390, b"A" * 16)}
ANSWER = r"""
import os, socket, struct, sys
exchange, notify, copies = map(int, sys.argv[1:4])
once, data = sys.argv[4] == "once", bytes.fromhex(sys.argv[5])
seen = set()
here = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
here.bind(("lan0", 0x0003))
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
print("ready", flush=True)
while True:
    packet, origin = here.recvfrom(4096)
    if origin[2] == socket.PACKET_OUTGOING or len(packet) < 56 or packet[0] >> 4 != 4 or packet[9] != 17:
        continue
    udp = packet[(packet[0] & 15) * 4:]
    source, destination = struct.unpack(">HH", udp[:4])
    marker = bytes(4) if destination == 4500 else b""  # RFC 3948 2.2
    ike = udp[8 + len(marker):]
    if destination not in (500, 4500) or not udp[8:].startswith(marker) or len(ike) < 28 or ike[18] != exchange or ike[19] & 0x20:
        continue
    if once and ike[:8] in seen:
        continue
    seen.add(ike[:8])
    for number in range(copies):
        value = data if copies == 1 else data[:2] + os.urandom(max(0, len(data) - 2))
        payload = struct.pack(">BBHBBH", 0, 0, 8 + len(value), 0, 0, notify) + value
        header = ike[:16] + struct.pack(">BBBB", 41, 0x20, exchange, 0x20) + ike[20:24] + struct.pack(">I", 28 + len(payload))
        answer = marker + header + payload
        answer = struct.pack(">HHHH", destination, source, 8 + len(answer), 0) + answer
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(answer), 1, 0, 64, 17, 0) + packet[16:20] + packet[12:16]
        raw.sendto(ip + answer, (socket.inet_ntoa(packet[12:16]), 0))
"""
SWALLOW = """
table inet swallow {{
    chain forward {{
        type filter hook forward priority -50;
        iifname "wan0" udp sport {port} drop
    }}
}}
"""


class Forger:
    """On a router from its construction to stop(): answers each request of an exchange with this notification, "copies" times
    (then with varying data); once: only the first request of each IKE SA."""

    def __init__(self, router, refusal, exchange=IKE_SA_INIT, copies=1, once=False, swallows=False):
        self.router = router
        self.swallowing = swallows
        if swallows and kernel.has_nft_nat():
            router.run("nft", "-f", "-", input=SWALLOW.format(port=500 if exchange == IKE_SA_INIT else 4500))
        elif swallows:
            self._legacy("-I", exchange)
        self.exchange = exchange
        kind, data = REFUSALS[refusal]
        self.process = router.start("python3", "-u", "-c", ANSWER, exchange, kind, copies, "once" if once else "each",
                                    data.hex(), stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline().strip() == "ready", "the forger did not start"

    def stop(self):
        self.process.kill()
        self.process.wait()
        if self.swallowing and kernel.has_nft_nat():
            self.router.run("nft", "delete", "table", "inet", "swallow")
        elif self.swallowing:
            self._legacy("-D", self.exchange)

    def _legacy(self, verb, exchange):
        port = 500 if exchange == IKE_SA_INIT else 4500
        self.router.run("iptables-legacy", verb, "FORWARD", "-i", "wan0", "-p", "udp", "--sport", port, "-j", "DROP")

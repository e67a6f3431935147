# SPDX-License-Identifier: Apache-2.0
"""Somebody on the way who sends a copy of each ESP packet that comes to the client by one uplink to its address on the other
one, as it is but for the outer destination."""
import json
import socket
import subprocess

from . import topology

COPY_TTL = 77  # of copies, so that they are not copied back

COPY = """
import socket, struct, sys
source, target, ttl, device, descriptor = sys.argv[1], sys.argv[2], int(sys.argv[3]), bytes.fromhex(sys.argv[4]), int(sys.argv[5])
there = socket.socket(fileno=descriptor)
here = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
here.bind(("lan0", 3))
source, target = socket.inet_aton(source), socket.inet_aton(target)
print("ready", flush=True)

def with_checksum(header):
    total = sum(struct.unpack(">10H", header))
    total = (total & 0xffff) + (total >> 16)
    return header[:10] + struct.pack(">H", ~(total + (total >> 16)) & 0xffff) + header[12:]

while True:
    packet, (_device, _protocol, kind, *_rest) = here.recvfrom(2048)
    if kind != socket.PACKET_OUTGOING or packet[0] != 0x45 or packet[12:16] != source or packet[8] == ttl:
        continue
    in_udp = packet[9] == 17 and packet[22:24] == b"\\x11\\x94" and packet[28:32] != bytes(4)
    if packet[9] == 50 or in_udp:
        rest = packet[20:26] + bytes(2) + packet[28:] if in_udp else packet[20:]  # without a checksum
        header = with_checksum(packet[:8] + bytes([ttl, packet[9], 0, 0]) + source + target)
        try:
            there.sendto(header + rest, ("lan0", 0x800, 0, 0, device))
        except OSError:  # the link is down
            pass
"""


class Copier:
    """Runs until stop(). IPv4 only. What it sends passes by the router's own tables, which would take the client's packets for
    answers."""

    def __init__(self, lab, uplink, other):
        with lab.router_of(other).entered():
            wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
        hardware = json.loads(lab.client.show("-j", "link", "show", other.device))[0]["address"].replace(":", "")
        with wire:
            self.process = lab.router_of(uplink).start(
                "python3", "-c", COPY, topology.GATEWAY, other.address, COPY_TTL, hardware, wire.fileno(),
                pass_fds=(wire.fileno(),), stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError("the copier did not start")

    def stop(self):
        assert self.process.poll() is None, "the copier ended"
        self.process.kill()
        self.process.wait()

# SPDX-License-Identifier: Apache-2.0
"""Packets on a wire: tcpdump into a file, and a reader for that file that knows IKE headers and ESP, bare or in UDP."""
import dataclasses
import ipaddress
import re
import signal
import struct
import subprocess
import time

IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA, INFORMATIONAL = 34, 35, 36, 37
PROBE_PORT = 9
FLAG_RESPONSE = 0x20


@dataclasses.dataclass
class Packet:
    """One IP packet. kind: ike, esp, keepalive, udp, icmp, icmp6,
    neighbour (IPv6 neighbour and router discovery), refusal (ICMP that IKE or ESP in UDP could not be delivered), fragment,
    other. time_us: CLOCK_MONOTONIC."""
    time_us: float
    source: str
    destination: str
    kind: str
    length: int
    source_port: int = 0
    destination_port: int = 0
    spi_initiator: str = ""
    spi_responder: str = ""
    exchange: int = 0
    message_id: int = 0
    response: bool = False
    spi: str = ""
    sequence: int = 0
    fragment: bool = False
    probe: int = -1  # the number of a probe, or -1

    @property
    def bare_esp(self):
        """ESP that is not in UDP."""
        return self.kind == "esp" and not self.source_port


class Capture:
    """Watches one device of a namespace from its construction to stop(); then packets() has them in order.

    Watch a router's end of a cable: it stays up when the client's end is taken down.
    """

    def __init__(self, namespace, device, path, many=False):
        """many: of more packets than could be written one by one, and only their beginnings."""
        self.path = path
        self.missed = 0  # packets that tcpdump was too slow for, known after stop()
        self.offset_us = realtime_offset_us()
        pace = ("-B", "65536", "-s", "96") if many else ("-B", "16384", "-s", "256", "-U", "--immediate-mode")
        self.process = namespace.start("tcpdump", "-i", device, *pace, "--time-stamp-precision=nano", "-Z", "root", "-w", path,
                                       "ip or ip6", stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "listening on" in line:
                break
        else:
            raise RuntimeError(f"tcpdump on {namespace.name} {device} did not start")

    def stop(self):
        time.sleep(0.05)  # what was just sent is on its way through the socket
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=10)
        self.missed = int(re.search(r"(\d+) packets? dropped by kernel", said).group(1))
        return self

    def packets(self):
        return list(self.each())

    def each(self):
        """As packets(), one at a time."""
        return read_pcap(self.path.read_bytes(), self.offset_us)


def realtime_offset_us():
    """CLOCK_REALTIME minus CLOCK_MONOTONIC: what to take off a capture's time stamps."""
    best = None
    for _ in range(10):  # the pair read closest together
        before, real, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        if best is None or after - before < best[0]:
            best = (after - before, real - (before + after) // 2)
    return best[1] / 1000


def read_pcap(data, offset_us=0.0):
    """Packets of a nanosecond pcap file of Ethernet frames; a record cut short by the writer's end is left out."""
    magic, link_type = struct.unpack("<I", data[:4])[0], struct.unpack("<I", data[20:24])[0]
    if magic != 0xA1B23C4D or link_type != 1:
        raise ValueError(f"not a nanosecond Ethernet pcap: {magic:#x}, {link_type}")
    at = 24
    while at + 16 <= len(data):
        seconds, nanoseconds, captured, length = struct.unpack("<IIII", data[at:at + 16])
        frame = data[at + 16:at + 16 + captured]
        at += 16 + captured
        packet = parse_frame(seconds * 1e6 + nanoseconds / 1e3 - offset_us, frame, length)
        if packet:
            yield packet


def parse_frame(time_us, frame, length):
    ether_type = struct.unpack(">H", frame[12:14])[0]
    ip = frame[14:]
    if ether_type == 0x0800 and len(ip) >= 20:
        header, protocol = (ip[0] & 15) * 4, ip[9]
        source, destination = ipaddress.ip_address(ip[12:16]), ipaddress.ip_address(ip[16:20])
        fragment = bool(struct.unpack(">H", ip[6:8])[0] & 0x3FFF)  # more fragments, or an offset
    elif ether_type == 0x86DD and len(ip) >= 40:
        header, protocol = 40, ip[6]
        fragment = protocol == 44
        source, destination = ipaddress.ip_address(ip[8:24]), ipaddress.ip_address(ip[24:40])
    else:
        return None
    packet = Packet(time_us, str(source), str(destination), "other", length, fragment=fragment)
    payload = ip[header:]
    if fragment:
        packet.kind = "fragment"
    elif protocol == 17 and len(payload) >= 8:
        parse_udp(packet, payload)
    elif protocol in (1, 58):
        packet.kind = "icmp" if protocol == 1 else "neighbour" if 133 <= payload[0] <= 137 else "icmp6"
        if packet.kind == "icmp" and quotes_ike(payload):
            packet.kind = "refusal"
    elif protocol == 50:
        packet.kind, packet.spi, packet.sequence = "esp", payload[:4].hex(), struct.unpack(">I", payload[4:8])[0]
    return packet


def quotes_ike(icmp):
    """Destination unreachable, with the beginning of a UDP packet between ports of IKE."""
    quoted = icmp[8:]
    return icmp[0] == 3 and quoted[9] == 17 and struct.unpack_from(">HH", quoted, (quoted[0] & 15) * 4) in ((500, 500), (4500, 4500))


def parse_udp(packet, datagram):
    packet.kind = "udp"
    packet.source_port, packet.destination_port = struct.unpack(">HH", datagram[:4])
    body = datagram[8:]
    ports = (packet.source_port, packet.destination_port)
    if 4500 in ports:  # RFC 3948 2: four zeros before IKE, an SPI before ESP, one 0xff as keepalive
        if body[:1] == b"\xff" and len(body) == 1:
            packet.kind = "keepalive"
        elif body[:4] == bytes(4):
            parse_ike(packet, body[4:])
        elif len(body) >= 8:
            packet.kind, packet.spi, packet.sequence = "esp", body[:4].hex(), struct.unpack(">I", body[4:8])[0]
    elif 500 in ports:
        parse_ike(packet, body)
    elif PROBE_PORT in ports and len(body) == 8:
        packet.probe = struct.unpack("<Q", body)[0]


def parse_ike(packet, message):
    if len(message) < 28:
        return
    packet.kind = "ike"
    packet.spi_initiator, packet.spi_responder = message[:8].hex(), message[8:16].hex()
    packet.exchange, packet.response = message[18], bool(message[19] & FLAG_RESPONSE)
    packet.message_id = struct.unpack(">I", message[20:24])[0]


def in_clear(packets):
    """What no one on the way should see: anything but IKE, ESP, keepalives, and what a link needs for itself."""
    harmless = ("ike", "esp", "keepalive", "neighbour", "refusal")
    return [p for p in packets if p.kind not in harmless and not ipaddress.ip_address(p.destination).is_multicast]

# SPDX-License-Identifier: Apache-2.0
"""What a laptop sends all the time into networks that the tunnel covers, of both families, each kind to a port of its own."""
import time

from tests.lab import kernel, probes, topology
from tests.lab.netns import Namespace, link
from tests.lab.topology import CELL, WIFI, forwarding

INTERVAL_US = {"host": 10_000, "uml": 40_000, "qemu": 100_000}[kernel.MACHINE]
GUEST_NET, GUEST_NET6 = "172.31.0.", "fd31::"
NAMES, NAMES6 = "10.20.0.53", "fd20::53"

# Kinds by destination port: a program of the laptop, one bound to an uplink, a guest that the laptop forwards for, and questions
# to name servers behind the gateway.
PORTS = {"program": probes.PORT, "bound": 1001, "guest": 1002, "names": 53}
OTHER = "other"
KINDS = (*PORTS, OTHER)


class Streams:
    """Runs until stop(). Only the program's packets are answered: by them it is seen whether traffic flows."""

    def __init__(self, lab):
        self.lab = lab
        self.guest = guest_behind(lab.client)
        both = (topology.INSIDE, topology.INSIDE6)
        self.programs = [self._stream(lab.client, "program", address) for address in both]
        self.others = [self._stream(lab.client, "names", address) for address in (NAMES, NAMES6)]
        self.others += [self._stream(self.guest, "guest", address) for address in both]
        self.others += [self._stream(lab.client, "bound", address, uplink.device) for address in both for uplink in (WIFI, CELL)]

    def _stream(self, namespace, kind, address, device=None):
        log = self.lab.folder / f"stream-{time.monotonic_ns()}"
        return probes.Prober(namespace, log, address, INTERVAL_US, PORTS[kind], device)

    def seconds_to_flow(self, since_us):
        """From then until both families flow without a gap; None when at least one of them does not, now."""
        found = [last_gap(stream.probes(since_us), since_us) for stream in self.programs]
        return None if None in found else max(found)

    def stop(self):
        for stream in (*self.programs, *self.others):
            stream.stop()


STEADY_US = 1_500_000  # answered for that long: traffic flows


def last_gap(sent, since_us):
    """Seconds from `since` to the end of the last gap in the answers; None when the last one has not ended for long enough."""
    now = time.monotonic_ns() // 1000
    gaps = [gap for gap in probes.outages([probe for probe in sent if probe.sent_us < now - probes.LATE_US])
            if gap.milliseconds * 1000 > 3 * INTERVAL_US]
    end = gaps[-1].end_us if gaps else since_us
    return (end - since_us) / 1e6 if end < now - STEADY_US and sent else None


def guest_behind(client):
    """A namespace as of a container or a virtual machine, that reaches everything by way of the client."""
    guest = Namespace("guest")
    link(client, "guest0", guest, "eth0")
    forwarding(client)
    client.ip(f"addr add {GUEST_NET}1/24 dev guest0", f"addr add {GUEST_NET6}1/64 dev guest0 nodad")
    guest.ip(f"addr add {GUEST_NET}2/24 dev eth0", f"addr add {GUEST_NET6}2/64 dev eth0 nodad",
             f"route add default via {GUEST_NET}1", f"route add default via {GUEST_NET6}1")
    return guest


def kind_of(packet):
    return next((kind for kind, port in PORTS.items() if packet.destination_port == port), OTHER)

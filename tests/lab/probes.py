# SPDX-License-Identifier: Apache-2.0
"""Probes through the tunnel at a fixed interval, and the outages seen in their answers (lab_prober writes the log)."""
import dataclasses
import mmap
import struct
import subprocess
import typing

from . import tools, topology
from .wait import wait_until

PORT = 9
LATE_US = 500_000  # a router may hand over what waited for a link that was away: too late for anyone
RECORD = struct.Struct("<QQ")


class Probe(typing.NamedTuple):
    """One packet and its answer; microseconds of CLOCK_MONOTONIC, answered_us 0 = no answer in time."""
    number: int
    sent_us: int
    answered_us: int


@dataclasses.dataclass
class Outage:
    """A run of probes that no answer came for. From the first one lost to the first one answered again."""
    start_us: int
    end_us: int
    lost: int

    @property
    def milliseconds(self):
        return (self.end_us - self.start_us) / 1000


class EchoServer:
    def __init__(self, namespace, port=PORT):
        self.process = namespace.start(tools.path("lab_prober"), "echo", port, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError("the echo server did not start")


class Prober:
    """Sends from a namespace, bound to nothing: the routing decides, as for any program of a person. Or bound to a device."""

    def __init__(self, namespace, log, address=topology.INSIDE, interval_us=1000, port=PORT, device=None):
        self.process = namespace.start(tools.path("lab_prober"), "probe", log, address, port, interval_us,
                                       *([device] if device else []), stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError("the prober did not start")
        with open(log, "rb") as file:
            self.map = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)

    def probes(self, since_us=0, until_us=None):
        """Every probe sent in that time."""
        found = []
        for number in range(len(self.map) // RECORD.size):
            sent, answered = RECORD.unpack_from(self.map, number * RECORD.size)
            if not sent or until_us and sent >= until_us:
                break
            if sent >= since_us:
                found.append(Probe(number, sent, answered if answered < sent + LATE_US else 0))
        return found

    def wait_for_answer(self, since=0, timeout=10):
        """To a probe sent after `since`, in microseconds of the monotonic clock."""
        wait_until(lambda: any(probe.answered_us for probe in self.probes(since)), timeout, "an answered probe")

    def stop(self):
        self.process.kill()
        self.process.wait()


def outages(probes, least=1):
    """Runs of unanswered probes of at least that many. A run that has not ended ends with the last probe."""
    found, run = [], []
    for probe in probes:
        if not probe.answered_us:
            run.append(probe.sent_us)
            continue
        if len(run) >= least:
            found.append(Outage(run[0], probe.sent_us, len(run)))
        run = []
    if len(run) >= least:
        found.append(Outage(run[0], run[-1], len(run)))
    return found


def longest_ms(probes):
    """The longest outage, in milliseconds."""
    return max((outage.milliseconds for outage in outages(probes)), default=0.0)


def lost(probes):
    return sum(not probe.answered_us for probe in probes)

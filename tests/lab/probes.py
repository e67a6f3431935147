# SPDX-License-Identifier: Apache-2.0
"""Probes through the tunnel at a fixed interval, and the outages seen in their answers (lab_prober writes the log)."""
import dataclasses
import mmap
import struct
import subprocess

from . import tools, topology

PORT = 9
LATE_US = 500_000  # a router may hand over what waited for a link that was away: too late for anyone
RECORD = struct.Struct("<QQ")


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
    """Sends from a namespace, bound to nothing: the routing decides, as for any program of a person."""

    def __init__(self, namespace, log, address=topology.INSIDE, interval_us=1000):
        self.process = namespace.start(tools.path("lab_prober"), "probe", log, address, PORT, interval_us,
                                       stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError("the prober did not start")
        with open(log, "rb") as file:
            self.map = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)

    def records(self, since_us=0):
        """(sent, answered) of every probe sent since then, microseconds of CLOCK_MONOTONIC; answered 0 = no answer in time."""
        found, at = [], 0
        while at < len(self.map):
            sent, answered = RECORD.unpack_from(self.map, at)
            if not sent:
                break
            if sent >= since_us:
                found.append((sent, answered if answered < sent + LATE_US else 0))
            at += RECORD.size
        return found

    def stop(self):
        self.process.kill()
        self.process.wait()


def outages(records, least=1):
    """Runs of unanswered probes of at least that many. A run that has not ended ends with the last probe."""
    found, run = [], []
    for sent, answered in records:
        if not answered:
            run.append(sent)
            continue
        if len(run) >= least:
            found.append(Outage(run[0], sent, len(run)))
        run = []
    if len(run) >= least:
        found.append(Outage(run[0], run[-1], len(run)))
    return found


def lost(records):
    return sum(1 for _sent, answered in records if not answered)

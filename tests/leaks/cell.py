# SPDX-License-Identifier: Apache-2.0
"""One cell of the table: a laboratory with a tunnel that somebody wants, a disturbance, and what was seen on the uplinks."""
import collections
import dataclasses
import ipaddress
import time

from tests.lab import capture, topology, unit
from tests.lab.roamd import Roamd, psk_config
from tests.lab.topology import CELL, WIFI
from tests.lab.wait import wait_until

from .streams import GUEST_NET, GUEST_NET6, Streams, kind_of

EVERYTHING = ["0.0.0.0/0", "::/0"]
SETTLE = 1  # seconds of traffic before the disturbance
OURS = [ipaddress.ip_network(net) for net in (f"{GUEST_NET}0/24", f"{GUEST_NET6}/64", topology.POOL, topology.POOL6, WIFI.net,
                                              WIFI.net6, CELL.net, CELL.net6)]
ROUTERS = {address for uplink in topology.UPLINKS for address in (uplink.router, uplink.router6)}
UNTRUE = ("connected", "moving")  # words for a tunnel that carries


@dataclasses.dataclass
class Result:
    """clear: packets by kind; seconds until traffic flowed again, or None; what the state says; untrue: nothing of that."""
    clear: dict
    seconds: float | None
    says: str
    untrue: bool
    note: str
    failure: str = ""
    guarded: bool = True  # False: the status says that the leak guard is off, or that this kernel cannot hold it

    @property
    def leaks(self):
        """Packets that should not have left. Nothing but the guard keeps a socket that is bound to an uplink from sending."""
        return sum(count for kind, count in self.clear.items() if self.guarded or kind != "bound")


class Cell:
    """What a row's disturbance is given."""

    def __init__(self, lab, row, settings):
        self.lab, self.row = lab, row
        self.service = row.service(lab) if row.service else None
        lab.start_gateway(**({"local_ts": ", ".join(EVERYTHING)} if row.full else {}))
        lab.capture()
        if unit.is_first():
            self.daemon = unit.UnitRoamd(lab, self._config(settings))
        else:
            self.daemon = Roamd(lab, self._config(settings), connect=None)
        wait_until(lambda: self.daemon.status(), 20, "roamd on its bus")
        up = self.daemon.roamctl("up", "home", timeout=100)
        assert up.returncode == 0, up.stdout + up.stderr
        self.daemon.wait_for_state("connected")
        self.streams = Streams(lab)
        self.device = self.daemon.status()["device"]

    def _config(self, settings):
        folder = unit.UnitRoamd.configs if unit.is_first() else self.lab.folder / "roamd/tunnels.d"
        folder.mkdir(parents=True, exist_ok=True)
        return psk_config(folder, **({"remote_ts": EVERYTHING} if self.row.full else {}), **settings)

    @property
    def client(self):
        return self.lab.client

    def run(self):
        """The Result."""
        beginning = now_us()
        wait_until(lambda: self.streams.seconds_to_flow(beginning) is not None, 20, "traffic before the disturbance")
        guard = self.daemon.status()["leak_guard"]
        self.disturbed_us = now_us()
        note, failure = "", ""
        try:
            note = self.row.disturb(self) or ""
        except AssertionError as problem:
            failure = str(problem)
        seconds = self._wait_for_traffic(now_us())
        status = self.daemon.status() if self.daemon.process.poll() is None else None
        if not status and not self.row.stays_down:
            failure = failure or "roamd has ended, or does not answer"
        self.streams.stop()
        clear = collections.Counter(kind_of(packet) for packets in self.lab.captured().values() for packet in packets
                                    if self._leaked(packet))
        untrue = bool(seconds is None and status and status["state"] in UNTRUE and status.get("proven") is not False)
        guard = status["leak_guard"] if status else guard  # as it was said last
        fault = guard.get("fault")
        if fault:
            note = f"{note}; no guard: {fault}" if note else f"no guard: {fault}"
        return Result(dict(clear), seconds, says(status), untrue, note, failure, not fault and guard.get("state") != "off")

    def _wait_for_traffic(self, since):
        """Seconds from then until it flows, waited for no longer than the row's patience."""
        deadline = time.monotonic() + (3 if self.row.stays_down else self.row.patience)
        while time.monotonic() < deadline:
            time.sleep(0.5)
            seconds = self.streams.seconds_to_flow(since)
            if seconds is not None:
                return seconds
        return None

    def _leaked(self, packet):
        """Sent by the laptop or its guest, in clear, and covered by the tunnel."""
        return bool(capture.in_clear([packet])) and packet.kind != "icmp6" and self._ours(packet.source) and (
            packet.destination not in ROUTERS)

    @staticmethod
    def _ours(source):
        address = ipaddress.ip_address(source)
        return source not in ROUTERS and any(address in net for net in OURS)

    def since_disturbed(self):
        return (now_us() - self.disturbed_us) / 1e6


def says(status):
    if not status:
        return "roamd does not run"
    error = f": {status['error']['reason']}" if status["error"] else ""
    hold = f" ({status['hold_reason']})" if status["hold_reason"] else ""
    unproven = " (unproven)" if status.get("proven") is False else ""
    return status["state"] + unproven + hold + error


def now_us():
    return time.monotonic_ns() // 1000

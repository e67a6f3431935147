# SPDX-License-Identifier: Apache-2.0
"""Moving between uplinks: the IKE SA stays the same, and what is lost is counted."""
import time

from tests.lab import kernel, probes, tools, topology
from tests.lab.wait import wait_until

from . import gateway_losses
from .story import HOST, QEMU, UML, story
from .tunnel import assert_authenticated_once, assert_nothing_in_clear, assert_traffic, child_spis, connect, ike_spis

IN_FLIGHT_US = 150_000  # since when a probe may still be answered
SETTLE = 0.3  # seconds of probes before and after, to tell an outage from a beginning


class Journey:
    """A connected tunnel under probes, and the checks every roam must pass."""

    def __init__(self, lab, daemon=None, **settings):
        """daemon: connected already. Else it is connected with these settings."""
        self.lab = lab
        self.daemon = daemon or connect(lab, **settings)
        self.before = lab.gateway_sa()
        self.gateway_losses = gateway_losses.watch(lab)
        self.prober = lab.prober()
        self.prober.wait_for_answer()

    def move(self, action, device, kind=None, timeout=10):
        """Does something to the uplinks; returns the roam's record and the probes around it. With several roams the last is
        the one that gets there."""
        time.sleep(SETTLE)
        last, since = self.daemon.last_sequence(), time.monotonic_ns() // 1000
        action()
        roam = self.daemon.wait_for_roam_to(device, last, timeout)
        if kind:
            assert roam["kind"] == kind, f"{roam['kind']} roam, not {kind}"
        wait_until(lambda: any(probe.answered_us for probe in self.prober.probes(roam["answered_us"])), 10,
                   "an answered probe after the roam")
        time.sleep(SETTLE)
        sent = self.prober.probes(since, time.monotonic_ns() // 1000 - IN_FLIGHT_US)
        assert_in_order(roam)
        return roam, sent

    def move_without_loss(self, action, device):
        """A preferred roam in which no probe is lost, but those that the gateway dropped in its own house."""
        roam, sent = self.move(action, device, "preferred")
        if kernel.MACHINE == "qemu" or tools.PRESET in ("asan", "tsan"):
            return  # there the one system call of a move takes milliseconds
        lost = self.gateway_losses.not_its_fault([probe for probe in sent if not probe.answered_us])
        moments = [(probe.sent_us - roam["event_us"]) / 1000 for probe in lost]
        assert not lost, f"{len(lost)} of {len(sent)} probes lost, sent {moments[:20]} ms after the event; {roam}"

    def arrive(self):
        """The end: the same IKE SA, authenticated once, nothing in clear; with kernel ESP the same Child SA, too."""
        assert_traffic(self.lab)
        self.prober.stop()
        after = self.lab.gateway_sa()
        assert ike_spis(after) == ike_spis(self.before), "another IKE SA"
        if self.lab.kernel_esp:
            assert child_spis(after) == child_spis(self.before), "another Child SA"
        packets = self.lab.captured()
        assert_authenticated_once(packets)
        assert_nothing_in_clear(packets)
        return packets


def assert_in_order(roam):
    """The times in a record are those of one story: event, decided, sent, answered."""
    times = [roam[key] for key in ("event_us", "decided_us", "update_sent_us", "answered_us")]
    assert None not in times and times == sorted(times), f"times out of order: {roam}"
    assert roam["from"] and roam["reason"], f"from where and why: {roam}"


@story("Wi-Fi goes down: moves to cellular with the same SPIs; Wi-Fi comes back: moves back", machines=(HOST, UML, QEMU), sanitized=True)
def forced_and_back(lab):
    journey = Journey(lab)
    journey.move(lab.wifi_down, "wwan0", "forced")
    remote = lab.gateway_sa()["remote"][0]
    assert remote == topology.CELL.wan, f"the gateway sees {remote}"
    journey.move_without_loss(lab.wifi_up, "wlan0")
    packets = journey.arrive()
    assert [p for p in packets["cell"] if p.kind == "esp"]


@story("a forced roam loses little more than what was in flight, over 20 ms Wi-Fi and 60 ms cellular", delay_ms=(20, 60))
def forced_with_round_trip(lab):
    journey = Journey(lab)
    _roam, sent = journey.move(lab.wifi_down, "wwan0", "forced")
    assert probes.longest_ms(sent) < 1000, probes.outages(sent)  # figures are the bench's; this only catches a fixed delay
    journey.arrive()


@story("cellular becomes preferred, then Wi-Fi again, both alive: no probe is lost, and our kernel throws away only what comes in again", sanitized=True)
def preferred_both_ways(lab):
    journey = Journey(lab)
    for uplink, device in (("cell", "wwan0"), ("wifi", "wlan0")):
        journey.move_without_loss(lambda: lab.prefer(uplink), device)
    # What comes where its state is not, or is being moved, is brought to it, some of that a second time.
    again = ("XfrmInNoStates", "XfrmInStateSeqError", "XfrmInStateProtoError", "XfrmInStateInvalid")
    dropped = [line for line in lab.dropped_by_xfrm(lab.client) if not line.startswith(again)]
    assert not dropped, lab.xfrm_drops(lab.client)
    journey.arrive()


def filter_strictly(lab):
    """RFC 3704 2.2: what comes in by an uplink by which its sender would not be answered is dropped."""
    for device in ("all", "wlan0", "wwan0"):
        lab.client.run("sysctl", "-qw", f"net.ipv4.conf.{device}.rp_filter=1")


@story("cellular becomes preferred, then Wi-Fi again, where the kernel filters strictly by reverse path: no probe is lost")
def preferred_strict_reverse_path(lab):
    filter_strictly(lab)
    journey = Journey(lab)
    for uplink, device in (("cell", "wwan0"), ("wifi", "wlan0")):
        journey.move_without_loss(lambda: lab.prefer(uplink), device)
    journey.arrive()


@story("a preferred roam from 20 to 60 ms of round trip loses no probe, nor does one back, that overtakes none", delay_ms=(20, 60))
def preferred_with_round_trip(lab):
    journey = Journey(lab)
    journey.move_without_loss(lambda: lab.prefer("cell"), "wwan0")
    journey.move_without_loss(lambda: lab.prefer("wifi"), "wlan0")
    journey.arrive()


@story("Wi-Fi gets another address: the tunnel goes on from it with the same SPIs")
def address_change(lab):
    journey = Journey(lab)
    roam, _sent = journey.move(lab.change_wifi_address, "wlan0")
    assert roam["to"]["local"].startswith(topology.WIFI.other_address), roam["to"]
    assert journey.daemon.status()["path"]["local"].startswith(topology.WIFI.other_address)
    journey.arrive()


@story("a dozen new addresses one after another: after each one data flows at once", machines=(HOST,))
def address_changes_often(lab):
    journey = Journey(lab)
    for host in range(100, 112):
        lab.change_wifi_address(f"192.168.1.{host}")
        wait_until(lambda: f"192.168.1.{host}" in (journey.daemon.status()["path"] or {}).get("local", ""), 5, f"data from .{host}")
        since = time.monotonic_ns() // 1000
        wait_until(lambda: any(probe.answered_us for probe in journey.prober.probes(since)), 1, f"an answer from .{host}")
    journey.arrive()


@story("five roams in a row, each while the one before may still be unanswered, end on the last path", delay_ms=(40, 40))
def quick_succession(lab):
    journey = Journey(lab)
    for uplink in ("cell", "wifi", "cell", "wifi", "cell"):
        lab.prefer(uplink)
        time.sleep(0.02)  # less than the round trip
    wait_until(lambda: journey.daemon.status()["path"]["interface"] == "wwan0"
               and journey.daemon.status()["state"] == "connected", 10, "the tunnel on wwan0")
    journey.arrive()


@story("Wi-Fi goes down while cellular is being tested: a forced roam to it, nothing is waited for", delay_ms=(20, 200),
       machines=(HOST,))
def old_path_goes_during_test(lab):
    journey = Journey(lab)
    last = journey.daemon.last_sequence()
    lab.prefer("cell")
    moving = journey.daemon.wait_for_state("moving", 5)
    assert (moving["path"]["interface"], moving["target"]["interface"]) == ("wlan0", "wwan0"), moving
    lab.wifi_down()
    roam = journey.daemon.wait_for_roam_to("wwan0", after=last + 1)
    assert roam["kind"] == "forced" and roam["reason"] == "link-down", roam
    assert roam["data_moved_us"] - roam["event_us"] < 100_000, f"data waited for the test's answer: {roam}"
    journey.arrive()


@story("no uplink at all: the tunnel holds, and goes on with the same SPIs when one comes back", sanitized=True)
def no_uplink_then_back(lab):
    journey = Journey(lab)
    lab.client.ip("link set wwan0 down")
    lab.wifi_down()
    journey.daemon.wait_for_state("holding", 5)
    time.sleep(1)
    lab.wifi_up()
    journey.daemon.wait_for_state("connected", 10)
    journey.arrive()


@story("a TCP connection through the tunnel survives a forced roam", sanitized=True, machines=(HOST,))
def tcp_survives(lab):
    connect(lab)
    server = lab.network.inside.start("python3", "-c", ECHO_SERVER)
    wait_until(lambda: ":778" in lab.network.inside.run("ss", "-ltn").stdout, 5, "the server")
    client = lab.client.start("python3", "-c", ECHO_CLIENT.format(host=topology.INSIDE))
    time.sleep(0.5)
    lab.wifi_down()
    assert client.wait(20) == 0, "the TCP connection broke"
    server.kill()


ECHO_SERVER = """
import socket
connection, _ = socket.create_server(("", 778)).accept()
while data := connection.recv(4096):
    connection.sendall(data)
"""
ECHO_CLIENT = """
import socket, time
connection = socket.create_connection(("{host}", 778), 10)
connection.settimeout(10)
for number in range(150):
    connection.sendall(b"%08d" % number)
    assert connection.recv(8) == b"%08d" % number
    time.sleep(0.01)
"""

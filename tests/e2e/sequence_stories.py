# SPDX-License-Identifier: Apache-2.0
"""What is seen on the wires over many moves of an SA in the kernel: no sequence number twice, and nothing in clear."""
import os
import re
import time

from tests.lab import capture, topology
from tests.lab.flood import Flood
from tests.lab.topology import CELL, WIFI
from tests.lab.wait import wait_until

from .story import UML, story
from .tunnel import assert_traffic, child_spis, connect, ike_spis

ROUNDS, STAY = 17, 0.1  # seconds on each path
# Two processors may send in another order than that in which they took their numbers, one of them before a move. And what came to
# where packets wait, while the route away from there was made, may be overtaken by what found that route: a time slice of a sender.
OVERTAKEN = 1024 if os.cpu_count() == 1 else 8192
ROAMED = re.compile(r"^info roamed .* to=\"\w+ (\S+):\d+ -> .* result=(\w+)", re.MULTILINE)


@story("a hundred roams under full load: no sequence number is used twice, they rise, nothing is in clear, no rekey",
       machines=(UML,), timeout=150)
def hundred_roams(lab):
    lab.capture(many=True)
    daemon = connect(lab, dwell="0s")
    spis = lab.gateway_sa()
    prober = lab.prober()
    prober.wait_for_answer()
    floods = [Flood(lab.client, lab.network.inside, topology.INSIDE), Flood(lab.network.inside, lab.client, "10.50.0.1")]
    for action, local in one_round(lab) * ROUNDS:
        roam(daemon, action, local)
        time.sleep(STAY)
    for flood in floods:
        flood.stop()
    assert_traffic(lab)
    prober.stop()
    after = lab.gateway_sa()
    assert (ike_spis(after), child_spis(after)) == (ike_spis(spis), child_spis(spis))
    assert "rekey" not in daemon.log()
    moved = [result for _local, result in ROAMED.findall(daemon.log())].count("moved")
    assert moved >= 100, f"{moved} roams"
    print(f"{moved} roams")
    assert_unique_and_rising(lab)


def one_round(lab):
    """Preferred, by a new address, and forced: what is done, and from which address the tunnel goes on."""
    return [(lambda: lab.prefer("cell"), CELL.address), (lambda: lab.prefer("wifi"), WIFI.address),
            (lab.change_wifi_address, WIFI.other_address), (lambda: lab.change_wifi_address(WIFI.address), WIFI.address),
            (lab.wifi_down, CELL.address), (lab.wifi_up, WIFI.address)]


def roam(daemon, action, local):
    """By the log, which costs the daemon less than to be asked."""
    before = len(ROAMED.findall(daemon.log()))
    action()
    wait_until(lambda: (local, "moved") in ROAMED.findall(daemon.log())[before:][-1:], 20, f"a roam to {local}")


def assert_unique_and_rising(lab):
    used, spis = set(), set()
    for name, watching in lab.captures.items():
        highest, clear, sent = 0, [], 0
        uplink = WIFI if name == "wifi" else CELL
        ours = (uplink.address, uplink.other_address)
        for packet in watching.stop().each():
            if packet.kind != "esp":
                clear += capture.in_clear([packet])
            elif packet.source in ours:
                assert packet.sequence not in used, f"used twice: {packet}"
                assert packet.sequence > highest - OVERTAKEN, f"after {highest}: {packet}"
                used.add(packet.sequence)
                spis.add(packet.spi)
                highest, sent = max(highest, packet.sequence), sent + 1
        print(f"{uplink.device}: {sent} ESP packets out, the last number {highest}, {watching.missed} not captured")
        assert not clear, f"in clear: {clear[:5]}"
    assert len(spis) == 1, spis

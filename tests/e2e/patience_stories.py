# SPDX-License-Identifier: Apache-2.0
"""What takes minutes, nearly all of them spent waiting."""
import time

from tests.lab.topology import CELL

from .story import HOST, story
from .tunnel import assert_authenticated_once, assert_nothing_in_clear, assert_traffic, connect, ike_spis

TWO_MINUTES = 120
OFTEN = 10  # seconds between two looks


@story("no network for two minutes: it holds and sends nothing, and goes on with the same SPIs when one is back", timeout=200,
       machines=(HOST,), patient=True)
def two_minutes_without_network(lab):
    daemon = connect(lab, dpd="5s", nat_keepalive="5s")
    before = lab.gateway_sa()
    asking = lab.prober(interval_us=100_000)  # programs go on asking
    asking.wait_for_answer()
    lab.wifi_down()
    daemon.wait_for_roam_to("wwan0")
    lab.client.ip(f"addr flush dev {CELL.device}")  # the modem has no network, its link is up: what is sent would be seen
    held = daemon.wait_for_state("holding")
    assert held["path"] is None and held["state_since_us"] > held["connected_since_us"], held
    since = time.monotonic_ns() // 1000
    while time.monotonic_ns() // 1000 < since + TWO_MINUTES * 1_000_000:
        assert held["state"] == "holding" and held["hold_reason"] == "address-removed", held
        time.sleep(OFTEN)
        held = daemon.status()
    assert not held["proven"], held
    until = time.monotonic_ns() // 1000
    lab.wifi_up()
    daemon.wait_for_state("connected")
    assert_traffic(lab)
    assert ike_spis(lab.gateway_sa()) == ike_spis(before)
    packets = lab.captured()
    sent = [p for uplink in packets.values() for p in uplink if since < p.time_us < until and p.kind in ("ike", "esp", "keepalive")]
    assert not sent, f"{len(sent)} packets: {sent[:5]}"
    assert daemon.log().count("a datagram could not be sent") == 0
    assert_authenticated_once(packets)
    assert_nothing_in_clear(packets)

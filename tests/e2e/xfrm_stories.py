# SPDX-License-Identifier: Apache-2.0
"""What the move of an SA in the kernel has to stand: another family, encapsulation or not, another MTU, a rekey meanwhile."""
import json
import time

from tests.lab import stream
from tests.lab.topology import CELL, WIFI

from .roam_stories import IN_FLIGHT_US, Journey
from .story import QEMU, UML, story
from .tunnel import assert_traffic

KERNELS = (UML, QEMU)
LONGEST_STALL_MS = 3000  # a TCP sender that lost what it had in flight, and its first retransmissions as well


@story("a gateway by name with two addresses: IPv4 to IPv6 and back, preferred, forced and after a pause, with the same SPIs",
       machines=KERNELS, families=(("inet",), ("inet6",)))
def other_family_and_back(lab):
    lab.down(CELL)
    journey = Journey(lab, gateway="both.lab")
    assert "." in journey.daemon.status()["path"]["local"]
    journey.move(lambda: (lab.up(CELL), lab.prefer("cell")), "wwan0", "preferred")  # charon makes its policies anew here
    journey.move(lambda: lab.down(CELL), "wlan0", "forced")
    lab.down(WIFI)
    journey.daemon.wait_for_state("holding")
    journey.move(lambda: lab.up(CELL), "wwan0", "forced")
    assert "2001:" in journey.daemon.status()["path"]["local"]
    packets = journey.arrive()
    assert {":" in p.source for p in packets["wifi"] if p.kind == "esp"} == {False}
    assert {":" in p.source for p in packets["cell"] if p.kind == "esp"} == {True}


@story("from 60 ms over IPv4 to 20 ms over IPv6: what waits, overtakes nothing and is not lost", machines=KERNELS, delay_ms=(20, 60),
       families=(("inet6",), ("inet",)))
def faster_other_family(lab):
    journey = Journey(lab, gateway="both.lab")
    assert "2001:" in journey.daemon.status()["path"]["local"]
    journey.move(lambda: lab.prefer("cell"), "wwan0", "preferred")
    journey.move_without_loss(lambda: lab.prefer("wifi"), "wlan0")
    journey.arrive()


@story("from behind a NAT to where is none and back: ESP is in UDP, bare, and in UDP again, with the same SPIs", machines=KERNELS,
       masquerade=(True, False))
def no_nat_and_back(lab):
    journey, stays = Journey(lab), []
    for action, uplink, bare in ((lab.wifi_down, CELL, True), (lab.wifi_up, WIFI, False),
                                 (lambda: lab.prefer("cell"), CELL, True), (lambda: lab.prefer("wifi"), WIFI, False)):
        roam, sent = journey.move(action, uplink.device)
        states = [lab.client.show("xfrm", "state", "list", end, uplink.address) for end in ("src", "dst")]
        assert all("proto esp" in state and ("encap" in state) != bare for state in states), states
        assert journey.daemon.status()["nat_local"] != bare
        stays.append((uplink, bare, roam["answered_us"] + IN_FLIGHT_US, sent[-1].sent_us))
    packets = journey.arrive()
    for uplink, bare, since, until in stays:  # before the answer nobody knows whether there is a NAT
        esp = [p for p in packets["cell" if uplink is CELL else "wifi"] if p.kind == "esp" and since < p.time_us < until]
        assert esp and all(p.bare_esp == bare for p in esp), f"{uplink.device}: {[p for p in esp if p.bare_esp != bare][:5]}"


@story("TCP inside goes on, both ways, when the path's MTU falls from 1500 to 1358 and when it rises again", machines=(UML,),
       mtu=(1500, 1358))
def smaller_mtu_and_back(lab):
    journey = Journey(lab)
    streams = {direction: stream.Stream(lab, direction, port) for direction, port in (("down", 701), ("up", 702))}
    mtus = [device_mtu(lab)]
    for action, uplink in ((lab.wifi_down, CELL), (lab.wifi_up, WIFI), (lambda: lab.prefer("cell"), CELL)):
        journey.move(action, uplink.device)
        time.sleep(2)
        mtus.append(device_mtu(lab))
    assert mtus[0] == mtus[2] and mtus[1] == mtus[3] and 1280 <= mtus[1] <= mtus[0] - 140, mtus
    for direction, running in streams.items():
        received = running.stop()
        print(f"{direction}: {received.size / 1e6:.0f} MB, longest stall {received.longest_ms:.0f} ms")
        assert received.longest_ms < LONGEST_STALL_MS, received.stalls
    sent = [p for p in journey.arrive()["cell"] if p.source == CELL.address]
    assert not [p for p in sent if p.fragment or p.length > 14 + lab.conditions.mtu[1]]


def device_mtu(lab):
    return json.loads(lab.client.show("-j", "link", "show", "roamd0"))[0]["mtu"]


@story("roamd rekeys the Child SA and the IKE SA again and again while it roams: no probe is lost", machines=(UML,),
       delay_ms=(30, 30))
def own_rekeys_while_roaming(lab):
    journey = Journey(lab, rekey_child="2s", rekey_ike="5s")
    for _ in range(6):
        journey.move_without_loss(lambda: lab.prefer("cell"), "wwan0")
        journey.move_without_loss(lambda: lab.prefer("wifi"), "wlan0")
    assert_rekeyed(journey, "child sa rekeyed", 4)
    assert_rekeyed(journey, "ike sa rekeyed", 1)


@story("the gateway rekeys the Child SA and the IKE SA in the middle of roams: no probe is lost", machines=(UML,),
       delay_ms=(30, 30))
def gateway_rekeys_while_roaming(lab):
    journey = Journey(lab)
    for what in (("--child", "net"), ("--ike", "roadwarrior")):
        rekey = lambda uplink: lab.prefer(uplink) or lab.gateway.swanctl("--rekey", *what)
        for _ in range(3):
            journey.move_without_loss(lambda: rekey("cell"), "wwan0")
            journey.move_without_loss(lambda: rekey("wifi"), "wlan0")
    assert_rekeyed(journey, "child sa rekeyed", 4)
    assert_rekeyed(journey, "ike sa rekeyed", 4)


def assert_rekeyed(journey, what, least):
    assert_traffic(journey.lab)
    assert len(journey.lab.gateway.sas()) == 1, "the gateway has more than one IKE SA"
    count = journey.daemon.log().count(f"info {what}")
    assert count >= least, f"{what}: {count} times"
    print(f"{what}: {count} times")

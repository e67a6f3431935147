# SPDX-License-Identifier: Apache-2.0
"""IPv6-only cellular: the gateway, which has IPv4, is reached through the network's NAT64."""
import pathlib

from tests.lab import topology
from tests.lab.nat64 import Nat64, PREFIX, synthesised

from .roam_stories import Journey
from .story import HOST, UML, story

IPV4, IPV6 = ("inet",), ("inet6",)
BEHIND_NAT64 = synthesised(topology.GATEWAY)


def use_name_server():
    """As NetworkManager does when cellular is connected."""
    pathlib.Path("/etc/resolv.conf").write_text(f"nameserver {topology.CELL.router6}\n")


@story("from Wi-Fi with IPv4 to cellular with IPv6 alone and back: through its NAT64, to an address that Wi-Fi never sees",
       machines=(HOST, UML), families=(IPV4, IPV6))
def wifi_to_ipv6_only_cellular(lab):
    Nat64(lab)
    use_name_server()
    journey = Journey(lab)
    journey.daemon.wait_for_log("found a NAT64")
    roam, _sent = journey.move(lab.wifi_down, "wwan0", "forced")
    assert roam["to"]["remote"] == BEHIND_NAT64, roam["to"]
    assert lab.gateway_sa()["remote"][0] == topology.CELL.wan, lab.gateway_sa()["remote"]
    assert journey.daemon.status()["nat_local"], "a NAT64 is a NAT"
    journey.move(lab.wifi_up, "wlan0", "preferred")
    packets = journey.arrive()
    inside = [p for p in packets["wifi"] if p.destination.startswith(str(PREFIX.network_address))]
    assert not inside, f"sent by Wi-Fi: {inside[:5]}"
    assert [p for p in packets["cell"] if p.kind == "esp" and p.destination == BEHIND_NAT64]


@story("connected from IPv6-only cellular by a name; what its DNS64 made up is not used by the Wi-Fi that appears",
       machines=(HOST,), families=(IPV4, IPV6))
def starts_on_ipv6_only_cellular(lab):
    Nat64(lab)
    use_name_server()
    lab.wifi_down()
    journey = Journey(lab, gateway="vpn.lab")
    assert journey.daemon.status()["path"]["remote"] == BEHIND_NAT64, journey.daemon.status()["path"]
    roam, _sent = journey.move(lab.wifi_up, "wlan0", "preferred")
    assert roam["to"]["remote"] == topology.GATEWAY, roam["to"]
    journey.arrive()

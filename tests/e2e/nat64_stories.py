# SPDX-License-Identifier: Apache-2.0
"""IPv6-only cellular: the gateway, which has IPv4, is reached through the network's NAT64."""
import json
import pathlib

from tests.lab import topology
from tests.lab.nat64 import NAME_SERVER, PREFIX, Nat64, synthesised

from .roam_stories import Journey
from .story import HOST, story
from .tunnel import connect

IPV4, IPV6 = ("inet",), ("inet6",)
BEHIND_NAT64 = synthesised(topology.GATEWAY)


def use_name_server():
    """As NetworkManager does when cellular is connected."""
    pathlib.Path("/etc/resolv.conf").write_text(f"nameserver {NAME_SERVER}\n")


@story("from Wi-Fi with IPv4 to cellular with IPv6 alone that appears later, and back: through its NAT64, which is asked for beside a "
       "tunnel that takes in the name server, and to an address that Wi-Fi never sees", machines=(HOST,), families=(IPV4, IPV6))
def wifi_to_ipv6_only_cellular(lab):
    Nat64(lab)
    use_name_server()
    lab.network.gateway.ip(f"addr del {topology.GATEWAY6}/64 dev wan0")
    lab.down(topology.CELL)
    journey = Journey(lab)
    lab.wifi_down()
    journey.daemon.wait_for_state("holding")
    roam, _sent = journey.move(lambda: lab.up(topology.CELL), "wwan0")
    assert roam["to"]["remote"] == BEHIND_NAT64, roam["to"]
    assert lab.gateway_sa()["remote"][0] == topology.CELL.wan, lab.gateway_sa()["remote"]
    assert journey.daemon.status()["nat_local"], "a NAT64 is a NAT"
    journey.move(lab.wifi_up, "wlan0", "preferred")
    packets = journey.arrive()
    inside = [p for p in packets["wifi"] if p.destination.startswith(str(PREFIX.network_address))]
    assert not inside, f"sent by Wi-Fi: {inside[:5]}"
    assert [p for p in packets["cell"] if p.kind == "esp" and p.destination == BEHIND_NAT64]


@story("connected from IPv6-only cellular by a name; what its DNS64 made up is not used by the Wi-Fi that appears",
       machines=(HOST,), families=(IPV4, IPV6), sanitized=True)
def starts_on_ipv6_only_cellular(lab):
    Nat64(lab)
    use_name_server()
    lab.wifi_down()
    journey = Journey(lab, gateway="vpn.lab")
    assert journey.daemon.status()["path"]["remote"] == BEHIND_NAT64, journey.daemon.status()["path"]
    roam, _sent = journey.move(lab.wifi_up, "wlan0", "preferred")
    assert roam["to"]["remote"] == topology.GATEWAY, roam["to"]
    journey.arrive()


@story("a name server that is a link-local address with the number of its link, as systemd-resolved writes it: the NAT64 is found",
       machines=(HOST,), families=(IPV4, IPV6))
def link_local_name_server(lab):
    router = lab.network.cell
    server = next(a["local"] for a in json.loads(router.show("-j", "addr", "show", "dev", "lan0"))[0]["addr_info"]
                  if a["scope"] == "link" and a["family"] == "inet6")
    Nat64(lab, name_server=f"{server}%lan0")
    number = json.loads(lab.client.show("-j", "link", "show", "wwan0"))[0]["ifindex"]
    written = pathlib.Path("/run/systemd/resolve/resolv.conf")
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(f"nameserver {server}%{number}\n")
    lab.network.gateway.ip(f"addr del {topology.GATEWAY6}/64 dev wan0")
    lab.down(topology.CELL)
    daemon = connect(lab)
    lab.wifi_down()
    daemon.wait_for_state("holding")
    lab.up(topology.CELL)
    assert daemon.wait_for_state("connected", 10)["path"]["remote"] == BEHIND_NAT64

# SPDX-License-Identifier: Apache-2.0
"""A device has another address that works, and the one in use carries nothing any more: nobody says so."""
from tests.lab import firewall, topology
from tests.lab.topology import CELL, WIFI

from .roam_stories import Journey
from .story import HOST, UML, story

NEW_PREFIX, NEW_ROUTER, NEW_ADDRESS = "2001:db8:11::/64", "2001:db8:11::1", "2001:db8:11::23"


def renumber(lab):
    """The Wi-Fi's router has restarted with another prefix; the laptop has an address of each, and both look well."""
    lab.client.ip(f"addr add {NEW_ADDRESS}/64 dev wlan0 nodad noprefixroute", f"route add {NEW_PREFIX} dev wlan0 proto ra metric 600")
    router = lab.network.wifi
    firewall.let_out(router, NEW_PREFIX)
    router.ip(f"addr add {NEW_ROUTER}/64 dev lan0")
    lab.network.internet.ip(f"route add {NEW_PREFIX} via {WIFI.wan6}", f"route del {WIFI.net6} via {WIFI.wan6}")


@story("the router has another prefix, the old one leads nowhere and nobody says so: the tunnel goes on from the new address of the "
       "same device, and stays there", machines=(HOST, UML), families=(("inet6",), ("inet6",)), sanitized=True)
def flash_renumbering(lab):
    lab.down(CELL)
    journey = Journey(lab, gateway=topology.GATEWAY6)
    roam, _sent = journey.move(lambda: renumber(lab), "wlan0")
    assert roam["reason"] == "path-dead" and roam["to"]["local"] == NEW_ADDRESS, roam
    lab.client.ip("link set wlan0 mtu 1480")  # something changes: the better rank of the old address is no reason to go back
    lab.client.ip("link set wlan0 mtu 1500")
    assert lab.ping(topology.INSIDE6)
    assert journey.daemon.status()["path"]["local"] == NEW_ADDRESS, journey.daemon.status()["path"]

# SPDX-License-Identifier: Apache-2.0
"""The network of the laboratory.

    client (wlan0) -- wifi router -- .                         . -- inside
                                      internet -- gateway -- /
    client (wwan0) -- cell router -- '

The routers masquerade IPv4 (or route it, see Conditions), route IPv6, and forward only sources of their own network
(BCP 38). The client has the reverse path filter of a Debian laptop (loose) and one default route for each uplink, with the
metrics NetworkManager gives to Wi-Fi and to cellular.
"""
import dataclasses
import subprocess

from . import delay, firewall
from .netns import Namespace, link


@dataclasses.dataclass(frozen=True)
class Uplink:
    """One way of the client into the internet; addresses as text."""
    device: str
    metric: int
    address: str
    other_address: str
    router: str
    net: str
    address6: str
    router6: str
    net6: str
    wan: str  # the router's outer address: what the gateway sees
    wan_peer: str
    wan6: str
    wan6_peer: str


WIFI = Uplink("wlan0", 600, "192.168.1.23", "192.168.1.57", "192.168.1.1", "192.168.1.0/24",
              "2001:db8:1::23", "2001:db8:1::1", "2001:db8:1::/64",
              "198.51.100.2", "198.51.100.1", "2001:db8:a1::2", "2001:db8:a1::1")
CELL = Uplink("wwan0", 700, "10.137.5.8", "10.137.5.77", "10.137.5.1", "10.137.5.0/24",
              "2001:db8:2::8", "2001:db8:2::1", "2001:db8:2::/64",
              "198.51.100.130", "198.51.100.129", "2001:db8:a2::2", "2001:db8:a2::1")

UPLINKS = (WIFI, CELL)

GATEWAY, GATEWAY6 = "203.0.113.10", "2001:db8:f::10"
NOBODY = "203.0.113.99"  # routed, and nobody answers there
CHECK, CHECK6 = "203.0.113.1", "2001:db8:f::1"  # asked by NetworkManager whether this is the internet
INSIDE, INSIDE6 = "10.20.0.2", "fd20::2"
INSIDE_NET, INSIDE_NET6 = "10.20.0.0/24", "fd20::/64"
POOL, POOL6 = "10.50.0.0/24", "fd50::/64"

# Names the machines of the laboratory know; there is no name server.
HOSTS = f"""127.0.0.1 localhost
::1 localhost
{GATEWAY} gateway.lab
{GATEWAY6} gateway6.lab
{GATEWAY} both.lab
{GATEWAY6} both.lab
{NOBODY} nobody.lab
{CHECK} check.lab
{CHECK6} check.lab
"""


BOTH = ("inet", "inet6")  # families


@dataclasses.dataclass(frozen=True)
class Conditions:
    """What may differ between two laboratories. Pairs are of Wi-Fi and cellular."""
    delay_ms: tuple = (0, 0)  # round trip added on; 0 = a plain cable
    families: tuple = (BOTH, BOTH)  # what the client is given an address of
    masquerade: tuple = (True, True)  # what is behind a router that does not is reached from outside
    mtu: tuple = (1500, 1500)  # of the client's cable
    # Routers with a strict reverse path filter answer no ARP request of a foreign address, either: then a client that lets
    # one packet with an old source out by a new uplink never learns its router's address there.
    strict_routers: bool = True

    def families_of(self, uplink):
        return self.families[UPLINKS.index(uplink)]


class Network:
    """All namespaces and cables."""

    def __init__(self, conditions=Conditions()):
        self.client, self.wifi, self.cell = Namespace("client"), Namespace("wifi"), Namespace("cell")
        self.internet, self.gateway, self.inside = Namespace("internet"), Namespace("gateway"), Namespace("inside")
        for namespace in (self.client, self.wifi, self.cell, self.internet, self.gateway, self.inside):
            namespace.sysctl(net__ipv6__conf__all__accept_dad=0, net__ipv6__conf__default__accept_dad=0,
                             net__ipv6__conf__default__accept_ra=0)
        self.client.sysctl(net__ipv4__conf__all__rp_filter=2, net__ipv4__conf__default__rp_filter=2)
        self._routers(conditions)
        self._gateway_and_inside()
        for uplink in UPLINKS:
            self.client.ip(*join_commands(uplink, uplink.address, conditions.families_of(uplink)))
        if any(conditions.delay_ms):
            self._meet_neighbours()

    def _routers(self, conditions):
        forwarding(self.internet)
        for router, uplink, outside, milliseconds, masquerades, mtu in zip(
                (self.wifi, self.cell), UPLINKS, ("wifi0", "cell0"), conditions.delay_ms, conditions.masquerade, conditions.mtu):
            link(self.client, uplink.device, router, "lan0")
            for namespace, device in ((self.client, uplink.device), (router, "lan0")):
                namespace.ip(f"link set {device} mtu {mtu}")
            if milliseconds:
                delay.link(router, "wan0", self.internet, outside, milliseconds)
            else:
                link(router, "wan0", self.internet, outside)
            router.sysctl(net__ipv4__conf__all__rp_filter=int(conditions.strict_routers))
            forwarding(router)
            router.ip(f"addr add {uplink.router}/24 dev lan0", f"addr add {uplink.router6}/64 dev lan0",
                      f"addr add {uplink.wan}/25 dev wan0", f"addr add {uplink.wan6}/64 dev wan0",
                      f"route add default via {uplink.wan_peer}", f"route add default via {uplink.wan6_peer}")
            self.internet.ip(f"addr add {uplink.wan_peer}/25 dev {outside}", f"addr add {uplink.wan6_peer}/64 dev {outside}",
                             f"route add {uplink.net6} via {uplink.wan6}")
            firewall.access_network(router, uplink, masquerades)
            if not masquerades:
                self.internet.ip(f"route add {uplink.net} via {uplink.wan}")

    def _meet_neighbours(self):
        """Routers in use know each other; without this the first packet would wait for ARP over the delayed cable."""
        meetings = [router.start("ping", "-c", 1, peer, stdout=subprocess.DEVNULL)
                    for router, uplink in ((self.wifi, WIFI), (self.cell, CELL))
                    for peer in (uplink.wan_peer, uplink.wan6_peer)]
        for meeting in meetings:
            meeting.wait(10)

    def _gateway_and_inside(self):
        link(self.gateway, "wan0", self.internet, "gw0")
        link(self.gateway, "inside0", self.inside, "eth0")
        forwarding(self.gateway)
        self.internet.ip(f"addr add {CHECK}/24 dev gw0", f"addr add {CHECK6}/64 dev gw0")
        self.gateway.ip(f"addr add {GATEWAY}/24 dev wan0", f"addr add {GATEWAY6}/64 dev wan0",
                        "route add default via 203.0.113.1", "route add default via 2001:db8:f::1",
                        "addr add 10.20.0.1/24 dev inside0", "addr add fd20::1/64 dev inside0")
        self.inside.ip(f"addr add {INSIDE}/24 dev eth0", f"addr add {INSIDE6}/64 dev eth0",
                       "route add default via 10.20.0.1", "route add default via fd20::1")


def forwarding(namespace):
    namespace.sysctl(net__ipv4__ip_forward=1, net__ipv6__conf__all__forwarding=1)


def join_commands(uplink, address, families=BOTH):
    """Address and routes on an uplink as NetworkManager puts them there."""
    device, metric = uplink.device, uplink.metric
    commands4 = (f"addr replace {address}/24 dev {device} noprefixroute",
                 f"route replace {uplink.net} dev {device} proto kernel scope link src {address} metric {metric}",
                 f"route replace default via {uplink.router} dev {device} proto dhcp src {address} metric {metric}")
    commands6 = (f"addr replace {uplink.address6}/64 dev {device} nodad noprefixroute",
                 f"route replace {uplink.net6} dev {device} proto ra metric {metric}",
                 f"route replace default via {uplink.router6} dev {device} proto ra metric {metric}")
    return (commands4 if "inet" in families else ()) + (commands6 if "inet6" in families else ())

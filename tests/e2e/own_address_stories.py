# SPDX-License-Identifier: Apache-2.0
"""A tunnel without a virtual address: our side is the uplink's own address, and follows it."""
from tests.lab import topology
from tests.lab.gateway import psk, swanctl_conf
from tests.lab.intruder import Intruder
from tests.lab.roamd import Roamd
from tests.lab.topology import CELL, WIFI
from tests.lab.wait import wait_until

from .story import HOST, story
from .tunnel import assert_authenticated_once, assert_nothing_in_clear, client_config, connect, ike_spis

# ESP to the address that IKE goes to as well: strongSwan's userspace ESP needs its own packets marked for that.
PEER_AS_SELECTOR = """plugins {
    kernel-libipsec { allow_peer_ts = yes }
    socket-default { fwmark = 0x42 }
    kernel-netlink { fwmark = !0x42 }
}"""
GATEWAY = {"pools": "", "charon_options": PEER_AS_SELECTOR}
WITHOUT_NAT = {"masquerade": (False, False)}
NETWORKS4 = [topology.INSIDE_NET]


def reaches(lab, address=topology.INSIDE):
    wait_until(lambda: lab.ping(address), 10, f"an answer from {address}")


@story("without a virtual address: connected, over to cellular and back, killed and started again: traffic all the while, by one IKE SA "
       "a run, and nothing in clear", timeout=120, **WITHOUT_NAT)
def follows_the_uplink(lab):
    daemon = connect(lab, gateway_settings=GATEWAY, virtual_ip=[], remote_ts=NETWORKS4, autoconnect=True)
    before = lab.gateway_sa()
    reaches(lab)
    assert daemon.status()["virtual_addresses"] == [], daemon.status()
    for action, device, address in ((lab.wifi_down, "wwan0", CELL.address), (lab.wifi_up, "wlan0", WIFI.address)):
        last = daemon.last_sequence()
        action()
        daemon.wait_for_roam_to(device, last)
        reaches(lab)
        route = lab.client.show("route", "get", topology.INSIDE)
        assert f"src {address}" in route and "roamd0" in route, route
    assert ike_spis(lab.gateway_sa()) == ike_spis(before), "another IKE SA"
    assert_authenticated_once(lab.captured())
    assert_nothing_in_clear(lab.captured())
    daemon.kill()
    lab.ping(topology.INSIDE)
    daemon.start()
    daemon.wait_for_state("connected")
    reaches(lab)
    assert_nothing_in_clear(lab.captured())


@story("a full tunnel without a virtual address: traffic after the connect and after a roam to the other network, which is "
       "told of and found; nothing but IKE and ESP leaves", timeout=120, **WITHOUT_NAT, sanitized=True, machines=(HOST,))
def full_tunnel(lab):
    everything = {**GATEWAY, "local_ts": "0.0.0.0/0, ::/0"}
    daemon = connect(lab, gateway_settings=everything, virtual_ip=[], remote_ts=["0.0.0.0/0", "::/0"])
    reaches(lab)
    lab.wifi_down()
    daemon.wait_for_roam_to("wwan0")
    reaches(lab)
    assert not lab.ping(topology.INSIDE6), "IPv6 by a path of IPv4"
    assert_nothing_in_clear(lab.captured())


@story("without a virtual address over IPv6: the networks of IPv6 are reached, and those of IPv4 are blocked", timeout=120,
       families=(("inet6",), ("inet6",)), sanitized=True, machines=(HOST,))
def over_ipv6(lab):
    daemon = connect(lab, gateway_settings=GATEWAY, virtual_ip=[], gateway=topology.GATEWAY6)
    reaches(lab, topology.INSIDE6)
    lab.wifi_down()
    daemon.wait_for_roam_to("wwan0")
    reaches(lab, topology.INSIDE6)
    assert not lab.ping(topology.INSIDE)
    assert_nothing_in_clear(lab.captured())


@story("behind a NAT the gateway has to take the private address: where it takes that of the NAT only, the reason says so",
       machines=(HOST,))
def behind_nat(lab):
    lab.start_gateway(**GATEWAY)
    lab.capture()
    daemon = Roamd(lab, client_config(lab, "psk", virtual_ip=[], remote_ts=NETWORKS4, autoconnect=True), connect=None)
    wait_until(lambda: ((daemon.status() or {}).get("error") or {}).get("reason") == "own-address-refused", 20, "the reason")
    lab.gateway.configure(swanctl_conf(psk(), pools="", child_options=f"remote_ts = {WIFI.net}, {CELL.net}"))
    daemon.roamctl("up", "home")
    reaches(lab)
    lab.wifi_down()
    daemon.wait_for_roam_to("wwan0")
    reaches(lab)
    assert_nothing_in_clear(lab.captured())


@story("without a virtual address a packet in clear from a host behind the gateway is not delivered, and the uplink answers its "
       "neighbours", **WITHOUT_NAT)
def way_in(lab):
    connect(lab, gateway_settings=GATEWAY, virtual_ip=[], remote_ts=NETWORKS4, leak_guard="off")
    reaches(lab)
    intruder = Intruder(lab, WIFI)
    assert intruder.delivered(WIFI.address) == 0, "a packet in clear was delivered"
    assert lab.router_of(WIFI).run("ping", "-c", 1, "-W", 2, WIFI.address, check=False).returncode == 0
    reaches(lab)

# SPDX-License-Identifier: Apache-2.0
"""What comes in between: the network goes while the tunnel is being made, a network swallows IKE, somebody touches what is ours."""
import json
import subprocess

from tests.lab import kernel, tools, topology
from tests.lab.netns import link
from tests.lab.roamd import Roamd
from tests.lab.topology import CELL, WIFI
from tests.lab.wait import wait_until

from .story import HOST, story
from .tunnel import assert_nothing_in_clear, assert_traffic, client_config, connect
from .xfrm_stories import device_mtu

OUR_RULES = "proto 114"


def start_at_rest(lab, **settings):
    """A daemon that waits for roamctl up."""
    lab.capture()
    return Roamd(lab, client_config(lab, "psk", **settings), connect=None)


@story("no network while the IKE SA is made: it holds, and is connected, and says so, when one is back", machines=(HOST,))
def held_while_connecting(lab):
    lab.start_gateway().freeze()
    daemon = start_at_rest(lab)
    daemon.wait_for_state("disconnected")
    up = subprocess.Popen([tools.path("roamctl"), "--bus", daemon.bus.address, "up", "home"])
    daemon.wait_for_state("connecting")
    lab.down(WIFI)
    lab.down(CELL)
    daemon.wait_for_state("holding")
    lab.gateway.thaw()
    lab.wifi_up()
    status = daemon.wait_for_state("connected")
    assert status["hold_reason"] is None, status
    assert_traffic(lab)
    assert up.wait(10) == 0
    assert_nothing_in_clear(lab.captured())


@story("a Wi-Fi that swallows what is for the gateway: the tunnel is made by cellular", machines=(HOST,),
       patient=True, timeout=120)
def made_by_the_other_network(lab):
    lab.start_gateway()
    lab.blackhole(WIFI)
    daemon = start_at_rest(lab, autoconnect=True)
    status = daemon.wait_for_state("connected", 100)
    assert status["path"]["interface"] == "wwan0", status
    assert_traffic(lab)


@story("a gateway without MOBIKE: the path goes, and the same one comes back: connected, by the same IKE SA", machines=(HOST,))
def same_path_without_mobike(lab):
    daemon = connect(lab, gateway_settings={"options": "mobike = no"})
    lab.down(CELL)
    before = daemon.status()["ike_spi_initiator"]
    lab.wifi_down()
    daemon.wait_for_state("holding")
    lab.wifi_up()
    assert daemon.wait_for_state("connected")["ike_spi_initiator"] == before
    assert_traffic(lab)
    assert daemon.roams()[-1]["result"] == "moved", daemon.roams()


@story("somebody removes all policy rules that are not his own, as systemd-networkd does: ours are back, the tunnel goes on", sanitized=True, machines=(HOST,))
def rules_removed(lab):
    daemon = connect(lab)
    before = our_rules(lab)
    assert before
    for family, priority, _rule in before:
        lab.client.run("ip", family, "rule", "del", "priority", priority)
    wait_until(lambda: our_rules(lab) == before, 5, "the rules to be as they were")
    assert_traffic(lab)
    lab.wifi_down()
    daemon.wait_for_roam_to("wwan0")
    assert_traffic(lab)
    assert_nothing_in_clear(lab.captured())


def our_rules(lab):
    """Family, priority, and what the rule says."""
    return sorted((family, *line.split(":", 1)) for family in ("-4", "-6")
                  for line in lab.client.show(family, "rule", "show").splitlines() if OUR_RULES in line)


DEVICE = "roamd0"
# Somebody, or his network manager, touches what is ours: command lines for a shell in the client's namespace, with its own tables.
DISTURBANCES = {
    "device down": f"ip link set {DEVICE} down",
    "device down and up": f"ip link set {DEVICE} down; ip link set {DEVICE} up",
    "addresses flushed": f"ip addr flush dev {DEVICE}",
    "MTU changed": f"ip link set {DEVICE} mtu 1000",
    "IPv6 switched off": f"echo 1 >/proc/sys/net/ipv6/conf/{DEVICE}/disable_ipv6",
    "device deleted": f"ip link del {DEVICE}",
    "device in another namespace": f"ip netns add elsewhere-$$; ip link set {DEVICE} netns elsewhere-$$; ip netns del elsewhere-$$",
    "routes by the device removed": f"ip route flush dev {DEVICE} table all; ip -6 route flush dev {DEVICE} table all",
    "ways of outer packets removed": "for table in $(seq 29344 29351); do ip route flush table $table; ip -6 route flush table $table; done",
    "policies flushed": "ip xfrm policy flush",
    "states flushed": "ip xfrm state flush",
}


@story("somebody sets the tunnel's device down, deletes it, moves it away, flushes its addresses, routes, policies, states: not a packet "
       "in clear, all is put back, with the same IKE SA, and a roam goes on from there", timeout=180, sanitized=True)
def own_state_touched(lab):
    daemon = connect(lab)
    before = daemon.status()
    probes = [lab.client.start("ping", "-q", "-i", "0.05", address, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
              for address in (topology.INSIDE, topology.INSIDE6)]
    try:
        for name, command in DISTURBANCES.items():
            lab.client.run("sh", "-c", command, check=False)
            wait_until(lambda: lab.ping(topology.INSIDE) and lab.ping(topology.INSIDE6), 20, f"traffic after: {name}")
            assert daemon.status()["state"] == "connected", (name, daemon.status())
            assert_nothing_in_clear(lab.captured())
    finally:
        for probe in probes:
            probe.terminate()
            probe.wait()
    lab.wifi_down()
    daemon.wait_for_roam_to("wwan0")
    assert_traffic(lab)
    status = daemon.status()
    assert status["ike_spi_initiator"] == before["ike_spi_initiator"], status
    assert status["error"] is None or status["error"]["reason"] == "own-state-fought", status
    assert_nothing_in_clear(lab.captured())


@story("somebody removes the routes of the tunnel's own table (systemd-networkd's ManageForeignRoutes, a script): they are back", machines=(HOST,))
def routes_removed(lab):
    daemon = connect(lab)
    tables = {line.split("lookup")[1].split()[0] for line in lab.client.show("rule").splitlines() if OUR_RULES in line} - {"main"}
    assert tables
    routes = our_routes(lab)
    for table in tables:
        for family in ("-4", "-6"):
            lab.client.run("ip", family, "route", "flush", "table", table, check=False)
    wait_until(lambda: our_routes(lab) == routes, 5, "the routes to be as they were")
    assert_traffic(lab)
    assert daemon.status()["state"] == "connected"
    assert_nothing_in_clear(lab.captured())


def our_routes(lab):
    """Of both families, without what the kernel notes on them."""
    return sorted((family, line.replace(" linkdown", "").strip()) for family in ("-4", "-6")
                  for line in lab.client.show(family, "route", "show", "table", "all").splitlines() if OUR_RULES in line)


@story("a policy rule of somebody's before ours: nothing in clear, no data, and the error names the rule; without it, connected again",
       machines=(HOST,), sanitized=True)
def rule_before_ours(lab):
    daemon = connect(lab)
    for family in ("-4", "-6"):
        lab.client.run("ip", family, "rule", "add", "priority", 1, "lookup", "main")
        status = daemon.wait_for_state("no-data", 5)
        assert status["error"]["reason"] == "route-overridden" and "rule 1: from all lookup main" in status["error"]["text"], status
        lab.ping(topology.INSIDE if family == "-4" else topology.INSIDE6)
        lab.client.run("ip", family, "rule", "del", "priority", 1)
        assert daemon.wait_for_state("connected", 5)["error"] is None
    assert_traffic(lab)
    assert_nothing_in_clear(lab.captured())


@story("the uplink's MTU falls while the tunnel is up, by the same address, and rises again: the tunnel's follows, nothing is "
       "fragmented outside", sanitized=True)
def uplink_mtu_changes(lab):
    lab.down(CELL)
    connect(lab)
    before = device_mtu(lab)
    lab.client.ip(f"link set {WIFI.device} mtu 1400")
    lab.network.wifi.ip("link set lan0 mtu 1400")
    wait_until(lambda: device_mtu(lab) < 1400 - 20 - 8, 5, "a smaller MTU of the tunnel's device")
    largest = lab.client.run("ping", "-c", 3, "-i", "0.2", "-W", 2, "-s", device_mtu(lab) - 28, "-M", "do", topology.INSIDE, check=False)
    assert largest.returncode == 0, largest.stdout
    assert not [p for p in lab.captured()["wifi"] if p.fragment and p.source == WIFI.address]
    lab.network.wifi.ip("link set lan0 mtu 1500")
    lab.client.ip(f"link set {WIFI.device} mtu 1500")
    wait_until(lambda: device_mtu(lab) == before, 5, "the MTU of the tunnel's device as it was")


@story("another device of the same network has the same address and a better metric (a docking station with the laptop's MAC address): "
       "moved to it, and back when it goes", sanitized=True)
def same_address_on_two_devices(lab):
    lab.down(CELL)
    daemon = connect(lab)
    dock(lab)
    daemon.wait_for_roam_to("eth0")
    assert_traffic(lab)
    lab.client.ip("link del eth0")
    daemon.wait_for_roam_to("wlan0")
    assert_traffic(lab)
    assert_nothing_in_clear(lab.captured())


def dock(lab):
    """eth0, with both addresses of Wi-Fi, on a bridge with it in the router."""
    link(lab.client, "eth0", lab.network.wifi, "lan1")
    hardware_address = json.loads(lab.client.show("-j", "link", "show", "dev", WIFI.device))[0]["address"]
    lab.client.ip(f"link set eth0 address {hardware_address}")
    router = lab.network.wifi
    router.ip("link add br0 type bridge", "link set br0 up", "link set lan1 master br0", "link set lan1 up",
              f"addr del {WIFI.router}/24 dev lan0", f"addr del {WIFI.router6}/64 dev lan0", "link set lan0 master br0",
              f"addr add {WIFI.router}/24 dev br0", f"addr add {WIFI.router6}/64 dev br0")
    if kernel.has_nft_nat():
        router.run("nft", "insert", "rule", "inet", "access", "forward", "iifname", "br0", "accept")
    else:
        router.run("iptables-legacy", "-I", "FORWARD", "-i", "br0", "-j", "ACCEPT")
    router.ip(f"route replace {WIFI.net} dev br0")
    lab.client.ip(f"addr add {WIFI.address}/24 dev eth0 noprefixroute",
                  f"route add {WIFI.net} dev eth0 proto kernel scope link src {WIFI.address} metric 100",
                  f"route add default via {WIFI.router} dev eth0 proto dhcp src {WIFI.address} metric 100")


@story("a tunnel that roamctl brought up, then SIGKILL: the next run connects it again, and nothing leaves in clear meanwhile", machines=(HOST,))
def brought_up_by_hand_and_killed(lab):
    lab.start_gateway()
    daemon = start_at_rest(lab)
    daemon.wait_for_state("disconnected")
    assert daemon.roamctl("up", "home").returncode == 0
    daemon.kill()
    daemon.start()
    daemon.wait_for_state("connected")
    assert_traffic(lab)
    assert_nothing_in_clear(lab.captured())

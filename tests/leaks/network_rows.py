# SPDX-License-Identifier: Apache-2.0
"""What happens to the networks that a laptop is in: roams, none at all, another family, a portal, a search domain."""
import time

from tests.lab import resolved, topology
from tests.lab.resolved import NameServer, Resolved
from tests.lab.topology import CELL, WIFI

from .daemon_rows import manager
from .row import HOST, Skip, row

SEARCHED = "com"
OUTSIDE, INSIDE = "192.0.2.99", "10.20.0.99"


@row("roam from Wi-Fi to cellular and back", ci=True)
def roam(cell):
    cell.lab.wifi_down()
    cell.daemon.wait_for_roam_to("wwan0")
    cell.lab.wifi_up()
    cell.daemon.wait_for_roam_to("wlan0", cell.daemon.last_sequence() - 1)


@row("no network for 5 s")
def hold(cell):
    cell.lab.wifi_down()
    cell.lab.down(CELL)
    cell.daemon.wait_for_state("holding")
    time.sleep(5)
    cell.lab.wifi_up()


@row("no network, and it stays so", stays_down=True)
def hold_for_good(cell):
    cell.lab.wifi_down()
    cell.lab.down(CELL)


@row("another address on the uplink")
def readdressed(cell):
    cell.lab.down(CELL)
    cell.lab.change_wifi_address()


@row("from a network with both families to one of IPv6 only", families=(topology.BOTH, ("inet6",)), patience=40)
def family_change(cell):
    cell.lab.wifi_down()
    return "the gateway is configured by its IPv4 address"


@row("a router that swallows everything on Wi-Fi", patience=60)
def swallowed(cell):
    cell.lab.blackhole(WIFI)


@row("every network swallows everything for 40 s", patience=90)
def all_swallowed(cell):
    for uplink in topology.UPLINKS:
        cell.lab.blackhole(uplink)
    time.sleep(40)
    for uplink in topology.UPLINKS:
        cell.lab.blackhole(uplink, dead=False)


@row("a portal on Wi-Fi, told by NetworkManager", machines=(HOST,), service=manager, full=True, patience=40)
def portal(cell):
    cell.service.down(CELL)
    cell.service.answer(WIFI, "portal")
    time.sleep(3)
    cell.service.answer(WIFI, "full")


def names(lab):
    """systemd-resolved, a name server that the Wi-Fi has, and one behind the gateway."""
    if programs := resolved.missing():
        raise Skip(f"no {programs} here")
    lab.network.inside.ip("addr add 10.20.0.53/24 dev eth0", "addr add fd20::53/64 dev eth0 nodad")
    lab.outside_names = NameServer(lab.network.internet, [topology.CHECK], OUTSIDE)
    lab.inside_names = NameServer(lab.network.inside, ["10.20.0.53", "fd20::53"], INSIDE)
    return Resolved(lab, topology.CHECK)


@row("a Wi-Fi with the search domain com, everything in the tunnel", machines=(HOST,), service=names, full=True)
def search_domain(cell):
    cell.service.control("domain", WIFI.device, SEARCHED)
    return asked_outside(cell)


@row("resolvectl revert roamd0, everything in the tunnel", machines=(HOST,), service=names, full=True)
def reverted(cell):
    cell.service.control("revert", cell.device)
    return asked_outside(cell)


@row("systemd-resolved restarted, everything in the tunnel", machines=(HOST,), service=names, full=True)
def resolver_restarted(cell):
    cell.service.stop()
    cell.service.start()
    cell.service.control("dns", WIFI.device, topology.CHECK)
    return asked_outside(cell)


def asked_outside(cell):
    """Two questions a second for a time; a note of those that a name server outside was asked."""
    for _ in range(8):
        for name in ("mail.google.com", "www.example.org"):
            cell.service.ask(name)
        time.sleep(0.5)
    asked = sorted(set(cell.lab.outside_names.asked))
    return f"asked outside for {', '.join(asked)}" if asked else ""

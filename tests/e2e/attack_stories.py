# SPDX-License-Identifier: Apache-2.0
"""Somebody on the way, or in the local network, who knows no key."""
import time

from tests.lab import resolved, topology
from tests.lab.capture import IKE_AUTH
from tests.lab.forger import Forger
from tests.lab.intruder import Intruder
from tests.lab.resolved import NameServer, Resolved
from tests.lab.roamd import Roamd
from tests.lab.topology import CELL, WIFI
from tests.lab.wait import wait_until

from .story import HOST, UML, Skip, story
from .tunnel import assert_nothing_in_clear, assert_traffic, client_config, connect

EVERYTHING = ["0.0.0.0/0", "::/0"]
ATTACK = 6  # seconds
BACK = 30  # a delay between attempts included


def attack_reconnect(lab, refusal, **how):
    """Somebody is on the way for some seconds of a reconnect, while a program goes on sending; then it comes through."""
    lab.gateway.swanctl("--terminate", "--ike", "roadwarrior", "--force")
    lab.roamd.wait_for_state("connecting")  # it waits a moment before it does
    forging = Forger(lab.network.wifi, refusal, **how)
    end = time.monotonic() + ATTACK
    while time.monotonic() < end:
        lab.ping(topology.INSIDE)
    forging.stop()
    lab.roamd.wait_for_state("connected", BACK)
    assert_traffic(lab)


@story("forged final answers at each step of a reconnect, in place of the gateway's: nothing in clear, and connected afterwards",
       machines=(HOST,), patient=True, timeout=150)
def forged_at_each_step(lab):
    connect_by_hand(lab)
    attack_reconnect(lab, "NO_PROPOSAL_CHOSEN", swallows=True)
    attack_reconnect(lab, "AUTHENTICATION_FAILED", exchange=IKE_AUTH, swallows=True)
    assert_nothing_in_clear(lab.captured())


@story("forged COOKIE and INVALID_KE_PAYLOAD before each true answer: connected by the true one, and nothing in clear",
       machines=(HOST,), patient=True, timeout=120, delay_ms=(40, 60))
def forged_before_the_answer(lab):
    connect_by_hand(lab)
    for refusal in ("COOKIE", "INVALID_KE_PAYLOAD"):
        attack_reconnect(lab, refusal, copies=20)
    assert_nothing_in_clear(lab.captured())


def connect_by_hand(lab):
    """One uplink, and a wish that roamctl began."""
    lab.start_gateway()
    lab.capture()
    lab.down(CELL)
    daemon = Roamd(lab, client_config(lab, "psk"), connect=None)
    daemon.wait_for_state("disconnected")
    assert daemon.roamctl("up", "home").returncode == 0


@story("packets in clear from the local network for a virtual address are not delivered, on a kernel without a packet filter as well",
       machines=(UML,))
def clear_packets(lab):
    daemon = connect(lab)
    addresses = [prefix.split("/")[0] for prefix in daemon.status()["virtual_addresses"]]
    intruder = Intruder(lab, WIFI)
    assert [intruder.delivered(address) for address in addresses] == [0, 0]
    assert_traffic(lab)


@story("everything in the tunnel, and a Wi-Fi with the search domain com: no question for a name leaves by it",
       machines=(HOST,))
def search_domain(lab):
    if programs := resolved.missing():
        raise Skip(f"no {programs} here")
    lab.network.inside.ip("addr add 10.20.0.53/24 dev eth0", "addr add fd20::53/64 dev eth0 nodad")
    outside = NameServer(lab.network.internet, [topology.CHECK], "192.0.2.99")
    inside = NameServer(lab.network.inside, ["10.20.0.53", "fd20::53"], "10.20.0.99")
    names = Resolved(lab, topology.CHECK)
    daemon = connect(lab, gateway_settings={"local_ts": ", ".join(EVERYTHING)}, remote_ts=EVERYTHING)
    wait_until(lambda: daemon.status()["dns_used"], 5, "systemd-resolved to take the name servers")
    names.control("domain", WIFI.device, "com")
    names.ask("mail.google.com")
    names.ask("www.example.org")
    wait_until(lambda: "www.example.org" in inside.asked, 10, "the question that the tunnel is for")
    time.sleep(2)  # systemd-resolved would ask again
    assert not outside.asked, outside.asked
    asked = [p for packets in lab.captured().values() for p in packets if 53 in (p.source_port, p.destination_port)]
    assert not asked, asked[:5]

# SPDX-License-Identifier: Apache-2.0
"""NAT on the way: a router that loses its table under a tunnel, and a tunnel that will have no NAT at all."""
import time

from tests.lab import firewall, probes
from tests.lab.topology import WIFI
from tests.lab.wait import wait_until

from .roam_stories import Journey
from .story import HOST, UML, story
from .tunnel import assert_traffic, connect, ike_spis

OTHER_PORTS = range(51000, 52000)  # not those that the router gave before


def seen_from_other_port(lab):
    """The gateway has been told, and has the port of the new mapping."""
    sa = lab.gateway_sa()
    return sa and int(sa["remote"][1]) in OTHER_PORTS


@story("the router loses its NAT table under traffic: found and repaired within a second, with the same SPIs and no roam",
       machines=(HOST,), delay_ms=(20, 60))
def table_lost_under_traffic(lab):
    journey = Journey(lab)
    lab.forget_nat(WIFI, OTHER_PORTS)
    wait_until(lambda: seen_from_other_port(lab), 5, "the gateway to see the new mapping")
    journey.prober.wait_for_answer(time.monotonic_ns() // 1000)  # libipsec sends there by another Child SA only
    assert_traffic(lab)
    assert probes.longest_ms(journey.prober.probes()) < 1000, probes.outages(journey.prober.probes())
    assert journey.daemon.counters()["update_sa_addresses_sent"] == 1
    assert journey.daemon.roams() == []
    journey.arrive()


@story("the router loses its NAT table under an idle tunnel: the next sign of life brings NAT detection, then the update")
def table_lost_when_idle(lab):
    daemon = connect(lab, dpd="1s")
    before = lab.gateway_sa()
    lab.forget_nat(WIFI, OTHER_PORTS)
    wait_until(lambda: seen_from_other_port(lab), 5, "the gateway to see the new mapping")
    assert daemon.roams() == []
    assert ike_spis(lab.gateway_sa()) == ike_spis(before)
    wait_until(lambda: lab.network.inside.run("ping", "-c", 1, "-W", 1, "10.50.0.1", check=False).returncode == 0, 5,
               "an answer to who is inside")


@story("without NAT traversal, where no NAT is: port 500 and bare ESP on both networks, with the same SPIs",
       machines=(UML,), masquerade=(False, False))
def none_where_no_nat_is(lab):
    journey = Journey(lab, nat_traversal=False)
    journey.move(lab.wifi_down, "wwan0", "forced")
    journey.move_without_loss(lab.wifi_up, "wlan0")
    packets = journey.arrive()
    for uplink in packets.values():
        ours = [p for p in uplink if p.kind in ("ike", "esp")]
        assert ours and all(p.bare_esp or {p.source_port, p.destination_port} == {500} for p in ours), ours[:5]


@story("without NAT traversal, to a NAT that passes no ESP: after 7 s without data another IKE SA, and what to look at is said",
       machines=(UML,), masquerade=(False, True), timeout=120, patient=True)
def none_to_a_nat(lab):
    daemon = connect(lab, nat_traversal=False)  # strongSwan does not look whether there is a NAT, so it does not refuse
    firewall.drop_esp(lab.network.cell)
    asking = lab.prober(interval_us=50_000)
    asking.wait_for_answer()
    lab.wifi_down()
    daemon.wait_for_state("no-data")
    assert "ESP" in daemon.status()["error"]["remedy"], daemon.status()
    daemon.wait_for_log("reason=no-data", timeout=30)
    wait_until(lambda: daemon.log().count(" connected tunnel=") == 2, 30, "another IKE SA")
    lab.wifi_up()
    daemon.wait_for_roam_to("wlan0")
    assert_traffic(lab)


@story("no NAT, and a firewall that passes UDP and no ESP: data flows in UDP within seconds, and so it does by cellular, where it knows none",
       machines=(UML,), masquerade=(False, False), timeout=90)
def esp_is_filtered(lab):
    firewall.drop_esp(lab.network.wifi)
    daemon = connect(lab)
    prober = lab.prober()
    wait_until(lambda: any(probe.answered_us for probe in prober.probes()), 20, "an answered probe in UDP")
    print(f"data after {first_answer_ms(prober):.0f} ms")
    assert first_answer_ms(prober) < 8000 and daemon.status()["state"] == "connected"
    firewall.drop_esp(lab.network.cell)
    since = time.monotonic_ns() // 1000
    lab.wifi_down()
    daemon.wait_for_roam_to("wwan0")
    prober.wait_for_answer(since + 1)
    time.sleep(1)
    longest = probes.longest_ms(prober.probes(since, time.monotonic_ns() // 1000 - 300_000))
    print(f"outage of the roam {longest:.0f} ms")
    assert longest < 3000


def first_answer_ms(prober):
    sent = prober.probes()
    return (next(probe.answered_us for probe in sent if probe.answered_us) - sent[0].sent_us) / 1000


@story("from behind a NAT to a network without one that passes no ESP, and ESP always in UDP: nothing but the roam is seen",
       machines=(UML,), masquerade=(True, False))
def always_in_udp(lab):
    firewall.drop_esp(lab.network.cell)
    journey = Journey(lab, udp_encapsulation="always")
    _, sent = journey.move(lab.wifi_down, "wwan0", "forced")
    assert probes.longest_ms(sent) < 1000, probes.outages(sent)
    packets = journey.arrive()
    assert not [p for uplink in packets.values() for p in uplink if p.kind == "esp" and p.bare_esp]

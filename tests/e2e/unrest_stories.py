# SPDX-License-Identifier: Apache-2.0
"""A restless machine: networks that come and go, and a great many events that concern nobody."""
import time

from tests.lab import churn, netevents, probes
from tests.lab.topology import CELL, WIFI
from tests.lab.wait import wait_until

from .roam_stories import Journey
from .story import HOST, story
from .tunnel import assert_traffic, connect

EVENTS = 100_000


@story("a hundred thousand events of containers that come and go: no roam, no UPDATE_SA_ADDRESSES, little CPU, no outage", timeout=120,
       machines=(HOST,), sanitized=True)
def container_churn(lab):
    journey = Journey(lab)
    events = netevents.Listener(lab.client, lab.folder / "events")
    cpu, since = journey.daemon.cpu_seconds(), time.monotonic_ns() // 1000
    churn.links(lab.client, 500)
    churn.addresses_and_routes(lab.client, lambda: events.count() >= EVENTS)
    wait_until(journey.daemon.status, 10, "roamd to be done")
    spent = journey.daemon.cpu_seconds() - cpu
    sent = journey.prober.probes(since, time.monotonic_ns() // 1000 - 200_000)
    print(f"{events.count()} events, {spent:.2f} s of CPU, {len(sent)} probes, {probes.lost(sent)} lost")
    assert journey.daemon.roams() == []
    assert journey.daemon.counters()["update_sa_addresses_sent"] == 0
    assert probes.longest_ms(sent) < 100, probes.outages(sent)
    assert spent < 10, f"{spent} s of CPU"
    journey.arrive()


@story("Wi-Fi flaps: after a few times the tunnel waits on cellular until Wi-Fi has stayed, and then goes back", timeout=120,
       machines=(HOST,), patient=True)
def flapping(lab):
    journey = Journey(lab, dwell="3s")
    for _flap in range(4):
        journey.move(lab.wifi_down, "wwan0", "forced")
        last = journey.daemon.last_sequence()
        lab.wifi_up()
        back = time.monotonic()
        journey.daemon.wait_for_roam_to("wlan0", after=last, timeout=20)
    assert time.monotonic() - back > 2, "went back at once, the fourth time too"
    journey.arrive()


@story("four networks in ten seconds: the tunnel follows, and is on the last one with the same SPIs", timeout=60, machines=(HOST,))
def four_networks(lab):
    journey = Journey(lab)
    for action, device in ((lab.wifi_down, "wwan0"), (lab.wifi_up, "wlan0"), (lambda: lab.change_wifi_address("192.168.1.99"), "wlan0"),
                           (lambda: lab.blackhole(WIFI), "wwan0")):
        action()
        wait_until(lambda: (journey.daemon.status()["path"] or {}).get("interface") == device, 5, f"data by {device}")
        time.sleep(1)
    assert_traffic(lab)
    journey.arrive()


@story("no network for a while longer than the tunnel may hold: it starts anew when one is back, nothing in clear",
       timeout=60, sanitized=True, machines=(HOST,))
def held_too_long(lab):
    daemon = connect(lab, hold="2s")
    before = daemon.status()["ike_spi_initiator"]
    lab.down(CELL)
    lab.down(WIFI)
    daemon.wait_for_state("holding")
    daemon.wait_for_log("held for too long")
    lab.up(WIFI)
    daemon.wait_for_state("connected")
    assert daemon.status()["ike_spi_initiator"] != before
    assert_traffic(lab)

# SPDX-License-Identifier: Apache-2.0
"""The machine is suspended under a live tunnel, for minutes or hours: user-mode-linux is; the machine around it stays awake."""
import signal
import time

from tests.lab import probes, suspend
from tests.lab.capture import INFORMATIONAL
from tests.lab.topology import CELL, WIFI
from tests.lab.wait import wait_until

from .roam_stories import IN_FLIGHT_US, SETTLE, Journey
from .story import UML, Skip, story
from .tunnel import assert_authenticated_once, assert_traffic, ike_spis

TEN_MINUTES, TWO_HOURS, TWELVE_HOURS = 600, 7200, 43200  # seconds
AT_ONCE_US, SOON_MS = 200_000, 1000
GIVEN_UP = 15  # seconds; it is five, and a connect. Without a word of the sleep it would be about a minute


def start(lab):
    if not suspend.possible():
        raise Skip("this machine's kernel cannot be suspended")
    return Journey(lab)


def sleep(journey, seconds):
    """Returns the probes around it, when there are some after it."""
    time.sleep(SETTLE)
    since = time.monotonic_ns() // 1000
    suspend.suspend(seconds)
    journey.daemon.wait_for_log(f"the machine woke up slept={seconds}s")
    time.sleep(1)
    return journey.prober.probes(since, time.monotonic_ns() // 1000 - IN_FLIGHT_US)


def sleep_unseen(journey, seconds, meanwhile):
    """What happens meanwhile is there for roamd when it wakes up, not before."""
    journey.daemon.signal(signal.SIGSTOP)
    meanwhile()
    suspend.suspend(seconds)
    journey.daemon.signal(signal.SIGCONT)


@story("suspended for ten minutes: the gateway is asked at once on waking up, and the tunnel goes on with the same SPIs", machines=(UML,))
def same_network(lab):
    journey = start(lab)
    slept_us = TEN_MINUTES * 1_000_000
    waking = time.monotonic_ns() // 1000 + slept_us  # by the captures' clock, which counts what was slept
    sent = sleep(journey, TEN_MINUTES)
    assert probes.longest_ms(sent) < SOON_MS, probes.outages(sent)
    after = [p for p in journey.arrive()["wifi"] if p.time_us > waking]
    asked = next(p for p in after if p.kind == "ike" and p.exchange == INFORMATIONAL and p.source == WIFI.address)
    assert asked.time_us - after[0].time_us < AT_ONCE_US, f"asked after {asked.time_us - after[0].time_us} us"


@story("wakes up where there is only cellular, then where there is nothing and Wi-Fi comes: on with the same SPIs", machines=(UML,))
def other_networks(lab):
    journey = start(lab)
    roam, sent = journey.move(lambda: sleep_unseen(journey, TEN_MINUTES, lab.wifi_down), "wwan0", "forced")
    assert roam["reason"] == "link-down", roam
    assert probes.longest_ms(sent) < SOON_MS, probes.outages(sent)
    sleep_unseen(journey, TEN_MINUTES, lambda: lab.down(CELL))
    journey.daemon.wait_for_state("holding")
    roam, _sent = journey.move(lab.wifi_up, "wlan0")
    assert roam["reason"] == "first-path", roam
    journey.arrive()


@story("suspended for longer than the kernel lets a Child SA live: it is rekeyed at once, without a new login", machines=(UML,))
def lifetimes_over(lab):
    journey = start(lab)
    before = journey.daemon.status()["child_sas"]
    sent = sleep(journey, TWELVE_HOURS)
    assert probes.longest_ms(sent) < SOON_MS, probes.outages(sent)
    assert journey.daemon.wait_for_state("connected")["child_sas"] != before, before
    assert_traffic(lab)
    assert_authenticated_once(lab.captured())


@story("suspended until the gateway has forgotten the tunnel: a new IKE SA seconds after waking up", machines=(UML,))
def forgotten(lab):
    journey = start(lab)

    def forget():
        lab.gateway.kill()
        lab.gateway.start()
    sleep_unseen(journey, TWO_HOURS, forget)
    wait_until(lambda: (sa := lab.gateway_sa()) and ike_spis(sa) != ike_spis(journey.before), GIVEN_UP, "another IKE SA")
    journey.daemon.wait_for_state("connected")
    assert_traffic(lab)

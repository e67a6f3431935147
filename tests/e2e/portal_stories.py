# SPDX-License-Identifier: Apache-2.0
"""A captive portal, and no NetworkManager to say so: the network looks well, its router answers, and nothing goes further."""
import time

from tests.lab import probes
from tests.lab.topology import WIFI

from .roam_stories import Journey
from .story import HOST, story


def closed_portal(lab, how):
    """A tunnel on cellular, and then Wi-Fi, with the better metric and behind the portal."""
    lab.wifi_down()
    journey = Journey(lab)
    lab.blackhole(WIFI, how=how)
    since = time.monotonic_ns() // 1000
    lab.wifi_up()
    journey.daemon.wait_for_log("the gateway does not answer by the new path", timeout=30)
    assert journey.daemon.status()["path"]["interface"] == "wwan0"
    return journey, since


def assert_opens(lab, journey, since):
    journey.move(lambda: lab.blackhole(WIFI, dead=False), "wlan0", "preferred")
    sent = journey.prober.probes(since, time.monotonic_ns() // 1000 - 200_000)
    lost = journey.gateway_losses.not_its_fault([probe for probe in sent if not probe.answered_us])
    assert sent and not lost, probes.outages(sent)
    journey.arrive()


@story("a portal that swallows everything: not moved to, no packet is lost; once it is open the tunnel goes there by itself",
       timeout=90, machines=(HOST,), patient=True)
def swallows(lab):
    assert_opens(lab, *closed_portal(lab, "blackhole"))


@story("a portal that rejects everything by ICMP: not moved to either, and gone to once it is open", timeout=90, machines=(HOST,), patient=True)
def rejects(lab):
    assert_opens(lab, *closed_portal(lab, "prohibit"))

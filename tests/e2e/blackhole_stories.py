# SPDX-License-Identifier: Apache-2.0
"""A network that looks well and carries nothing: no link, address or route says so."""
import time

from tests.lab import probes
from tests.lab.topology import CELL, WIFI

from .roam_stories import Journey, filter_strictly
from .story import HOST, UML, story
from .tunnel import connect

EVERYWHERE = (HOST, UML)
IPV4 = ("inet",)


@story("Wi-Fi carries nothing any more and looks well: under traffic the tunnel is on cellular within a second, with the same SPIs",
       machines=EVERYWHERE, delay_ms=(20, 60), sanitized=True)
def dead_under_traffic(lab):
    journey = Journey(lab)
    roam, sent = journey.move(lambda: lab.blackhole(WIFI), "wwan0", "forced")
    assert roam["reason"] == "path-dead", roam
    assert probes.longest_ms(sent) < 1000, probes.outages(sent)  # figures are the bench's
    journey.arrive()


@story("Wi-Fi that was dead carries again: the tunnel goes back by itself, and loses nothing", timeout=90)
def comes_back(lab):
    journey = Journey(lab)
    journey.move(lambda: lab.blackhole(WIFI), "wwan0", "forced")
    since = time.monotonic()
    lab.blackhole(WIFI, dead=False)
    last = journey.daemon.last_sequence()
    roam = journey.daemon.wait_for_roam_to("wlan0", after=last, timeout=20)
    assert roam["kind"] == "preferred" and time.monotonic() - since > 5, "went back to what was dead a moment ago"
    journey.arrive()


@story("Wi-Fi is dead and stays dead: the tunnel stays on cellular, and each try of Wi-Fi costs nothing", timeout=90, machines=(HOST,))
def stays_dead(lab):
    journey = Journey(lab)
    journey.move(lambda: lab.blackhole(WIFI), "wwan0", "forced")
    since = time.monotonic_ns() // 1000
    journey.daemon.wait_for_log("the gateway does not answer by the new path", timeout=30)
    time.sleep(1)
    sent = journey.prober.probes(since, time.monotonic_ns() // 1000 - 200_000)
    assert probes.lost(sent) == 0, probes.outages(sent)
    assert journey.daemon.status()["path"]["interface"] == "wwan0"
    journey.arrive()


@story("Wi-Fi is dead where the kernel filters strictly by reverse path: what comes by cellular, which it likes less, is taken",
       machines=EVERYWHERE, families=(IPV4, IPV4), sanitized=True)  # IPv6 is not filtered like that
def dead_and_filtered(lab):
    filter_strictly(lab)
    journey = Journey(lab)
    journey.move(lambda: lab.blackhole(WIFI), "wwan0", "forced")
    journey.arrive()


@story("without traffic a dead Wi-Fi is found by the next sign of life that is missing", machines=(HOST,))
def dead_without_traffic(lab):
    daemon = connect(lab, dpd="2s")
    lab.blackhole(WIFI)
    roam = daemon.wait_for_roam_to("wwan0", timeout=10)
    assert roam["reason"] == "path-dead", roam


@story("both networks are dead: it says that the gateway does not answer, and goes on when one carries again", timeout=90, machines=(HOST,))
def both_dead(lab):
    journey = Journey(lab)
    lab.blackhole(CELL)
    lab.blackhole(WIFI)
    journey.daemon.wait_for_state("stalled")
    lab.blackhole(WIFI, dead=False)
    journey.daemon.wait_for_state("connected", timeout=30)
    assert journey.daemon.status()["path"]["interface"] == "wlan0"
    journey.arrive()


@story("packets in one direction only are no reason to leave a network that answers", machines=(HOST,))
def one_direction(lab):
    daemon = connect(lab)
    lab.client.run("ping", "-q", "-c", 300, "-i", 0.01, "-W", 0.1, "10.20.0.99", check=False)  # nobody has that address
    assert daemon.roams() == []
    assert daemon.status()["state"] == "connected"

# SPDX-License-Identifier: Apache-2.0
"""A gateway of another make, OpenIKED. On Linux it answers UPDATE_SA_ADDRESSES and does not move the SA that it sends by: PF_KEY
finds that by its destination, which is the new one already."""
import time

from tests.lab import iked, probes
from tests.lab.roamd import Roamd
from tests.lab.topology import CELL, INSIDE
from tests.lab.wait import wait_until

from .roam_stories import assert_in_order
from .story import UML, Skip, story
from .tunnel import assert_authenticated_once, assert_nothing_in_clear, client_config

LONGEST_MS = 10_000  # to find out that no packet comes in, to say so again, and to rekey


def connect(lab):
    if programs := iked.missing():
        raise Skip(f"no {programs} here")
    gateway = iked.Iked(lab)
    lab.capture()
    daemon = Roamd(lab, client_config(lab, "psk", **iked.SETTINGS))
    daemon.wait_for_state("connected")
    return gateway, daemon


@story("with OpenIKED: the answer to UPDATE_SA_ADDRESSES brings no data; told again, then rekeyed, it flows, with the same IKE SA",
       machines=(UML,), timeout=120)
def moves_by_rekeying(lab):
    gateway, daemon = connect(lab)
    first = daemon.status()
    prober = lab.prober()
    prober.wait_for_answer()
    since = now_us()
    lab.wifi_down()
    assert_in_order(daemon.wait_for_roam_to("wwan0"))
    wait_for_data_again(daemon, prober, 1)
    lab.wifi_up()
    assert_in_order(daemon.wait_for_roam_to("wlan0", after=1))  # it goes on to send to cellular, and we to receive there
    lab.down(CELL)
    wait_for_data_again(daemon, prober, 2)
    assert lab.ping(INSIDE) and "packets come in again" in daemon.log()
    prober.stop()
    sent = prober.probes(since)
    print(f"longest outage {probes.longest_ms(sent):.0f} ms")
    assert probes.longest_ms(sent) < LONGEST_MS, probes.outages(sent)
    assert daemon.status()["ike_spi_responder"] == first["ike_spi_responder"]
    told = gateway.log().count("type UPDATE_SA_ADDRESSES")
    assert told == daemon.counters()["update_sa_addresses_sent"] == 4, told
    packets = lab.captured()
    assert_authenticated_once(packets)
    assert_nothing_in_clear(packets)


def now_us():
    return time.monotonic_ns() // 1000


def wait_for_data_again(daemon, prober, rekeys):
    """What is sent from now on, after that many rekeys of ours, is answered."""
    wait_until(lambda: daemon.log().count("rekeying") == daemon.log().count("child sa rekeyed") == rekeys, 15, f"{rekeys} rekeys")
    since = now_us()
    wait_until(lambda: any(probe.answered_us for probe in prober.probes(since)), 5, "an answered probe")

# SPDX-License-Identifier: Apache-2.0
"""A gateway of another make, OpenIKED. On Linux it answers UPDATE_SA_ADDRESSES and does not move the SA that it sends by: PF_KEY
finds that by its destination, which is the new one already."""
import time

from tests.lab import iked, probes
from tests.lab.roamd import Roamd
from tests.lab.topology import INSIDE
from tests.lab.wait import wait_until

from .roam_stories import assert_in_order
from .story import UML, Skip, story
from .tunnel import assert_authenticated_once, assert_nothing_in_clear, client_config

FIRST_MS = 4_000  # to find out that no packet comes in, to say so again, and to rekey
LATER_MS = 1_000  # to rekey


def connect(lab):
    if programs := iked.missing():
        raise Skip(f"no {programs} here")
    gateway = iked.Iked(lab)
    lab.capture()
    daemon = Roamd(lab, client_config(lab, "psk", **iked.SETTINGS))
    daemon.wait_for_state("connected")
    return gateway, daemon


@story("with OpenIKED: the answer to UPDATE_SA_ADDRESSES brings no data; told again, then rekeyed, it flows, with the same IKE SA; from "
       "the second roam on it is rekeyed at once", machines=(UML,), timeout=120)
def moves_by_rekeying(lab):
    gateway, daemon = connect(lab)
    first = daemon.status()
    prober = lab.prober()
    prober.wait_for_answer()
    since = now_us()
    lab.wifi_down()
    assert_in_order(daemon.wait_for_roam_to("wwan0"))
    wait_for_data_again(gateway, daemon, prober, 1)
    assert longest_since(prober, since) < FIRST_MS
    lab.wifi_up()
    assert_in_order(daemon.wait_for_roam_to("wlan0", after=1))
    wait_for_data_again(gateway, daemon, prober, 2)
    since = now_us()
    lab.wifi_down()
    assert_in_order(daemon.wait_for_roam_to("wwan0", after=2))
    wait_for_data_again(gateway, daemon, prober, 3)
    assert longest_since(prober, since) < LATER_MS
    assert lab.ping(INSIDE) and "packets come in again" in daemon.log()
    prober.stop()
    assert daemon.status()["ike_spi_responder"] == first["ike_spi_responder"]
    told = gateway.log().count("type UPDATE_SA_ADDRESSES")
    assert told == daemon.counters()["update_sa_addresses_sent"] == 4, told
    packets = lab.captured()
    assert_authenticated_once(packets)
    assert_nothing_in_clear(packets)


def longest_since(prober, since):
    """In milliseconds; printed, too."""
    time.sleep(0.5)
    longest = probes.longest_ms(prober.probes(since, now_us() - 300_000))
    print(f"outage {longest:.0f} ms")
    return longest


def now_us():
    return time.monotonic_ns() // 1000


def wait_for_data_again(gateway, daemon, prober, rekeys):
    """After that many rekeys of ours, and the Deletes of what they replaced: OpenIKED repeats an answer to where it first sent it, so
    a roam during an exchange would end in a new IKE SA. A probe that is sent after that is answered."""
    wait_until(lambda: daemon.log().count("child sa rekeyed") == rekeys, 15, f"{rekeys} rekeys")
    wait_until(lambda: gateway.log().count("deleted 1 SPI") == rekeys, 5, f"{rekeys} Deletes")
    since = now_us()
    wait_until(lambda: any(probe.answered_us for probe in prober.probes(since)), 5, "an answered probe")

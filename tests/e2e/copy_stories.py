# SPDX-License-Identifier: Apache-2.0
"""Somebody on the way who copies packets: what an SA has taken it does not take again, by whatever path (RFC 4303 3.4.3)."""
import time

from tests.lab.copier import Copier
from tests.lab.numbered import Numbered
from tests.lab.topology import CELL, WIFI

from .story import HOST, QEMU, UML, story
from .tunnel import assert_traffic, child_spis, connect

ROUNDS = 2


@story("each packet is copied from one uplink to the other, both ways, all the time: none is taken twice, however the tunnel roams",
       machines=(HOST, UML, QEMU), timeout=90, sanitized=True)
def copied_between_paths(lab):
    none_is_taken_twice(lab)


@story("each packet is copied from a slow uplink to a fast one and back: none is taken twice, however the tunnel roams",
       delay_ms=(20, 60), timeout=90)
def copied_to_a_faster_path(lab):
    none_is_taken_twice(lab)


def none_is_taken_twice(lab):
    daemon = connect(lab, dwell="0s")
    spis = child_spis(lab.gateway_sa())
    copiers = [Copier(lab, WIFI, CELL), Copier(lab, CELL, WIFI)]
    numbered = Numbered(lab.network.inside, lab.client, "10.50.0.1")
    for _round in range(ROUNDS):
        for uplink, device in (("cell", "wwan0"), ("wifi", "wlan0")):
            last = daemon.last_sequence()
            lab.prefer(uplink)
            daemon.wait_for_roam_to(device, last)
            time.sleep(0.3)  # of stragglers, and of what is not
        for change, device in ((lab.wifi_down, "wwan0"), (lab.wifi_up, "wlan0")):
            last = daemon.last_sequence()
            change()
            daemon.wait_for_roam_to(device, last)
            time.sleep(0.3)
    came = numbered.stop()
    for copier in copiers:
        copier.stop()
    print(f"{came.different} of {came.last + 1} packets came")
    assert came.different > 1000, came
    assert not came.twice, f"{len(came.twice)} of {came.different} packets were taken twice: {came.twice[:10]}"
    if lab.kernel_esp:
        assert child_spis(lab.gateway_sa()) == spis, "another Child SA has another window"
    assert_traffic(lab)
    assert refused(lab) > 1000, "there were hardly any copies"


def refused(lab):
    """Copies that were thrown away, by the client's own count."""
    lab.roamd.terminate()
    line = next(line for line in lab.roamd.log().splitlines() if "packets refused" in line)
    return int(line.split("replayed=")[1].split()[0])

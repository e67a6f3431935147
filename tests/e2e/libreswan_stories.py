# SPDX-License-Identifier: Apache-2.0
"""A gateway of another make, libreswan."""
from tests.lab import libreswan, probes
from tests.lab.roamd import Roamd
from tests.lab.topology import INSIDE
from tests.lab.wait import wait_until

from .story import UML, Skip, story
from .tunnel import assert_nothing_in_clear, client_config


def connect(lab):
    if programs := libreswan.missing():
        raise Skip(f"no {programs} here")
    gateway = libreswan.Libreswan(lab)
    lab.capture()
    daemon = Roamd(lab, client_config(lab, "psk", **libreswan.SETTINGS))
    daemon.wait_for_state("connected")
    return gateway, daemon


@story("with libreswan, which answers a path's test by both paths: the tunnel moves to a slower network that is preferred",
       machines=(UML,), delay_ms=(20, 60), timeout=120)
def moves_to_a_slower_path(lab):
    _, daemon = connect(lab)
    assert lab.ping(INSIDE)
    lab.prefer("cell")
    roam = daemon.wait_for_roam_to("wwan0", timeout=10)
    assert roam["kind"] == "preferred", roam
    assert lab.ping(INSIDE)
    assert_nothing_in_clear(lab.captured())


@story("with libreswan that has rekeyed the IKE SA and goes on sending to the old address: another IKE SA, and data flows",
       machines=(UML,), timeout=180)
def sends_to_the_old_address(lab):
    gateway, daemon = connect(lab)
    first = daemon.status()["ike_spi_responder"]
    gateway.rekey_ike()
    wait_until(lambda: daemon.status()["ike_spi_responder"] != first, 20, "an IKE SA that the gateway has rekeyed")
    prober = lab.prober()
    prober.wait_for_answer()
    lab.wifi_down()
    daemon.wait_for_log("roamed")
    wait_until(lambda: lab.ping(INSIDE), 60, "data by cellular")
    prober.stop()
    print(f"longest outage {probes.longest_ms(prober.probes()):.0f} ms")
    assert_nothing_in_clear(lab.captured())

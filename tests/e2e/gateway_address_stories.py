# SPDX-License-Identifier: Apache-2.0
"""A gateway that moves itself: it gets another address, and loses the one that it was reached by."""
from tests.lab.topology import GATEWAY
from tests.lab.wait import wait_until

from .roam_stories import Journey
from .story import HOST, UML, story

OTHER_ADDRESS = "203.0.113.11"
IPV4 = ("inet",)


def lose_first_address(lab):
    """The kernel takes an interface's other addresses away together with the first one: it comes back as the only one."""
    lab.network.gateway.ip(f"addr del {GATEWAY}/24 dev wan0", f"addr replace {OTHER_ADDRESS}/24 dev wan0",
                           "route replace default via 203.0.113.1")


def assert_follows(lab):
    journey = Journey(lab, gateway_settings={"addresses": "%any"})
    lab.network.gateway.ip(f"addr add {OTHER_ADDRESS}/24 dev wan0")
    journey.daemon.wait_for_log(f"{OTHER_ADDRESS}\"")  # strongSwan tells its addresses when they change
    roam, _sent = journey.move(lambda: lose_first_address(lab), "wlan0")
    assert roam["to"]["remote"] == OTHER_ADDRESS, roam
    journey.arrive()
    return roam


@story("the gateway loses its address, and our NAT lets nothing in from its other one: found by asking there, same SPIs",
       machines=(HOST, UML), delay_ms=(20, 60), families=(IPV4, IPV4), sanitized=True)  # its IPv6 address may answer sooner
def behind_a_nat(lab):
    roam = assert_follows(lab)
    assert roam["reason"] == "path-dead", roam


@story("the gateway loses its address, and speaks from its other one: tested and followed, same SPIs", machines=(HOST,),
       masquerade=(False, False), delay_ms=(20, 60))
def without_nat(lab):
    roam = assert_follows(lab)
    assert roam["reason"] == "gateway-moved", roam

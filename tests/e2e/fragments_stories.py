# SPDX-License-Identifier: Apache-2.0
"""IKE fragmentation (RFC 7383): certificate chains of over 4 kB on a way that drops IP fragments, as many networks do."""
from tests.lab import capture, firewall, gateway
from tests.lab.roamd import Roamd, certificate_config
from tests.lab.wait import wait_until

from .roam_stories import Journey
from .story import HOST, story

LARGE = 4000
LARGEST_IP = 1280  # of the datagrams that fragments of ours begin with


def long_chains(lab, **settings):
    """A way that drops IP fragments, a gateway that shows a long chain, and a client's configuration with one."""
    firewall.drop_ip_fragments(lab.network.internet)
    certificates = lab.certificates
    ours, gateways = certificates.client("rsa", ca=certificates.long_chain()), certificates.gateway("rsa", ca=certificates.long_chain())
    auth = gateway.public_key(certificates, gateways)
    lab.start_gateway(auth, authorities=certificates.chain_of(gateways)[1:], **settings)
    lab.capture()
    config = certificate_config(certificates, ours)
    config["local"]["certificate"] = str(certificates.bundle(ours))
    return config


@story("connects and roams with certificate chains of over 4 kB where IP fragments are dropped", machines=(HOST,), sanitized=True)
def long_chains_where_ip_fragments_are_dropped(lab):
    daemon = Roamd(lab, long_chains(lab))
    daemon.wait_for_state("connected")
    journey = Journey(lab, daemon)
    counters = journey.daemon.counters()
    assert counters["fragments_sent"] >= 4 and counters["fragments_received"] >= 4, counters
    assert counters["fragments_refused"] == 0, counters
    journey.move(lab.wifi_down, "wwan0", "forced")
    packets = journey.arrive()
    ike = [p for uplink in packets.values() for p in uplink if p.kind == "ike"]
    assert all(p.length <= 14 + LARGEST_IP for p in ike), max(p.length for p in ike)
    for response in (False, True):
        size = sum(p.length for p in ike if p.exchange == capture.IKE_AUTH and p.response == response)
        assert size > LARGE, f"IKE_AUTH {'response' if response else 'request'} of {size} bytes"
    assert not [p for p in packets["wifi"] if p.kind == "fragment"], "IP fragments"


@story("without IKE fragmentation it does not connect there, and the reason says how large IKE_AUTH is", machines=(HOST,))
def long_chains_without_fragmentation(lab):
    daemon = Roamd(lab, long_chains(lab, options="fragmentation = no"))
    wait_until(lambda: "ike-auth-unanswered" in daemon.log(), 20, "the reason why it does not connect")
    status = daemon.status()
    assert status["state"] != "connected" and status["error"]["reason"] == "ike-auth-unanswered", status
    assert "IKE_AUTH of " in status["error"]["text"], status["error"]
    assert [p for p in lab.captured()["wifi"] if p.kind == "fragment"], "no IP fragment was sent"

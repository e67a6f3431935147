# SPDX-License-Identifier: Apache-2.0
"""Somebody else's IPsec on the same laptop: its states and policies are none of our business."""
from tests.lab import topology
from tests.lab.topology import WIFI

from .story import QEMU, UML, story
from .tunnel import assert_traffic, connect

ELSEWHERE, ELSEWHERE6 = "198.51.100.77", "2001:db8:77::1"
AES_GCM = "aead rfc4106(gcm(aes)) 0x" + "17" * 20 + " 128"
# reqids as other daemons count them; one of a tunnel of ours that is not there; a state to our very gateway
STATES = [(f"src {WIFI.address} dst {ELSEWHERE} proto esp spi 0x1001", f"reqid 1 mode tunnel {AES_GCM}"),
          (f"src {ELSEWHERE} dst {WIFI.address} proto esp spi 0x1002", f"reqid 1 mode tunnel replay-window 32 {AES_GCM}"),
          (f"src {WIFI.address6} dst {ELSEWHERE6} proto esp spi 0x1003", f"reqid 16389 mode transport {AES_GCM}"),
          (f"src {WIFI.address} dst {topology.GATEWAY} proto esp spi 0x1004", f"reqid 29281 mode tunnel {AES_GCM}")]
OUT, IN = "src 10.1.0.0/16 dst 10.2.0.0/16 dir out", "src 10.2.0.0/16 dst 10.1.0.0/16 dir in"
POLICIES = [(OUT, f"tmpl src {WIFI.address} dst {ELSEWHERE} proto esp reqid 1 mode tunnel"),
            (IN, f"tmpl src {ELSEWHERE} dst {WIFI.address} proto esp reqid 1 mode tunnel"),
            ("src fd01::/64 dst fd02::/64 dir out", "tmpl proto esp reqid 16389 mode transport"),
            ("src 10.3.0.0/16 dst 10.4.0.0/16 dir out", "action block"),
            ("src 10.5.0.0/16 dst 10.6.0.0/16 dir out", "tmpl proto esp reqid 29281 mode tunnel")]


@story("another daemon's IPsec is as it was after a start, roams, SIGKILL and a start, and a stop", machines=(UML, QEMU))
def others_untouched(lab):
    lab.client.ip(*(f"xfrm state add {key} {rest}" for key, rest in STATES),
                  *(f"xfrm policy add {key} {rest}" for key, rest in POLICIES))
    before = theirs(lab)
    daemon = connect(lab)
    assert_traffic(lab)
    assert theirs(lab) == before, "after the start"
    lab.wifi_down()
    daemon.wait_for_roam_to("wwan0")
    lab.wifi_up()
    daemon.wait_for_roam_to("wlan0")
    assert theirs(lab) == before, "after two roams"
    daemon.kill()
    daemon.start()
    daemon.wait_for_state("connected")
    assert theirs(lab) == before, "after SIGKILL and a start"
    assert daemon.terminate() == 0
    assert theirs(lab) == before, "after the stop"


def theirs(lab):
    """As text, with the counters."""
    return [lab.client.show("-s", "xfrm", kind, "get", *key.split())
            for kind, what in (("state", STATES), ("policy", POLICIES)) for key, _rest in what]

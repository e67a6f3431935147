# SPDX-License-Identifier: Apache-2.0
"""When a new IKE SA is needed: it has the same virtual addresses, and the old one carries until it is there."""
import time

from tests.lab import gateway, probes
from tests.lab.wait import wait_until

from .roam_stories import IN_FLIGHT_US, SETTLE
from .story import HOST, story
from .tunnel import assert_nothing_in_clear, assert_traffic, connect, ike_spis


def wait_for_another_ike_sa(lab, daemon, spis, device):
    def there():
        status, sa = daemon.status(), lab.gateway_sa()
        if not status or not sa or status["state"] != "connected" or ike_spis(sa) == spis:
            return None
        return status if status["path"]["interface"] == device else None
    return wait_until(there, 15, f"another IKE SA by {device}, and it alone")


def assert_carried_over(prober):
    """The gateway sends by its new Child SA as soon as it has it, which is before we can have heard of it: that waits for us."""
    sent = prober.probes(0, time.monotonic_ns() // 1000 - IN_FLIGHT_US)
    prober.stop()
    assert sent and not probes.lost(sent), f"{probes.lost(sent)} of {len(sent)} probes lost"


@story("a gateway without MOBIKE: a new IKE SA when the path changes, and when a better one is back, with the same virtual addresses", sanitized=True)
def gateway_without_mobike(lab):
    daemon = connect(lab, gateway_settings={"options": "mobike = no"})
    first = daemon.status()
    assert not first["mobike"] and "MOBIKE      no" in daemon.roamctl("status").stdout
    spis = ike_spis(lab.gateway_sa())
    for action, device in ((lab.wifi_down, "wwan0"), (lab.wifi_up, "wlan0")):
        action()
        status = wait_for_another_ike_sa(lab, daemon, spis, device)
        spis = ike_spis(lab.gateway_sa())
        assert status["virtual_addresses"] == first["virtual_addresses"], status
        assert_traffic(lab)
    assert_nothing_in_clear(lab.captured())


@story("a gateway without MOBIKE that has one address for us: a better path is taken with that, so the old IKE SA goes first", machines=(HOST,))
def one_address(lab):
    pools = {"pool4": "10.50.0.1/32", "pool6": "fd50::1/128"}
    daemon = connect(lab, gateway_settings={"options": "mobike = no", **pools})
    spis = ike_spis(lab.gateway_sa())
    for name, device in (("cell", "wwan0"), ("wifi", "wlan0")):
        lab.prefer(name)
        status = wait_for_another_ike_sa(lab, daemon, spis, device)
        spis = ike_spis(lab.gateway_sa())
        assert status["virtual_addresses"] == ["10.50.0.1/32", "fd50::1/128"], status
        assert_traffic(lab)
    assert "reason=internal-address-failure" in daemon.log(), "the other one was tried first"
    assert_nothing_in_clear(lab.captured())


@story("the gateway does not give back all addresses of an IKE SA that went for another: it is asked once more, then that is taken",
       machines=(HOST,), sanitized=True)
def one_address_gone(lab):
    settings = {"options": "mobike = no", "pool4": "10.50.0.1/32", "pool6": "fd50::1/128"}
    daemon = connect(lab, gateway_settings=settings)
    spis = ike_spis(lab.gateway_sa())
    lab.gateway.configure(gateway.swanctl_conf(gateway.psk(), pools="pool6", **settings))
    lab.prefer("cell")
    daemon.wait_for_log("reason=other-addresses")
    status = wait_for_another_ike_sa(lab, daemon, spis, "wwan0")
    assert status["virtual_addresses"] == ["fd50::1/128"], status
    assert daemon.log().count("reason=other-addresses") == 1, "asked more than once"
    assert_nothing_in_clear(lab.captured())


@story("the gateway's AUTH_LIFETIME ends (RFC 4478): a new IKE SA takes over before the old one goes, and no probe is lost", sanitized=True)
def reauthentication(lab):
    reauthenticate(lab)


@story("the same with a gateway that deletes the old IKE SA at once: what it deletes is not taken for the new one", machines=(HOST,))
def reauthentication_replaces(lab):
    reauthenticate(lab, "unique = replace")


@story("stopped right after another IKE SA has taken over: the gateway has neither of them a moment later", machines=(HOST,))
def stopped_after_reauthentication(lab):
    daemon = connect_for_six_seconds(lab)
    daemon.wait_for_log("the new IKE SA is in use")
    assert daemon.terminate() == 0
    wait_until(lambda: not lab.gateway.sas(), 2, "the gateway to delete both")


def connect_for_six_seconds(lab, options=""):
    return connect(lab, gateway_settings={"options": f"reauth_time = 6s\n rand_time = 0s\n over_time = 60s\n {options}"})


def reauthenticate(lab, options=""):
    daemon = connect_for_six_seconds(lab, options)
    first, spis = daemon.status(), ike_spis(lab.gateway_sa())
    prober = lab.prober()
    prober.wait_for_answer()
    status = wait_for_another_ike_sa(lab, daemon, spis, "wlan0")
    assert status["virtual_addresses"] == first["virtual_addresses"], status
    time.sleep(SETTLE)
    assert_carried_over(prober)
    assert_traffic(lab)
    assert_nothing_in_clear(lab.captured())

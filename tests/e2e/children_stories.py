# SPDX-License-Identifier: Apache-2.0
"""More Child SAs than one in a tunnel: each carries its own networks, and all of them roam."""
import json

from tests.lab import gateway
from tests.lab.topology import INSIDE, INSIDE6, INSIDE_NET, INSIDE_NET6
from tests.lab.wait import wait_until

from .reconnect_stories import wait_for_another_ike_sa
from .roam_stories import Journey
from .story import HOST, QEMU, UML, story
from .tunnel import assert_nothing_in_clear, assert_traffic, connect, ike_spis

ONE_EACH = [[INSIDE_NET], [INSIDE_NET6]]


def two_children():
    return {"local_ts": INSIDE_NET, "more_children": gateway.child("net6", INSIDE_NET6)}


@story("two Child SAs in one tunnel: each carries its own network, both roam to cellular and back, with the same SPIs",
       machines=(HOST, UML, QEMU), sanitized=True)
def both_roam(lab):
    journey = Journey(lab, gateway_settings=two_children(), remote_ts=ONE_EACH)
    children = wait_for_two(lab, journey.daemon)
    journey.before = lab.gateway_sa()
    assert [child["remote_ts"] for child in children] == ONE_EACH
    assert_each_carries_its_own(lab)
    for action, device, kind in ((lab.wifi_down, "wwan0", "forced"), (lab.wifi_up, "wlan0", "preferred")):
        journey.move(action, device, kind)
        wait_until(lambda: lab.ping(INSIDE6), 5, "an answer by the other Child SA")
        assert_each_carries_its_own(lab)
    journey.arrive()


@story("two Child SAs in one tunnel, a gateway without MOBIKE: both are made anew by a better path, with the same virtual addresses",
       machines=(HOST, UML), sanitized=True)
def anew_without_mobike(lab):
    settings = {**two_children(), "options": "mobike = no"}
    daemon = connect(lab, gateway_settings=settings, remote_ts=ONE_EACH)
    wait_for_two(lab, daemon)
    first = daemon.status()
    for name, device in (("cell", "wwan0"), ("wifi", "wlan0")):
        spis = ike_spis(lab.gateway_sa())
        lab.prefer(name)
        status = wait_for_another_ike_sa(lab, daemon, spis, device)
        assert status["virtual_addresses"] == first["virtual_addresses"], status
        wait_for_two(lab, daemon)
        assert_each_carries_its_own(lab)
    assert_nothing_in_clear(lab.captured())


@story("two Child SAs in one tunnel: one is rekeyed, then deleted by the gateway and made again; the other one stays",
       machines=(HOST, UML))
def one_is_rekeyed_and_deleted(lab):
    daemon = connect(lab, gateway_settings=two_children(), remote_ts=ONE_EACH)
    first, second = wait_for_two(lab, daemon)
    lab.gateway.swanctl("--rekey", "--child", "net6")
    rekeyed = wait_until(lambda: settled(daemon, first, second), 5, "the rekeyed Child SA")
    assert_traffic(lab)
    lab.gateway.swanctl("--terminate", "--child", "net6")
    wait_until(lambda: settled(daemon, first, rekeyed), 10, "a Child SA in the place of the deleted one")
    assert_each_carries_its_own(lab)


@story("a second Child SA that the gateway refuses: the first one works, nothing goes to its networks in clear, and it is said",
       machines=(HOST,))
def second_is_refused(lab):
    daemon = connect(lab, gateway_settings={"local_ts": INSIDE_NET}, remote_ts=ONE_EACH)
    wait_until(lambda: "does not make a child sa" in daemon.log(), 5, "the warning")
    assert INSIDE_NET6 in daemon.log().split("does not make a child sa")[1].splitlines()[0]
    assert lab.ping(INSIDE) and not lab.ping(INSIDE6)
    routes = json.loads(lab.client.show("-j", "-6", "route", "show", "table", "all", "type", "unreachable"))
    assert INSIDE_NET6 in [route["dst"] for route in routes], routes
    assert_nothing_in_clear(lab.captured())


def wait_for_two(lab, daemon):
    wait_until(lambda: len(installed(lab)) == 2, 5, "two Child SAs at the gateway")
    return wait_until(lambda: len(daemon.status()["child_sas"]) == 2 and daemon.status()["child_sas"], 5, "two Child SAs")


def installed(lab):
    return [child for child in lab.gateway_sa()["children"] if child["state"] == "INSTALLED"]


def settled(daemon, stays, goes):
    """The Child SA that took the place of one that has gone, once there are two again; the other one has stayed."""
    now = daemon.status()["child_sas"]
    assert stays in now, f"{stays} was not to go: {now}"
    fresh = [child for child in now if child not in (stays, goes)]
    return fresh[0] if len(now) == 2 and fresh else None


def assert_each_carries_its_own(lab):
    for address, name in ((INSIDE, "net"), (INSIDE6, "net6")):
        before = packets_in(lab)
        assert lab.ping(address), f"no echo reply from {address}"
        after = packets_in(lab)
        assert after[name] > before[name], f"{address} is not carried by {name}: {before}, {after}"


def packets_in(lab):
    return {child["name"]: child["packets_in"] for child in installed(lab)}

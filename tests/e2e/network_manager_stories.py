# SPDX-License-Identifier: Apache-2.0
"""Roaming as NetworkManager brings it about: connections that go down and up, metrics, and its connectivity check."""
from tests.lab import network_manager, topology
from tests.lab.network_manager import NetworkManager
from tests.lab.topology import CELL, WIFI
from tests.lab.wait import wait_until

from .roam_stories import Journey
from .story import HOST, Skip, story
from .tunnel import assert_nothing_in_clear, assert_traffic

BEYOND_THE_PENALTY = 30000  # NetworkManager adds 20000 to the metric of what its check finds not to be the internet


def start(lab, **settings):
    """NetworkManager with both connections up, and a tunnel over Wi-Fi that knows so."""
    if programs := network_manager.missing():
        raise Skip(f"no {programs} here (Debian: network-manager)")
    manager = NetworkManager(lab)
    journey = Journey(lab, **settings)
    wait_for_connection(journey, "Home", "full")
    return manager, journey


def wait_for_connection(journey, name, connectivity):
    """The status shows this connection under the path, with this connectivity."""
    def shown():
        connection = journey.daemon.status()["connection"]
        return connection if connection and (connection["name"], connection["connectivity"]) == (name, connectivity) else None
    return wait_until(shown, 20, f"the path's connection {name}, {connectivity}")


def stays(journey, device):
    """Nothing has moved the tunnel, and it carries."""
    status = journey.daemon.status()
    assert status["state"] == "connected" and status["path"]["interface"] == device, status
    assert not status["last_roam"], status["last_roam"]
    assert_traffic(journey.lab)


@story("nmcli connection down: a forced roam to cellular; up: back to Wi-Fi without loss; the connection's name is shown",
       machines=(HOST,), sanitized=True)
def connection_down_and_up(lab):
    manager, journey = start(lab)
    journey.move(lambda: manager.down(WIFI), "wwan0", "forced")
    wait_for_connection(journey, "Mobile", "full")
    journey.move_without_loss(lambda: manager.up(WIFI), "wlan0")
    wait_for_connection(journey, "Home", "full")
    journey.arrive()


@story("a connection's route metric changed by nmcli moves the tunnel there and back without loss", machines=(HOST,))
def metric_change(lab):
    manager, journey = start(lab)
    journey.move_without_loss(lambda: manager.set_metric(WIFI, CELL.metric + 100), "wwan0")
    journey.move_without_loss(lambda: manager.set_metric(WIFI, WIFI.metric), "wlan0")
    journey.arrive()


@story("a portal on Wi-Fi: the tunnel leaves for cellular whatever the metrics say, holds when cellular goes rather than go "
       "through the portal, and is back on Wi-Fi once that is open", machines=(HOST,), sanitized=True)
def portal(lab):
    everything = {"gateway_settings": {"local_ts": "0.0.0.0/0, ::/0"}, "remote_ts": ["0.0.0.0/0", "::/0"]}
    manager, journey = start(lab, **everything)  # the check goes beside a tunnel that takes in all else, else it would find nothing
    manager.set_metric(CELL, BEYOND_THE_PENALTY)
    roam, _probes = journey.move(lambda: manager.answer(WIFI, "portal"), "wwan0", "preferred")
    assert roam["reason"] == "portal", roam
    manager.down(CELL)
    held = journey.daemon.wait_for_state("holding")
    assert held["hold_reason"] == "portal", held
    roam, _probes = journey.move(lambda: manager.answer(WIFI, "full"), "wlan0")
    assert roam["reason"] == "first-path", roam
    journey.arrive()


@story("limited connectivity takes no tunnel away from a path that carries it; another connection is then preferred at once",
       machines=(HOST,))
def limited(lab):
    manager, journey = start(lab)
    manager.set_metric(CELL, BEYOND_THE_PENALTY)
    manager.down(CELL)
    manager.answer(WIFI, "limited")
    wait_for_connection(journey, "Home", "limited")
    stays(journey, "wlan0")
    roam, _probes = journey.move(lambda: manager.up(CELL), "wwan0", "preferred")
    assert roam["reason"] == "limited-connectivity", roam
    journey.arrive()


@story("of two connections with one metric the unmetered one is taken", machines=(HOST,))
def metered(lab):
    manager, journey = start(lab)
    manager.set_metric(CELL, WIFI.metric)
    stays(journey, "wlan0")
    roam, _probes = journey.move(lambda: manager.set(WIFI, connection__metered="yes"), "wwan0", "preferred")
    assert roam["reason"] == "better-path", roam
    journey.arrive()


@story("NetworkManager stopped and started under a live tunnel: the tunnel stays, and NetworkManager is followed again",
       machines=(HOST,), sanitized=True)
def stopped_and_started(lab):
    manager, journey = start(lab)
    manager.stop()
    wait_until(lambda: not journey.daemon.status()["connection"], 5, "roamd to know that NetworkManager is gone")
    stays(journey, "wlan0")
    manager.start()
    wait_for_connection(journey, "Home", "full")
    stays(journey, "wlan0")
    manager.set_metric(CELL, BEYOND_THE_PENALTY)
    roam, _probes = journey.move(lambda: manager.answer(WIFI, "portal"), "wwan0", "preferred")
    assert roam["reason"] == "portal", roam
    journey.arrive()


@story("without a NetworkManager on the bus no connection is shown, and one that starts late is followed", machines=(HOST,))
def starts_late(lab):
    manager, journey = start(lab)
    manager.stop()
    journey.daemon.terminate()
    journey.daemon.start()
    journey.daemon.wait_for_state("connected")
    assert journey.daemon.status()["connection"] is None
    manager.start()
    wait_for_connection(journey, "Home", "full")
    assert_traffic(lab)


SWALLOW_IKE = "table inet portal { chain forward { type filter hook forward priority -1; udp dport { 500, 4500 } drop; }; }"
TRIED = "trying a restricted uplink"


def behind_portal(lab):
    """A tunnel that came over Wi-Fi and cellular, and now holds: there is only Wi-Fi, with a portal."""
    manager, journey = start(lab)
    manager.answer(WIFI, "portal")
    journey.daemon.wait_for_roam_to("wwan0")
    manager.down(CELL)
    journey.daemon.wait_for_state("holding")
    return manager, journey


@story("a portal that is none for IKE is tried after ten seconds of waiting, and carries the tunnel", machines=(HOST,), patient=True)
def harmless_portal(lab):
    _manager, journey = behind_portal(lab)
    roam = journey.daemon.wait_for_roam_to("wlan0", after=journey.daemon.last_sequence(), timeout=20)
    assert roam["event_us"] - journey.daemon.roams()[-2]["answered_us"] > 9_000_000, "not held for ten seconds"
    wait_for_connection(journey, "Home", "portal")
    journey.arrive()


@story("a portal that swallows IKE is tried for a moment, then the tunnel holds again with the same SPIs, until it is open",
       machines=(HOST,), patient=True)
def swallowing_portal(lab):
    lab.network.wifi.run("nft", "add", "table", "inet", "portal")
    manager, journey = behind_portal(lab)
    lab.network.wifi.run("nft", "-f", "-", input=SWALLOW_IKE)
    wait_until(lambda: TRIED in journey.daemon.log(), 15, "the portal to be tried")
    held = journey.daemon.wait_for_state("holding")
    assert held["hold_reason"] == "portal", held
    lab.network.wifi.run("nft", "delete", "table", "inet", "portal")
    journey.move(lambda: manager.answer(WIFI, "full"), "wlan0")
    journey.arrive()


@story("networking switched off and on in the desktop's menu, then the tunnel's device disconnected there: the tunnel goes on, nothing in clear",
       machines=(HOST,), timeout=120, sanitized=True)
def switched_off_in_the_menu(lab):
    _manager, journey = start(lab)
    for commands in ((("networking", "off"), ("networking", "on")), (("device", "disconnect", "roamd0"),)):
        for command in commands:
            lab.client.run("nmcli", *command, env=lab.bus.environment(), check=False)
        wait_until(lambda: journey.daemon.status()["state"] == "connected" and lab.ping(topology.INSIDE), 30,
                   f"traffic after nmcli {commands}")
    assert_traffic(lab)
    assert_nothing_in_clear(lab.captured())

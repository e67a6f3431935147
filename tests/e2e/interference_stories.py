# SPDX-License-Identifier: Apache-2.0
"""What comes in between: the network goes while the tunnel is being made, a network swallows IKE, somebody removes our rules."""
import subprocess

from tests.lab import tools
from tests.lab.roamd import Roamd
from tests.lab.topology import CELL, WIFI
from tests.lab.wait import wait_until

from .story import HOST, story
from .tunnel import assert_nothing_in_clear, assert_traffic, client_config, connect

OUR_RULES = "proto 114"


def start_at_rest(lab, **settings):
    """A daemon that waits for roamctl up."""
    lab.capture()
    return Roamd(lab, client_config(lab, "psk", **settings), connect=None)


@story("no network while the IKE SA is made: it holds, and is connected, and says so, when one is back")
def held_while_connecting(lab):
    lab.start_gateway().freeze()
    daemon = start_at_rest(lab)
    daemon.wait_for_state("disconnected")
    up = subprocess.Popen([tools.path("roamctl"), "--bus", daemon.bus.address, "up", "home"])
    daemon.wait_for_state("connecting")
    lab.down(WIFI)
    lab.down(CELL)
    daemon.wait_for_state("holding")
    lab.gateway.thaw()
    lab.wifi_up()
    status = daemon.wait_for_state("connected")
    assert status["hold_reason"] is None, status
    assert_traffic(lab)
    assert up.wait(10) == 0
    assert_nothing_in_clear(lab.captured())


@story("a Wi-Fi that swallows what is for the gateway: the tunnel is made by cellular", machines=(HOST,), sanitized=False,
       patient=True, timeout=120)
def made_by_the_other_network(lab):
    lab.start_gateway()
    lab.blackhole(WIFI)
    daemon = start_at_rest(lab, autoconnect=True)
    status = daemon.wait_for_state("connected", 100)
    assert status["path"]["interface"] == "wwan0", status
    assert_traffic(lab)


@story("a gateway without MOBIKE: the path goes, and the same one comes back: connected, by the same IKE SA")
def same_path_without_mobike(lab):
    daemon = connect(lab, gateway_settings={"options": "mobike = no"})
    lab.down(CELL)
    before = daemon.status()["ike_spi_initiator"]
    lab.wifi_down()
    daemon.wait_for_state("holding")
    lab.wifi_up()
    assert daemon.wait_for_state("connected")["ike_spi_initiator"] == before
    assert_traffic(lab)
    assert daemon.roams()[-1]["result"] == "moved", daemon.roams()


@story("somebody removes all policy rules that are not his own, as systemd-networkd does: ours are back, the tunnel goes on")
def rules_removed(lab):
    daemon = connect(lab)
    before = our_rules(lab)
    assert before
    for family, priority, _rule in before:
        lab.client.run("ip", family, "rule", "del", "priority", priority)
    wait_until(lambda: our_rules(lab) == before, 5, "the rules to be as they were")
    assert_traffic(lab)
    lab.wifi_down()
    daemon.wait_for_roam_to("wwan0")
    assert_traffic(lab)
    assert_nothing_in_clear(lab.captured())


def our_rules(lab):
    """Family, priority, and what the rule says."""
    return sorted((family, *line.split(":", 1)) for family in ("-4", "-6")
                  for line in lab.client.show(family, "rule", "show").splitlines() if OUR_RULES in line)


@story("a tunnel that roamctl brought up, then SIGKILL: the next run connects it again, and nothing leaves in clear meanwhile")
def brought_up_by_hand_and_killed(lab):
    lab.start_gateway()
    daemon = start_at_rest(lab)
    daemon.wait_for_state("disconnected")
    assert daemon.roamctl("up", "home").returncode == 0
    daemon.kill()
    daemon.start()
    daemon.wait_for_state("connected")
    assert_traffic(lab)
    assert daemon.terminate() == 0
    daemon.start()
    daemon.wait_for_state("disconnected")  # a clean end is one
    assert_nothing_in_clear(lab.captured())

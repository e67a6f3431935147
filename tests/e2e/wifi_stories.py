# SPDX-License-Identifier: Apache-2.0
"""Roaming by real Wi-Fi: what an access point does to the laptop, and hostapd, mac80211, wpa_supplicant and NetworkManager make
of it. On QEMU's machine alone, for its kernel has radios (simulated ones)."""
from tests.lab import network_manager, probes, wifi
from tests.lab.network_manager import NetworkManager

from .network_manager_stories import wait_for_connection
from .roam_stories import Journey
from .story import QEMU, Skip, story

JOINED_AGAIN = 30  # seconds: wpa_supplicant scans until it finds the access point, less and less often
SOON_MS = 3000  # in emulation; less than it takes NetworkManager to give a Wi-Fi up


def start(lab):
    """A tunnel by Wi-Fi, which NetworkManager has joined."""
    if things := wifi.missing() or network_manager.missing():
        raise Skip(f"no {things} here")
    access_point = wifi.Wifi(lab)
    NetworkManager(lab, access_point)
    journey = Journey(lab)
    connection = wait_for_connection(journey, "Home", "full")
    assert connection["type"] == "wifi", connection
    assert journey.daemon.status()["path"]["interface"] == "wlan0"
    return access_point, journey


@story("real Wi-Fi: the access point sends the laptop away, or fades: the tunnel goes to cellular soon, and is back on Wi-Fi when "
       "that has been joined again", machines=(QEMU,))
def sent_away_and_out_of_range(lab):
    access_point, journey = start(lab)
    _back, sent = journey.move(access_point.deauthenticate, "wlan0", "preferred", JOINED_AGAIN)
    left = [roam for roam in journey.daemon.roams() if roam["to"]["interface"] == "wwan0"]  # the way back may take two attempts
    assert len(left) == 1, left
    assert_left(left[0], sent, "carrier-lost")
    away, sent = journey.move(access_point.fade, "wwan0")  # the driver says so after more than a second of missing beacons
    assert_left(away, sent, "carrier-lost", "path-dead")
    journey.move(access_point.come_back, "wlan0", "preferred", JOINED_AGAIN)
    wait_for_connection(journey, "Home", "full")
    journey.arrive()


def assert_left(roam, sent, *reasons):
    """Wi-Fi was left for cellular, for one of these reasons, and soon."""
    assert roam["result"] == "moved" and roam["to"]["interface"] == "wwan0" and roam["kind"] == "forced", roam
    assert roam["reason"] in reasons, roam
    assert probes.longest_ms(sent) < SOON_MS, probes.outages(sent)

# SPDX-License-Identifier: Apache-2.0
"""A wish for a tunnel holds until a person ends it: over refusals, silent networks, restarts and reloads."""
import subprocess
import time

from tests.lab import firewall, topology
from tests.lab.lab import kernel_state
from tests.lab.roamd import TUNNEL, Roamd
from tests.lab.topology import WIFI
from tests.lab.wait import wait_until

from .crash_stories import refuses_esp
from .life_stories import left_behind
from .story import HOST, UML, story
from .tunnel import assert_nothing_in_clear, assert_traffic, client_config, ike_spis

REFUSES = 4  # seconds for which a gateway that has started refuses
WATCHED = 20


def wanted(lab, **settings):
    """A daemon without --connect whose tunnel is connected because somebody asked for it."""
    lab.start_gateway()
    lab.capture()
    daemon = Roamd(lab, client_config(lab, "psk", **settings), connect=None)
    daemon.wait_for_state("disconnected")
    assert daemon.roamctl("up", TUNNEL).returncode == 0
    return daemon


def refused_after_a_restart(lab, reason, between):
    """The gateway stops in good order, and is back with another configuration for some seconds."""
    daemon = wanted(lab)
    whole = (lab.gateway.folder / "swanctl.conf").read_text()
    lab.gateway.stop()
    (lab.gateway.folder / "swanctl.conf").write_text(between(whole))
    lab.gateway.start()
    daemon.wait_for_log(f"reason={reason}", 30)
    time.sleep(REFUSES)
    lab.gateway.configure(whole)
    daemon.wait_for_state("connected", 60)
    assert_traffic(lab)
    assert_nothing_in_clear(lab.captured())


@story("a gateway restarts and has no connections yet: NO_PROPOSAL_CHOSEN is not final, connected again within a minute", timeout=120,
       machines=(HOST,))
def gateway_without_connections(lab):
    refused_after_a_restart(lab, "no-proposal-chosen", lambda whole: "")


@story("a gateway restarts and has no secrets yet: AUTHENTICATION_FAILED is not final, connected again within a minute", timeout=120,
       machines=(HOST,))
def gateway_without_secrets(lab):
    refused_after_a_restart(lab, "authentication-failed", lambda whole: whole.split("secrets {")[0])


@story("the gateway deletes our IKE SA each time that one is there (another device has our identity): the delay grows", timeout=90,
       machines=(HOST,))
def kicked_again_and_again(lab):
    wanted(lab)
    end, times = time.monotonic() + WATCHED, 0
    while time.monotonic() < end:
        if lab.gateway_sa():
            lab.gateway.swanctl("--terminate", "--ike", "roadwarrior", check=False)
            times += 1
        time.sleep(0.05)
    assert 1 < times < 8, f"connected {times} times in {WATCHED} s"


@story("roamctl up where the first network swallows IKE: it says so, and the second one is tried within seconds", machines=(HOST,))
def first_network_swallows_ike(lab):
    lab.start_gateway()
    daemon = Roamd(lab, client_config(lab, "psk"), connect=None)
    daemon.wait_for_state("disconnected")
    firewall.drop_ike(lab.router_of(WIFI))
    begin = time.monotonic()
    up = daemon.roamctl("up", TUNNEL)
    assert up.returncode == 0, up.stderr
    assert time.monotonic() - begin < 20
    assert "attempt 1 by wlan0 to 203.0.113.10: gateway-unreachable" in up.stderr, up.stderr
    assert daemon.status()["path"]["interface"] == "wwan0"


@story("roamctl up --timeout: exit code 1, the reason of the attempt, roamd goes on trying; down ends it", machines=(HOST,))
def up_in_vain(lab):
    lab.start_gateway()
    daemon = Roamd(lab, client_config(lab, "psk", key="not the key"), connect=None)
    daemon.wait_for_state("disconnected")
    up = daemon.roamctl("up", TUNNEL, "--timeout", "3")
    assert up.returncode == 1, f"exit code {up.returncode}"
    assert "authentication-failed" in up.stderr and "goes on trying" in up.stderr, up.stderr
    status = daemon.status()
    assert status["wanted"] and status["attempts"][0]["interface"] == "wlan0", status
    assert daemon.roamctl("down", TUNNEL).returncode == 0
    assert not daemon.status()["wanted"]
    assert daemon.status()["next_attempt_us"] is None
    once = daemon.roamctl("up", TUNNEL, "--once")
    assert once.returncode == 1 and "goes on trying" not in once.stderr, once.stderr
    wait_until(lambda: daemon.status()["state"] == "disconnected", 5, "the wish to have ended")


@story("roamd is restarted while a tunnel is up by roamctl up: nothing in clear, connected again, and down gives all back",
       machines=(HOST, UML), sanitized=True)
def restarted(lab):
    before = kernel_state(lab.client)
    daemon = wanted(lab)
    pings = [lab.client.start("ping", "-q", "-i", "0.01", address, stdout=subprocess.DEVNULL)
             for address in (topology.INSIDE, topology.INSIDE6)]
    assert daemon.terminate() == 0
    wait_until(lambda: not lab.gateway.sas(), 2, "the gateway to delete its SA")
    time.sleep(1)
    daemon.start()
    daemon.wait_for_state("connected")
    assert_traffic(lab)
    packets = lab.captured()
    assert_nothing_in_clear({uplink: [p for p in seen if not refuses_esp(p)] for uplink, seen in packets.items()})
    for ping in pings:
        ping.kill()
    assert daemon.roamctl("down", TUNNEL).returncode == 0
    assert daemon.terminate() == 0
    assert not left_behind(before, kernel_state(lab.client)), "\n".join(left_behind(before, kernel_state(lab.client)))


@story("a tunnel that is wanted has lost its file over a restart: it stays blocked and says so; down gives all back", machines=(HOST,))
def file_gone(lab):
    before = kernel_state(lab.client)
    daemon = wanted(lab)
    daemon.terminate()
    (daemon.configs / f"{TUNNEL}.json").unlink()
    daemon.start()
    status = daemon.wait_for_state("failed")
    assert status["wanted"] and status["error"]["reason"] == "invalid-configuration", status
    assert not lab.ping(topology.INSIDE) and not lab.ping(topology.INSIDE6)
    assert_nothing_in_clear(lab.captured())
    assert daemon.roamctl("down", TUNNEL).returncode == 0
    assert not left_behind(before, kernel_state(lab.client)), "\n".join(left_behind(before, kernel_state(lab.client)))


@story("roamctl reload touches only what changed: not a tunnel whose file says the same or cannot be read", machines=(HOST,), sanitized=True)
def reloaded(lab):
    daemon = wanted(lab)
    spis = ike_spis(lab.gateway_sa())
    daemon.write_config(client_config(lab, "psk", hold="5m"))
    assert daemon.roamctl("reload").returncode == 0
    (daemon.configs / f"{TUNNEL}.json").write_text("{")
    broken = daemon.roamctl("reload")
    assert broken.returncode == 2 and "home.json" in broken.stderr, broken.stderr
    status = daemon.status()
    assert status["state"] == "connected" and status["error"]["reason"] == "invalid-configuration", status
    assert ike_spis(lab.gateway_sa()) == spis
    daemon.write_config(client_config(lab, "psk", hold="5m", dpd="5s"))
    daemon.write_config(client_config(lab, "psk", remote_ts=["10.77.0.0/16"]), "other")
    assert daemon.roamctl("reload").returncode == 0
    wait_until(lambda: lab.gateway_sa() and ike_spis(lab.gateway_sa()) != spis, 10, "another IKE SA")
    daemon.wait_for_state("connected")
    assert [t["name"] for t in daemon.ask("list")] == [TUNNEL, "other"]
    (daemon.configs / "other.json").unlink()
    assert daemon.roamctl("reload").returncode == 0
    assert [t["name"] for t in daemon.ask("list")] == [TUNNEL]
    assert_nothing_in_clear(lab.captured())


@story("two tunnels of one identity at one gateway do not throw each other out (INITIAL_CONTACT)", machines=(HOST,), sanitized=True)
def two_tunnels_of_one_identity(lab):
    lab.start_gateway()
    daemon = Roamd(lab, client_config(lab, "psk", remote_ts=[topology.INSIDE_NET]), connect=None)
    daemon.write_config(client_config(lab, "psk", remote_ts=[topology.INSIDE_NET6]), "other")
    wait_until(lambda: daemon.status(), 5, "roamd")
    assert daemon.roamctl("reload").returncode == 0
    assert daemon.roamctl("up", TUNNEL).returncode == 0
    spi = daemon.status()["ike_spi_initiator"]
    assert daemon.roamctl("up", "other").returncode == 0
    time.sleep(1)  # a deletion would have come with the other one's IKE_AUTH
    assert daemon.status()["ike_spi_initiator"] == spi
    assert len(lab.gateway.sas()) == 2

# SPDX-License-Identifier: Apache-2.0
"""Name servers of the tunnel, with a real systemd-resolved."""
import pathlib

from tests.lab import network_manager, resolved, tools, topology
from tests.lab.network_manager import NetworkManager
from tests.lab.resolved import NameServer, Resolved
from tests.lab.topology import WIFI
from tests.lab.wait import wait_until

from .story import HOST, Skip, story
from .tunnel import client_config, connect

INSIDE_SERVERS = ("10.20.0.53", "fd20::53")
INSIDE_ANSWER, OUTSIDE_ANSWER = "10.20.0.99", "192.0.2.99"


def start(lab):
    """systemd-resolved, a name server in the internet that the Wi-Fi has, and one behind the gateway."""
    if programs := resolved.missing():
        raise Skip(f"no {programs} here")
    lab.network.inside.ip("addr add 10.20.0.53/24 dev eth0", "addr add fd20::53/64 dev eth0 nodad")
    outside = NameServer(lab.network.internet, [topology.CHECK], OUTSIDE_ANSWER)
    inside = NameServer(lab.network.inside, INSIDE_SERVERS, INSIDE_ANSWER)
    return Resolved(lab, topology.CHECK), outside, inside


def wait_until_used(daemon):
    wait_until(lambda: daemon.status()["dns_used"], 5, "systemd-resolved to take the name servers")
    assert "not set up" not in daemon.roamctl("status").stdout


@story("the gateway's name servers are asked for its domain, the Wi-Fi's for all else; before, during and after a roam; and all "
       "of it goes with the tunnel", machines=(HOST,), sanitized=True)
def domain_of_the_gateway(lab):
    names, outside, inside = start(lab)
    assert names.address_of("www.example.org") == OUTSIDE_ANSWER
    daemon = connect(lab, gateway_settings={"charon_options": "plugins { attr { 25 = corp.example.org } }"})
    wait_until_used(daemon)
    device = daemon.status()["device"]
    assert names.servers(device) == list(INSIDE_SERVERS) and names.domains(device) == ["corp.example.org"]
    for roam in (None, lab.wifi_down, lab.wifi_up):
        if roam:
            sequence = daemon.last_sequence()
            roam()
            daemon.wait_for_roam_to("wwan0" if roam == lab.wifi_down else "wlan0", sequence)
        assert names.address_of("www.corp.example.org") == INSIDE_ANSWER
    assert names.address_of("www.example.org") == OUTSIDE_ANSWER
    assert not any(name.endswith("corp.example.org") for name in outside.asked), outside.asked
    assert all(name.endswith("corp.example.org") for name in inside.asked), inside.asked
    assert daemon.roamctl("down", "home").returncode == 0
    assert names.address_of("www.corp.example.org") == OUTSIDE_ANSWER


EVERYTHING = ["0.0.0.0/0", "::/0"]


@story("with everything in the tunnel no name server outside is asked for anything", machines=(HOST,))
def every_name(lab):
    names, outside, inside = start(lab)
    daemon = connect(lab, gateway_settings={"local_ts": ", ".join(EVERYTHING)}, remote_ts=EVERYTHING)
    wait_until_used(daemon)
    assert names.domains(daemon.status()["device"]) == ["~."]
    assert names.address_of("www.example.org") == INSIDE_ANSWER
    assert not outside.asked and inside.asked


@story("a Wi-Fi with a top-level domain as its search domain draws no name out of a tunnel for everything; what somebody reverts is put "
       "back", machines=(HOST,), sanitized=True)
def search_domain_of_the_wifi(lab):
    names, _outside, inside = start(lab)
    names.control("domain", topology.WIFI.device, "com")
    daemon = connect(lab, gateway_settings={"local_ts": ", ".join(EVERYTHING)}, remote_ts=EVERYTHING)
    device = daemon.status()["device"]
    wait_until(lambda: names.domains(device) == ["~.", "~com"], 5, "the tunnel to claim the domain as well")
    drop = f"add table inet lab; add chain inet lab out {{ type filter hook output priority 0; }}; add rule inet lab out ip daddr {topology.CHECK} drop"
    lab.client.run("nft", "-f", "-", input=drop)  # as a guard does: nobody outside is asked
    assert names.address_of("mail.google.com") == INSIDE_ANSWER and "mail.google.com" in inside.asked
    names.control("revert", device)
    wait_until(lambda: names.servers(device) == list(INSIDE_SERVERS) and names.domains(device) == ["~.", "~com"], 5,
               "the name servers to be put back")
    wait_until_used(daemon)
    daemon.wait_for_log("somebody changed the tunnel's name servers", timeout=5)


@story("the gateway's name is asked for in each network that appears, of that network's name servers and not of the tunnel's",
       machines=(HOST,))
def name_of_the_gateway(lab):
    _, outside, _ = start(lab)
    daemon = connect(lab, gateway_settings={"local_ts": ", ".join(EVERYTHING)}, remote_ts=EVERYTHING, gateway="gateway.lab")
    wait_until_used(daemon)
    for move, device in ((lab.wifi_down, "wwan0"), (lab.wifi_up, "wlan0")):
        sequence = daemon.last_sequence()
        move()
        daemon.wait_for_roam_to(device, sequence)
    wait_until(lambda: len(outside.asked) >= 4, 5, "two questions by each of two networks")
    assert set(outside.asked) == {"gateway.lab"}, outside.asked
    astray = [p for uplink in lab.captured().values() for p in uplink if p.destination in INSIDE_SERVERS]
    assert not astray, f"asked for outside the tunnel: {astray[:5]}"


@story("systemd-resolved that is started anew is told again; with \"dns\": false it is told nothing", machines=(HOST,), sanitized=True)
def resolved_starts_anew(lab):
    names, _, _ = start(lab)
    daemon = connect(lab)
    wait_until_used(daemon)
    names.stop()
    wait_until(lambda: not daemon.status()["dns_used"], 5, "roamd to notice that it is gone")
    assert "not set up" in daemon.roamctl("status").stdout
    names.start()
    wait_until_used(daemon)
    device = daemon.status()["device"]
    assert names.servers(device) == list(INSIDE_SERVERS) and names.domains(device) == []
    assert daemon.roamctl("down", "home").returncode == 0
    daemon.write_config(client_config(lab, "psk", dns=False))
    assert daemon.roamctl("up", "home").returncode == 0
    assert names.servers(device) == [] and names.address_of("www.example.org") == OUTSIDE_ANSWER


@story("without systemd-resolved NetworkManager has the name servers of a tunnel for everything, and no others, over a roam and a kill; its "
       "own are back after down, and after SIGKILL and roamctl free", machines=(HOST,))
def network_manager_has_them(lab):
    if programs := network_manager.missing():
        raise Skip(f"no {programs} here (Debian: network-manager)")
    manager = NetworkManager(lab, dns="default")
    manager.set(WIFI, ipv4__dns=topology.CHECK)
    outside, inside = [topology.CHECK], list(INSIDE_SERVERS)
    wait_until(lambda: name_servers() == outside, 10, "the Wi-Fi's name server")
    daemon = connect(lab, gateway_settings={"local_ts": ", ".join(EVERYTHING)}, remote_ts=EVERYTHING)
    wait_until_used(daemon)
    assert name_servers() == inside
    manager.down(WIFI)
    daemon.wait_for_roam_to("wwan0")
    manager.up(WIFI)
    assert name_servers() == inside
    daemon.kill()
    daemon.start()
    daemon.wait_for_state("connected")
    wait_until_used(daemon)
    assert daemon.roamctl("down", "home").returncode == 0
    wait_until(lambda: name_servers() == outside, 10, "the Wi-Fi's name server after down")
    assert daemon.roamctl("up", "home").returncode == 0
    wait_until_used(daemon)
    daemon.kill()
    assert name_servers() == inside
    lab.client.run(tools.path("roamctl"), "--bus", daemon.bus.address, "free", "--runtime-dir", daemon.folder / "run")
    wait_until(lambda: name_servers() == outside, 10, "the Wi-Fi's name server after roamctl free")


def name_servers():
    """Those that NetworkManager writes for the machine's programs."""
    lines = pathlib.Path(network_manager.RESOLV_CONF).read_text().splitlines()
    return [line.split()[1] for line in lines if line.startswith("nameserver")]

# SPDX-License-Identifier: Apache-2.0
"""The leak guard: what a tunnel covers leaves by it or not at all, and nothing reaches a virtual address but through it."""
import subprocess
import time
import urllib.error
import urllib.request

from tests.lab import tools, topology
from tests.lab.capture import in_clear
from tests.lab.lab import kernel_state
from tests.lab.netns import Namespace, link
from tests.lab.roamd import TUNNEL, Roamd
from tests.lab.topology import CELL, WIFI
from tests.lab.wait import wait_until

from .life_stories import left_behind
from .network_manager_stories import SWALLOW_IKE, start
from .story import HOST, QEMU, story
from .tunnel import assert_nothing_in_clear, assert_traffic, client_config, connect, gateway_auth

EVERYTHING = {"gateway_settings": {"local_ts": "0.0.0.0/0, ::/0"}, "remote_ts": ["0.0.0.0/0", "::/0"]}

# Sends to each DEVICE,ADDRESS,PORT by a socket that is bound to that device, whatever the kernel says to it.
BOUND = """
import socket, sys
for target in sys.argv[1:]:
    device, address, port = target.split(",")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        for _ in range(5):
            try:
                sender.sendto(b"in clear", (address, int(port)))
            except OSError:
                pass
"""


def send_bound(lab):
    """By each uplink, past all routes: to the internet, and a question to the network's own name server."""
    lab.client.run("python3", "-c", BOUND, *(
        f"{uplink.device},{address},{port}" for uplink in topology.UPLINKS
        for address, port in ((topology.CHECK, 9), (topology.CHECK6, 9), (uplink.router, 53), (uplink.router6, 53))))


class Guest:
    """A container whose packets somebody's rule leads to the uplinks, past the tunnel's table."""

    def __init__(self, lab):
        self.namespace = Namespace("guest")
        link(lab.client, "guest0", self.namespace, "eth0")
        lab.client.sysctl(net__ipv4__ip_forward=1)
        lab.client.ip("addr add 172.17.0.1/24 dev guest0", "rule add iif guest0 lookup main priority 100")
        self.namespace.ip("addr add 172.17.0.2/24 dev eth0", "route add default via 172.17.0.1")

    def send(self):
        self.namespace.run("ping", "-c", 3, "-i", 0.2, "-W", 1, topology.CHECK, check=False)


@story("a full tunnel's guard: nothing leaves in clear from a bound socket, a guest or to a name server, also after SIGKILL; "
       "roamctl free gives the plain network back, with nothing left", machines=(HOST, QEMU), sanitized=True)
def nothing_beside(lab):
    guest = Guest(lab)
    wait_until(lambda: "tentative" not in lab.client.show("-6", "addr", "show", "dev", "guest0"), 10, "the guest's link")
    before = kernel_state(lab.client)
    daemon = connect(lab, **EVERYTHING)
    assert_traffic(lab)
    assert daemon.status()["leak_guard"]["state"] == "on", daemon.status()
    send_bound(lab)
    guest.send()
    lab.client.run("nft", "flush", "ruleset")
    wait_until(lambda: "out-home" in lab.client.run("nft", "list", "ruleset").stdout, 5, "the guard to be put back")
    send_bound(lab)
    daemon.kill()
    send_bound(lab)
    guest.send()
    assert_nothing_in_clear(lab.captured())

    free = lab.client.run(tools.path("roamctl"), "free", "--runtime-dir", daemon.folder / "run", check=False)
    assert free.returncode == 0, free.stderr
    assert "protection in the packet filter" in free.stdout, free.stdout
    assert not left_behind(before, kernel_state(lab.client)), left_behind(before, kernel_state(lab.client))
    assert lab.ping(topology.CHECK), "no plain network"


@story("a full tunnel that is guarded always: nothing leaves in clear before its first connect, after down, SIGKILL and a new start; "
       "roamctl free gives the plain network back", machines=(HOST,))
def always(lab):
    before = kernel_state(lab.client)
    lab.capture()
    lab.start_gateway(gateway_auth(lab, "psk"), **EVERYTHING["gateway_settings"])
    config = client_config(lab, "psk", remote_ts=EVERYTHING["remote_ts"], leak_guard="always")
    daemon = Roamd(lab, config, connect=None)
    assert_holds_alone(lab, daemon)
    assert daemon.roamctl("up", TUNNEL).returncode == 0
    assert_traffic(lab)
    assert daemon.roamctl("down", TUNNEL).returncode == 0
    assert_holds_alone(lab, daemon)
    daemon.kill()
    send_bound(lab)
    assert not lab.ping(topology.CHECK), "in clear while no daemon runs"
    daemon.start()
    assert_holds_alone(lab, daemon)
    assert_nothing_in_clear(lab.captured())

    freed = lab.client.run(tools.path("roamctl"), "--bus", daemon.bus.address, "free", "--runtime-dir", daemon.folder / "run")
    assert "taken its protection away" in freed.stdout, freed.stdout
    assert lab.ping(topology.CHECK), "no plain network"
    assert not left_behind(before, kernel_state(lab.client)), left_behind(before, kernel_state(lab.client))


def assert_holds_alone(lab, daemon):
    """The guard holds without a tunnel, for every program and for bound sockets."""
    wait_until(lambda: (daemon.status() or {}).get("leak_guard", {}).get("state") == "on", 10, "the guard to hold")
    assert daemon.status()["state"] == "disconnected", daemon.status()
    send_bound(lab)
    assert not lab.ping(topology.CHECK), "in clear without a tunnel"


# Prints what comes for any address of this host by UDP to port 9999, for three seconds.
LISTEN = """
import select, socket, time
sockets = [socket.socket(family, socket.SOCK_DGRAM) for family in (socket.AF_INET, socket.AF_INET6)]
sockets[1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
for each, any_address in zip(sockets, ("0.0.0.0", "::")):
    each.bind((any_address, 9999))
print("ready", flush=True)
end = time.monotonic() + 3
while (left := end - time.monotonic()) > 0:
    for each in select.select(sockets, [], [], left)[0]:
        print("got", each.recvfrom(99), flush=True)
"""

# Packets that claim to come from behind the gateway: SOURCE DESTINATION, of either family.
CLAIM = """
import ipaddress, socket, struct, sys
source, destination = map(ipaddress.ip_address, sys.argv[1:])
def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
payload = b"clear!"
length = 8 + len(payload)
pseudo = source.packed + destination.packed + struct.pack("!HH", length, 17)
udp = struct.pack("!HHHH", 5353, 9999, length, 0) + payload
udp = udp[:6] + struct.pack("!H", checksum(pseudo + udp)) + udp[8:]
if source.version == 4:
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + length, 1, 0, 64, 17, 0, source.packed, destination.packed)
else:
    sender = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    header = struct.pack("!IHBB16s16s", 6 << 28, length, 17, 64, source.packed, destination.packed)
for _ in range(3):
    sender.sendto(header + udp, (str(destination), 0))
"""


@story("nothing reaches a virtual address but through the tunnel: what the local network sends is not delivered, and the address "
       "cannot be found out there, by ARP, echo or TCP (RFC 4301 5.2)", machines=(HOST, QEMU), sanitized=True)
def way_in(lab):
    daemon = connect(lab, leak_guard="off")
    assert_traffic(lab)
    virtual = [address.split("/")[0] for address in daemon.status()["virtual_addresses"]]
    router = lab.router_of(WIFI)
    router.ip(*(f"route replace {address} via {WIFI.address6 if ':' in address else WIFI.address}" for address in virtual))
    listener = lab.client.start("python3", "-c", LISTEN, stdout=subprocess.PIPE, text=True)
    assert listener.stdout.readline() == "ready\n"
    for address in virtual:
        router.run("python3", "-c", CLAIM, topology.INSIDE6 if ":" in address else topology.INSIDE, address)
        assert router.run("ping", "-c", 1, "-W", 1, address, check=False).returncode != 0, f"{address} answers an echo"
        refused = router.run("python3", "-c", "import socket, sys; socket.create_connection((sys.argv[1], 1), 1)", address, check=False)
        assert "timed out" in refused.stderr, refused.stderr
    assert not listener.communicate(timeout=15)[0], "a packet in clear was delivered"
    router.ip("route del 10.50.0.1", "route add 10.50.0.1 dev lan0")
    router.run("ping", "-c", 1, "-W", 1, "10.50.0.1", check=False)
    assert "lladdr" not in router.show("neigh", "show", "10.50.0.1"), "the virtual address answers ARP"
    assert_traffic(lab)


def page_status(lab):
    """What the web answers to a program that knows of no tunnel; None if nothing does."""
    with lab.client.entered():
        try:
            return urllib.request.build_opener(NoRedirect).open(f"http://{topology.CHECK}/", timeout=1).status
        except urllib.error.HTTPError as answer:
            return answer.code
        except OSError:
            return None


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments):
        return None


@story("a portal that swallows IKE: its login page is reached within five seconds, the status says that the guard is open there, and it "
       "is closed again with the tunnel back", machines=(HOST,))
def portal_page(lab):
    manager, journey = start(lab, **EVERYTHING)
    manager.answer(WIFI, "portal")
    journey.daemon.wait_for_roam_to("wwan0")
    lab.network.wifi.run("nft", "add", "table", "inet", "portal")
    lab.network.wifi.run("nft", "-f", "-", input=SWALLOW_IKE)
    manager.down(CELL)
    joined = time.monotonic()
    wait_until(lambda: page_status(lab) == 302, 5, "the login page")
    print(f"the portal's page after {time.monotonic() - joined:.2f} s")
    guard = journey.daemon.status()["leak_guard"]
    assert (guard["state"], guard["portal"]) == ("portal", "wlan0"), guard
    lab.network.wifi.run("nft", "delete", "table", "inet", "portal")
    manager.answer(WIFI, "full")
    journey.daemon.wait_for_state("connected")
    assert journey.daemon.status()["leak_guard"]["state"] == "on"
    assert "out-home" in lab.client.run("nft", "list", "ruleset").stdout
    assert "dport { 80, 443 }" not in lab.client.run("nft", "list", "ruleset").stdout
    assert_traffic(lab)


@story("a local network that is \"on\": the router is reached beside a full tunnel, and not asked for names", machines=(HOST,))
def local_network(lab):
    connect(lab, local_network="on", **EVERYTHING)
    assert_traffic(lab)
    assert lab.ping(WIFI.router), "the router is out of reach"
    lab.client.run("python3", "-c", BOUND, f"{WIFI.device},{WIFI.router},53")
    assert not [p for p in in_clear(lab.captured()["wifi"]) if p.kind != "icmp"]

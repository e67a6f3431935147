# SPDX-License-Identifier: Apache-2.0
"""Connecting to a real gateway, and what the tunnel carries."""
from tests.lab import half_open, topology
from tests.lab.roamd import Roamd
from tests.lab.wait import wait_until

from .story import HOST, QEMU, UML, story
from .tunnel import (assert_authenticated_once, assert_nothing_in_clear, assert_traffic, client_config, connect,
                     ike_spis)


def connects(lab, kind, **settings):
    daemon = connect(lab, kind, **settings)
    assert_traffic(lab)
    status, sa = daemon.status(), lab.gateway_sa()
    assert (status["ike_spi_initiator"], status["ike_spi_responder"]) == ike_spis(sa), "roamctl shows the SPIs the gateway has"
    assert sorted(a.split("/")[0] for a in status["virtual_addresses"]) == ["10.50.0.1", "fd50::1"]
    assert status["path"]["interface"] == "wlan0" and status["mobike"]
    packets = lab.captured()
    assert [p for p in packets["wifi"] if p.kind == "esp"], "no ESP seen outside"
    assert_nothing_in_clear(packets)
    assert_authenticated_once(packets)
    return status


@story("connects by a pre-shared key; IPv4 and IPv6 flow through ESP, nothing in clear outside", machines=(HOST, UML, QEMU), sanitized=True)
def psk(lab):
    status = connects(lab, "psk")
    assert status["nat_local"], "behind the lab's NAT"
    assert sorted(status["dns"]) == ["10.20.0.53", "fd20::53"], "the DNS servers that the gateway handed out"


@story("connects by an RSA certificate on either side", machines=(HOST,), sanitized=True)
def rsa(lab):
    connects(lab, "rsa")


@story("connects by an ECDSA certificate on either side", machines=(HOST,))
def ecdsa(lab):
    connects(lab, "ecdsa")


@story("connects to a gateway given by name", machines=(HOST,), sanitized=True)
def by_name(lab):
    connects(lab, "ecdsa", gateway="gateway.lab")


@story("connects to a gateway over IPv6", sanitized=True)
def over_ipv6(lab):
    daemon = connect(lab, "psk", gateway=topology.GATEWAY6)
    assert_traffic(lab)
    assert ":" in daemon.status()["path"]["local"]
    esp = [p for p in lab.captured()["wifi"] if p.kind == "esp"]
    assert esp and all(":" in p.source for p in esp)


def connects_with(lab, gateway_settings, **settings):
    connect(lab, "psk", gateway_settings=gateway_settings, **settings)
    assert_traffic(lab)


@story("connects with AES-CBC, HMAC-SHA2 and MODP 2048 for IKE and ESP", sanitized=True)
def classic_proposals(lab):
    connects_with(lab, {"proposals": "aes256-sha512-modp2048", "esp_proposals": "aes128-sha256"},
                  ike_proposals=["aes256-sha512-prfsha512-modp2048"], esp_proposals=["aes128-sha256-noesn"])


@story("connects with ChaCha20-Poly1305 and P-384", sanitized=True)
def chacha_proposals(lab):
    connects_with(lab, {"proposals": "chacha20poly1305-prfsha256-ecp384", "esp_proposals": "chacha20poly1305"},
                  ike_proposals=["chacha20poly1305-prfsha256-ecp384"], esp_proposals=["chacha20poly1305-noesn"])


@story("connects to an old gateway with SHA-1 and MODP 1024 only where the file says so, and tells it", machines=(HOST, UML))
def insecure_proposals(lab):
    daemon = connect(lab, "psk", gateway_settings={"proposals": "aes128-sha1-modp1024", "esp_proposals": "aes128-sha1"},
                     insecure_algorithms=["sha1", "modp1024"])
    assert_traffic(lab)
    assert daemon.status()["insecure_algorithms"] == ["sha1", "modp1024"]
    assert "the tunnel file allows insecure algorithms" in daemon.log(), "not in the log at the connect"


@story("switches the group when the gateway asks for another one (INVALID_KE_PAYLOAD)", machines=(HOST,))
def group_switch(lab):
    connects_with(lab, {"proposals": "aes256gcm16-prfsha384-ecp521"},
                  ike_proposals=["aes256gcm16-prfsha384-x25519", "aes256gcm16-prfsha384-ecp521"])


@story("answers a COOKIE when the gateway has half-open IKE SAs", machines=(HOST,), sanitized=True)
def cookie(lab):
    lab.start_gateway(charon_options="cookie_threshold = 1\n    cookie_threshold_ip = 1")
    half_open.send(lab.network.internet, topology.GATEWAY)
    wait_until(lambda: "IKE_SA_INIT response" in lab.gateway.log(), 5, "a half-open IKE SA on the gateway")
    daemon = Roamd(lab, client_config(lab, "psk"))
    daemon.wait_for_state("connected")
    assert "N(COOKIE)" in lab.gateway.log(), "the gateway sent no COOKIE"
    assert_traffic(lab)


@story("carries packets as large as the tunnel's MTU without a fragment outside, and larger ones arrive as well", sanitized=True)
def large_packets(lab):
    connect(lab, "psk")
    # Linux protects first and fragments then, unless the packet comes by a device whose MTU says otherwise.
    fragments_outside = "dummy" in lab.client.show("-d", "link", "show", "roamd0")
    for size in (1200, 1400) if fragments_outside else (1200, 1400, 3000, 8000):
        done = lab.client.run("ping", "-c", 1, "-W", 2, "-s", size, "-M", "dont", topology.INSIDE, check=False)
        assert done.returncode == 0, f"{size} bytes: {done.stdout}"
    packets = [p for p in lab.captured()["wifi"] if p.source != topology.GATEWAY]  # a kernel there fragments after ESP
    assert all(p.length <= 1514 for p in packets)
    assert not [p for p in packets if p.fragment], "outer packets were fragmented"
    for size in (3000, 8000):
        assert lab.client.run("ping", "-c", 1, "-W", 2, "-s", size, "-M", "dont", topology.INSIDE, check=False).returncode == 0, size


@story("a TCP transfer through the tunnel arrives whole", machines=(HOST,))
def tcp_transfer(lab):
    connect(lab, "psk")
    size = 20_000_000
    server = lab.network.inside.start("python3", "-c", SERVE.format(size=size))
    wait_until(lambda: b"777" in lab.network.inside.run("ss", "-ltn").stdout.encode(), 5, "the server")
    done = lab.client.run("python3", "-c", FETCH.format(host=topology.INSIDE), timeout=40)
    server.kill()
    assert int(done.stdout) == size


SERVE = """
import socket
listener = socket.create_server(("", 777))
while True:
    connection, _ = listener.accept()
    connection.sendall(bytes({size}))
    connection.close()
"""
FETCH = """
import socket
connection, size = socket.create_connection(("{host}", 777), 10), 0
while data := connection.recv(65536):
    size += len(data)
print(size)
"""

# SPDX-License-Identifier: Apache-2.0
"""The tunnel files of docs/gateways: each connects to a strongSwan that has the proposals and the login of that gateway, roams,
and goes on after a rekey."""
from tests.lab import charon, gateway, gateway_page, radius, topology
from tests.lab.roamd import Roamd
from tests.lab.wait import wait_until

from .story import HOST, Skip, story
from .tunnel import assert_nothing_in_clear, ike_spis

# By page: the gateway's proposals for IKE and for ESP.
PROPOSALS = {
    "strongswan": (gateway.PROPOSALS, gateway.ESP_PROPOSALS),
    "libreswan": ("aes256-sha256-modp2048", "aes256-sha256"),
    "openiked": ("aes256-sha256-ecp256", "aes256gcm16"),
    "algo": ("aes256gcm16-prfsha512-ecp384", "aes256gcm16-ecp384"),
    "setup-ipsec-vpn": ("aes256-sha256-modp2048", "aes256gcm16"),
    "watchguard": ("aes256-sha256-modp2048", "aes256-sha256-modp2048"),
    "pfsense": ("aes256-sha256-modp2048", "aes256-sha256"),
    "opnsense": ("aes256-sha256-modp2048", "aes256-sha256-modp2048"),
    "protonvpn": ("aes256-sha256-modp4096", "aes256-sha256-modp2048"),
    "nordvpn": ("aes256-sha256-modp2048", "aes256-sha256"),
    "surfshark": ("aes256-sha256-modp2048", "aes256-sha256"),
    "fortigate": ("aes128-sha256-modp2048", "aes128-sha256-modp2048"),
    "azure": ("aes256gcm16-prfsha384-modp2048", "aes256gcm16"),
    "juniper-srx": ("aes256gcm16-prfsha256-ecp256", "aes256gcm16"),
    "cisco-asa": ("aes256-sha256-modp2048", "aes256-sha256"),
    "windows-rras": ("aes256-sha256-modp2048", "aes256-sha256-modp2048"),
    "mikrotik": ("aes256-sha256-modp2048", "aes256-sha256-modp2048"),
    "cisco-ios-xe": ("aes256-sha512-modp4096", "aes256-sha256"),
}


def login_of(lab, config):
    """The gateway's half of the login that a tunnel file is for, with its server and the options of charon that it takes."""
    local = config["local"]
    if "eap" in local:
        return radius.authentication(lab.certificates), {"charon_options": radius.CHARON_OPTIONS}
    if "username" in local:
        return gateway.password(lab.certificates, None if "psk_file" in config else lab.certificates.gateway("rsa")), {}
    if "psk_file" in config:
        return gateway.psk(), {}
    return gateway.public_key(lab.certificates, lab.certificates.gateway("rsa")), {}


def tell_of(name):
    """Makes the story of a page."""
    def connects(lab):
        config = gateway_page.tunnel_config(name, lab.folder / "roamd/tunnels.d", lab.certificates, radius.SERVER_ID)
        auth, options = login_of(lab, config)
        by_radius = "eap" in config["local"]
        if lacking := charon.missing(auth.plugins) or (by_radius and radius.missing()):
            raise Skip(f"no {lacking} here")
        if by_radius:
            radius.Radius(lab, "1.2")
        ike, esp = PROPOSALS[name]
        lab.start_gateway(auth, proposals=ike, esp_proposals=esp, local_ts="0.0.0.0/0, ::/0", **options)
        lab.capture()
        daemon = Roamd(lab, config)
        daemon.wait_for_state("connected")
        assert lab.ping(topology.INSIDE), "no echo reply"
        lab.wifi_down()
        daemon.wait_for_roam_to("wwan0")
        before = lab.gateway_sa()
        lab.gateway.swanctl("--rekey", "--child", "net")
        lab.gateway.swanctl("--rekey", "--ike", "roadwarrior")
        wait_until(lambda: lab.gateway_sa() and ike_spis(lab.gateway_sa()) != ike_spis(before), 10, "the rekeyed IKE SA")
        assert lab.ping(topology.INSIDE), "no echo reply after the rekey"
        assert gateway.PASSWORD not in daemon.log(), "the password is in a log"
        assert_nothing_in_clear(lab.captured())

    connects.__name__ = name.replace("-", "_")
    story(f"docs/gateways/{name}.md: its tunnel file connects to a gateway with those proposals and that login, roams, and goes on "
          "after a rekey by the gateway", machines=(HOST,))(connects)


for page in gateway_page.names():
    tell_of(page)

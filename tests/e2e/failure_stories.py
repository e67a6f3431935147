# SPDX-License-Identifier: Apache-2.0
"""Connections that cannot be made: the exact reason word on stderr, and exit code 3."""
from tests.lab import gateway, topology
from tests.lab.roamd import Roamd

from .story import HOST, story
from .tunnel import client_config, gateway_auth

CANNOT_CONNECT = 3


def fails(lab, config, reason, timeout=50):
    """roamd alone, without a bus: ends with the code and names the reason; nothing of it stays."""
    daemon = Roamd(lab, config, bus=False)
    code = daemon.exit_code(timeout)
    assert code == CANNOT_CONNECT, f"exit code {code}"
    assert f"reason={reason}" in daemon.log(), f"the log does not say reason={reason}"
    assert not lab.client.has_device("roamd0"), "the tunnel device is still there"
    assert lab.gateway is None or lab.gateway_sa() is None, "the gateway has an SA"


@story("a wrong pre-shared key: authentication-failed", machines=(HOST,), sanitized=True)
def wrong_psk(lab):
    lab.start_gateway()
    fails(lab, client_config(lab, "psk", key="not the key"), "authentication-failed")


@story("a gateway certificate of an unknown CA: untrusted-ca", machines=(HOST,))
def unknown_ca(lab):
    lab.start_gateway(gateway_auth(lab, "rsa"))
    config = client_config(lab, "rsa")
    config["remote"]["ca"] = [str(lab.certificates.ca("other"))]
    fails(lab, config, "untrusted-ca")


@story("a gateway whose certificate has another name: wrong-gateway-identity", machines=(HOST,))
def wrong_gateway_name(lab):
    certificate = lab.certificates.gateway("ecdsa", identity="elsewhere.lab")
    lab.start_gateway(gateway.public_key(lab.certificates, certificate))
    fails(lab, client_config(lab, "ecdsa"), "wrong-gateway-identity")


@story("a gateway certificate that has expired: certificate-expired", machines=(HOST,), sanitized=True)
def expired_certificate(lab):
    lab.start_gateway(gateway.public_key(lab.certificates, lab.certificates.gateway("ecdsa", expired=True)))
    fails(lab, client_config(lab, "ecdsa"), "certificate-expired")


@story("a client certificate that the gateway does not trust: authentication-failed", machines=(HOST,))
def untrusted_client(lab):
    lab.start_gateway(gateway_auth(lab, "ecdsa"))
    name = lab.certificates.client("ecdsa", ca="other")
    config = client_config(lab, "ecdsa")
    config["local"].update(certificate=str(lab.certificates.certificate(name)), private_key=str(lab.certificates.key(name)))
    fails(lab, config, "authentication-failed")


@story("nobody answers: gateway-unreachable", timeout=150, machines=(HOST,), sanitized=True)
def nobody_there(lab):
    fails(lab, client_config(lab, "psk", gateway=topology.NOBODY), "gateway-unreachable", timeout=130)


@story("a gateway name that does not resolve: gateway-name-unresolved", timeout=150, machines=(HOST,))
def unresolved_name(lab):
    fails(lab, client_config(lab, "psk", gateway="no-such-gateway.lab"), "gateway-name-unresolved", timeout=130)


@story("no IKE proposal in common: no-proposal-chosen", machines=(HOST,))
def no_common_ike_proposal(lab):
    lab.start_gateway(proposals="aes128-sha256-modp3072")
    fails(lab, client_config(lab, "psk", ike_proposals=["aes256gcm16-prfsha384-x25519"]), "no-proposal-chosen")


@story("no ESP proposal in common: no-proposal-chosen", machines=(HOST,))
def no_common_esp_proposal(lab):
    lab.start_gateway(esp_proposals="aes128-sha256")
    fails(lab, client_config(lab, "psk", esp_proposals=["aes256gcm16-noesn"]), "no-proposal-chosen")


@story("traffic selectors the gateway does not have: ts-unacceptable", machines=(HOST,))
def ts_unacceptable(lab):
    lab.start_gateway()
    fails(lab, client_config(lab, "psk", remote_ts=["172.31.0.0/16"]), "ts-unacceptable")


@story("a gateway with no address left: internal-address-failure", machines=(HOST,))
def no_address_left(lab):
    lab.start_gateway(pools="no_such_pool")
    fails(lab, client_config(lab, "psk"), "internal-address-failure")

# SPDX-License-Identifier: Apache-2.0
"""What most stories start with: a gateway, captures on both uplinks, and roamd connected; and what they check at the end."""
from tests.lab import capture, gateway, topology
from tests.lab.roamd import Roamd, certificate_config, psk_config


def connect(lab, kind="psk", gateway_settings=None, **settings):
    """Gateway and roamd with one kind of credentials (psk, rsa, ecdsa) on both sides; returns once it is connected."""
    lab.start_gateway(gateway_auth(lab, kind), **(gateway_settings or {}))
    if not lab.captures:
        lab.capture()
    daemon = Roamd(lab, client_config(lab, kind, **settings))
    daemon.wait_for_state("connected")
    lab.remember_xfrm()
    return daemon


def gateway_auth(lab, kind):
    return gateway.psk() if kind == "psk" else gateway.public_key(lab.certificates, lab.certificates.gateway(kind))


def client_config(lab, kind, **settings):
    if kind == "psk":
        folder = lab.folder / "roamd/tunnels.d"
        folder.mkdir(parents=True, exist_ok=True)
        return psk_config(folder, **settings)
    return certificate_config(lab.certificates, lab.certificates.client(kind), **settings)


def ike_spis(sa):
    return sa["spi_initiator"], sa["spi_responder"]


def child_spis(sa):
    return sorted((child["spi_in"], child["spi_out"]) for child in sa["children"])


def assert_traffic(lab):
    """Echo requests of both families reach the host behind the gateway."""
    assert lab.ping(topology.INSIDE), "no echo reply over IPv4"
    assert lab.ping(topology.INSIDE6), "no echo reply over IPv6"


def assert_authenticated_once(packets):
    """One IKE_SA_INIT and one IKE_AUTH request in everything captured (retransmissions repeat a message ID)."""
    ike = [p for uplink in packets.values() for p in uplink if p.kind == "ike" and not p.response]
    for exchange in (capture.IKE_SA_INIT, capture.IKE_AUTH):
        requests = {(p.spi_initiator, p.message_id) for p in ike if p.exchange == exchange}
        assert len(requests) == 1, f"exchange {exchange}: {len(requests)} requests"


def assert_nothing_in_clear(packets):
    clear = [p for uplink in packets.values() for p in uplink]
    assert not capture.in_clear(clear), f"in clear: {capture.in_clear(clear)[:5]}"

# SPDX-License-Identifier: Apache-2.0
"""What the strongSwan gateway of the laboratory is configured to accept."""
import dataclasses

from . import kernel, topology
from .certificates import CLIENT_ID, GATEWAY_ID

PSK = "a pre-shared key of the laboratory"
PROPOSALS = "aes256gcm16-prfsha384-x25519,aes256-sha256-modp2048,aes128-sha256-ecp256"
ESP_PROPOSALS = "aes256gcm16,chacha20poly1305,aes128-sha256"  # kernel-libipsec has no extended sequence numbers
KERNEL_ESP_PROPOSALS = "aes256gcm16-esn-noesn,chacha20poly1305-esn-noesn,aes128-sha256-esn-noesn"

SWANCTL_CONF = """
connections {{
    roadwarrior {{
        version = 2
        mobike = yes
        local_addrs = {addresses}
        proposals = {proposals}
        pools = {pools}
        {options}
        local {{
            {local}
        }}
        remote {{
            {remote}
        }}
        children {{
            net {{
                local_ts = {local_ts}
                esp_proposals = {esp_proposals}
                {child_options}
            }}
            {more_children}
        }}
    }}
}}
pools {{
    pool4 {{
        addrs = {pool4}
        dns = 10.20.0.53
    }}
    pool6 {{
        addrs = {pool6}
        dns = fd20::53
    }}
}}
"""


@dataclasses.dataclass
class Authentication:
    """How one side proves itself and what it takes from the other: sections of swanctl.conf, and private keys."""
    local: str
    remote: str
    secrets: str = ""
    keys: tuple = ()
    plugins: tuple = ()  # of charon, besides those that it always has


USER, PASSWORD = "alice", "correct horse battery"


def psk(key=PSK, identity=GATEWAY_ID):
    return Authentication(f"auth = psk\nid = {identity}", f"auth = psk\nid = {CLIENT_ID}", psk_secret(key))


def public_key(certificates, name, identity=GATEWAY_ID, ca="ca"):
    """The gateway shows certificate NAME and takes any client certificate of the CA."""
    return Authentication(f"auth = pubkey\nid = {identity}\ncerts = {certificates.certificate(name)}",
                          f"auth = pubkey\ncacerts = {certificates.ca(ca)}", keys=(certificates.key(name),))


def password(certificates, name=None, user=USER, secret=PASSWORD):
    """Clients log in by EAP-MSCHAPv2, and are asked for their identity; the gateway shows certificate NAME, or has the PSK."""
    local = f"auth = pubkey\ncerts = {certificates.certificate(name)}" if name else "auth = psk"
    secrets = f'    eap-user {{\n        id = {user}\n        secret = "{secret}"\n    }}\n'
    if not name:
        secrets += f'    ike-1 {{\n        id = {GATEWAY_ID}\n        secret = "{PSK}"\n    }}\n'
    return Authentication(f"{local}\nid = {GATEWAY_ID}", "auth = eap-mschapv2\neap_id = %any", f"secrets {{\n{secrets}}}\n",
                          (certificates.key(name),) if name else (), ("eap-identity", "eap-mschapv2"))


def client_psk(key=PSK):
    return Authentication(f"auth = psk\nid = {CLIENT_ID}", f"auth = psk\nid = {GATEWAY_ID}", psk_secret(key))


def client_public_key(certificates, name, ca="ca"):
    return Authentication(f"auth = pubkey\nid = {CLIENT_ID}\ncerts = {certificates.certificate(name)}",
                          f"auth = pubkey\nid = {GATEWAY_ID}\ncacerts = {certificates.ca(ca)}",
                          keys=(certificates.key(name),))


def psk_secret(key):
    return f'secrets {{\n    ike-1 {{\n        secret = "{key}"\n    }}\n}}\n'


DEFAULTS = {
    "addresses": f"{topology.GATEWAY}, {topology.GATEWAY6}",
    "proposals": PROPOSALS,
    "local_ts": f"{topology.INSIDE_NET}, {topology.INSIDE_NET6}",
    "pools": "pool4, pool6",
    "pool4": topology.POOL,
    "pool6": topology.POOL6,
    "options": "",  # lines for the connection
    "child_options": "",
    "more_children": "",  # see child()
}


def esp_proposals():
    return KERNEL_ESP_PROPOSALS if kernel.has_esp() else ESP_PROPOSALS


def swanctl_conf(auth, **settings):
    """The gateway's swanctl.conf; settings replace DEFAULTS."""
    return SWANCTL_CONF.format(local=auth.local, remote=auth.remote, **{"esp_proposals": esp_proposals(), **DEFAULTS, **settings}) + auth.secrets


def child(name, local_ts):
    """Another Child SA that a client may ask for."""
    return f"{name} {{\n local_ts = {local_ts}\n esp_proposals = {esp_proposals()}\n }}"


def client_conf(auth, remote=topology.GATEWAY, connection_options="", child_options=""):
    """strongSwan's own client, for comparison: the same connection from the other end."""
    return f"""
connections {{
    home {{
        version = 2
        mobike = yes
        remote_addrs = {remote}
        vips = 0.0.0.0, ::
        proposals = {PROPOSALS}
        {connection_options}
        local {{
            {auth.local}
        }}
        remote {{
            {auth.remote}
        }}
        children {{
            net {{
                remote_ts = {topology.INSIDE_NET}, {topology.INSIDE_NET6}
                esp_proposals = {esp_proposals()}
                {child_options}
            }}
        }}
    }}
}}
{auth.secrets}"""

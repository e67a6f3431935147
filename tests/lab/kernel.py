# SPDX-License-Identifier: Apache-2.0
"""What the kernel under the laboratory can do, found out by trying it. To be asked inside the sandbox."""
import functools
import os
import subprocess

MACHINE = os.environ.get("ROAMD_MACHINE", "host")  # or one of tests/kernel: uml, qemu
NFT_NAT = "table inet try { chain post { type nat hook postrouting priority srcnat; masquerade; }; }"
ESP = ("src", "192.0.2.1", "dst", "192.0.2.2", "proto", "esp", "spi", "0x100")
AES_GCM = ("mode", "tunnel", "aead", "rfc4106(gcm(aes))", "0x" + "00" * 36, "128")


@functools.cache
def has_esp():
    """ESP by the kernel itself (XFRM), so that a gateway can move its SAs."""
    return _tried(("ip", "xfrm", "state", "add", *ESP, *AES_GCM), ("ip", "xfrm", "state", "delete", *ESP))


@functools.cache
def has_xfrm_interface():
    return _tried(("ip", "link", "add", "try0", "type", "xfrm", "dev", "lo", "if_id", "1"), ("ip", "link", "delete", "try0"))


@functools.cache
def has_veth():
    return _tried(("ip", "link", "add", "try0", "type", "veth", "peer", "name", "try1"), ("ip", "link", "delete", "try0"))


@functools.cache
def has_netem():
    return _tried(("tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"),
                  ("tc", "qdisc", "delete", "dev", "lo", "root"))


@functools.cache
def has_nft_nat():
    return _tried(("nft", NFT_NAT), ("nft", "delete", "table", "inet", "try"))


@functools.cache
def has_legacy_nat():
    rule = ("POSTROUTING", "-o", "try0", "-j", "MASQUERADE")
    return _tried(("iptables-legacy", "-t", "nat", "-A", *rule), ("iptables-legacy", "-t", "nat", "-D", *rule))


def _tried(make, take_away):
    """Whether the first command works; then the second is run as well."""
    try:
        if subprocess.run(make, capture_output=True).returncode:
            return False
    except FileNotFoundError:
        return False
    subprocess.run(take_away, check=True, capture_output=True)
    return True

# SPDX-License-Identifier: Apache-2.0
"""What the laboratory needs of a machine, and what a person can do where it is missing."""
import os

from . import kernel, sandbox


def enter_or_say_why(hosts):
    """Enters the sandbox; returns None, or the text of what is missing."""
    if os.geteuid() != 0:
        return "Network namespaces need root: run this as root, or with sudo."
    try:
        sandbox.enter(hosts)
    except sandbox.CannotEnter as problem:
        return str(problem)
    return missing_in_kernel()


def missing_in_kernel():
    if not os.path.exists("/dev/net/tun"):
        return ("There is no /dev/net/tun. Load the module (modprobe tun); in a container, give it the device "
                "(docker run --device /dev/net/tun).")
    if not kernel.has_nft_nat() and not kernel.has_legacy_nat():
        return ("This kernel takes no NAT rules, neither of nftables (modules nf_tables, nft_chain_nat, nft_masq) "
                "nor of iptables-legacy (modules iptable_nat, xt_MASQUERADE; Debian's package iptables).")
    if not kernel.has_veth():
        return "This kernel makes no veth pairs (module veth)."
    return None

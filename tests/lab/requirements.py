# SPDX-License-Identifier: Apache-2.0
"""What the laboratory needs of a machine, and what a person can do where it is missing."""
import os
import subprocess

from . import sandbox


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
    rules = "table inet try { chain post { type nat hook postrouting priority srcnat; masquerade; }; }"
    done = subprocess.run(["nft", "-f", "-"], input=rules, text=True, capture_output=True)
    if done.returncode:
        return ("This kernel takes no NAT rules of nftables (modules nf_tables, nft_chain_nat, nft_masq): "
                + done.stderr.strip().splitlines()[0])
    subprocess.run(["nft", "delete", "table", "inet", "try"], check=True)
    done = subprocess.run(["ip", "link", "add", "try0", "type", "veth", "peer", "name", "try1"], capture_output=True, text=True)
    if done.returncode:
        return f"This kernel makes no veth pairs (module veth): {done.stderr.strip()}"
    subprocess.run(["ip", "link", "del", "try0"], check=True)
    return None

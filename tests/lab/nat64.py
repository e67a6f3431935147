# SPDX-License-Identifier: Apache-2.0
"""An access network with IPv6 alone, as cellular networks are: a NAT64 (Debian's tayga) on its router, and a name server on
the router that makes up addresses behind it (DNS64, RFC 6147) for the few names it knows.

tayga drops UDP over IPv4 that has no checksum, and that is what ESP of a gateway's kernel looks like (RFC 3948 2.1); other
translators make one (RFC 7915 4.5). So the gateway has to be one with ESP in userspace."""
import ipaddress
import sys

from . import kernel, topology
from .wait import wait_until

PREFIX = ipaddress.ip_network("2001:db8:64::/96")
POOL = "10.64.0.0/24"
NAME_SERVER = "fd20::53"  # in a network that the tunnel takes in, as so many private addresses are
NAMES = {b"\x08ipv4only\x04arpa\x00": ("192.0.0.170", "192.0.0.171"),  # RFC 7050
         b"\x03vpn\x03lab\x00": (topology.GATEWAY,)}
A, AAAA = 1, 28

TAYGA_CONF = f"""tun-device nat64
ipv4-addr 10.64.0.1
ipv6-addr 2001:db8:a2::64
prefix {PREFIX}
dynamic-pool {POOL}
"""
NFT_RULES = f"""
table inet nat64 {{
    chain postrouting {{ type nat hook postrouting priority srcnat; oifname "wan0" ip saddr {POOL} masquerade; }}
}}
insert rule inet access forward iifname "nat64" accept
"""
LEGACY = (("-I", "FORWARD", "-i", "nat64", "-j", "ACCEPT"),
          ("-t", "nat", "-A", "POSTROUTING", "-o", "wan0", "-s", POOL, "-j", "MASQUERADE"))


def synthesised(address):
    """What stands for an IPv4 address behind this NAT64, as text."""
    return str(PREFIX.network_address + int(ipaddress.ip_address(address)))


class Nat64:
    """On the router of cellular. Processes end with the sandbox."""

    def __init__(self, lab, name_server=NAME_SERVER):
        router, folder = lab.network.cell, lab.folder
        self.log_path = folder / "tayga.log"
        lab.daemons["NAT64"] = self
        (folder / "tayga.conf").write_text(TAYGA_CONF + f"data-dir {folder}\n")
        tayga = ("tayga", "--config", folder / "tayga.conf")
        router.run(*tayga, "--mktun")
        router.ip("link set nat64 up", f"route add {PREFIX} dev nat64", f"route add {POOL} dev nat64")
        if kernel.has_nft_nat():
            router.run("nft", "-f", "-", input=NFT_RULES)
        else:
            for rule in LEGACY:
                router.run("iptables-legacy", *rule)
            router.run("ip6tables-legacy", *LEGACY[0])
        with open(self.log_path, "w") as log:
            self.tayga = router.start(*tayga, "--nodetach", "-d", stdout=log, stderr=log)
        router.ip(f"addr add {NAME_SERVER}/128 dev lo")
        self.name_server = router.start(sys.executable, "-m", "tests.lab.nat64", name_server)
        wait_until(lambda: f"{name_server.split('%')[0]}]" in router.run("ss", "-lnu", "sport", "=", ":53").stdout, 5, "the name server")

    def log(self):
        return self.log_path.read_text()


def reply_to(query):
    """The reply to a question for one name; that there is no such name if it is not one of ours."""
    end = query.index(b"\0", 12) + 1
    kind = int.from_bytes(query[end:end + 2], "big")
    known = NAMES.get(query[12:end].lower())
    answers = b""
    for address in known or ():
        if kind in (A, AAAA):
            packed = ipaddress.ip_address(address if kind == A else synthesised(address)).packed
            answers += b"\xc0\x0c" + kind.to_bytes(2, "big") + b"\0\1\0\0\0\x3c" + len(packed).to_bytes(2, "big") + packed
    count = len(known or ()) if answers else 0
    flags = b"\x81\x80" if known else b"\x81\x83"
    return query[:2] + flags + b"\0\1" + count.to_bytes(2, "big") + bytes(4) + query[12:end + 4] + answers


def serve(address):
    import socket
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.bind(socket.getaddrinfo(address, 53)[0][4])
    while True:
        query, client = server.recvfrom(512)
        server.sendto(reply_to(query), client)


if __name__ == "__main__":
    serve(sys.argv[1])

# SPDX-License-Identifier: Apache-2.0
"""What a router of an access network does to packets: masquerades IPv4, forwards only sources of its own network (BCP 38).
Without masquerading it is a router of public addresses, and takes in what nobody inside has asked for."""
from . import conntrack, kernel


def access_network(router, uplink, masquerades=True):
    """By nftables, or by the older tables where the kernel has no NAT for nftables."""
    if kernel.has_nft_nat():
        router.run("nft", "-f", "-", input=nft_rules(uplink, masquerades))
    else:
        router.run("iptables-legacy-restore", input=legacy_rules(uplink.net, masquerades) + legacy_nat(uplink.net) * masquerades)
        router.run("ip6tables-legacy-restore", input=legacy_rules(uplink.net6, masquerades))


def start_anew(router, uplink, ports):
    """A masquerading router that has lost its table: what comes next from inside leaves by one of these ports."""
    ports = f"{ports.start}-{ports.stop - 1}"
    if kernel.has_nft_nat():
        router.run("nft", "insert", "rule", "inet", "access", "postrouting", "oifname", "wan0", "ip", "saddr", uplink.net,
                   "meta", "l4proto", "udp", "masquerade", "to", f":{ports}")
    else:
        router.run("iptables-legacy", "-t", "nat", "-I", "POSTROUTING", "-o", "wan0", "-s", uplink.net, "-p", "udp",
                   "-j", "MASQUERADE", "--to-ports", ports)
    conntrack.flush(router)


def drop_esp(router):
    """As many a NAT does with what has no ports."""
    if kernel.has_nft_nat():
        router.run("nft", "insert", "rule", "inet", "access", "forward", "meta", "l4proto", "esp", "drop")
    else:
        router.run("iptables-legacy", "-I", "FORWARD", "-p", "esp", "-j", "DROP")


def drop_ike(router):
    """As a network does that lets only the web through."""
    if kernel.has_nft_nat():
        router.run("nft", "insert", "rule", "inet", "access", "forward", "udp", "dport", "{ 500, 4500 }", "drop")
    else:
        for tables in ("iptables-legacy", "ip6tables-legacy"):
            router.run(tables, "-I", "FORWARD", "-p", "udp", "-m", "multiport", "--dports", "500,4500", "-j", "DROP")


def drop_ip_fragments(router):
    """As many networks do. For a router that tracks no connections: there the fragments are together again before they are seen."""
    if kernel.has_nft_nat():
        router.run("nft", "-f", "-", input="""table inet whole {
    chain forward {
        type filter hook forward priority filter;
        ip frag-off & 0x3fff != 0 drop
        exthdr frag exists drop
    }
}""")
    else:
        router.run("iptables-legacy", "-I", "FORWARD", "-f", "-j", "DROP")


def let_out(router, net6):
    """The router of an access network forwards another IPv6 network's sources, too."""
    if kernel.has_nft_nat():
        router.run("nft", "insert", "rule", "inet", "access", "forward", "iifname", "lan0", "ip6", "saddr", net6, "accept")
    else:
        router.run("ip6tables-legacy", "-I", "FORWARD", "-i", "lan0", "-s", net6, "-j", "ACCEPT")


def nft_rules(uplink, masquerades):
    return f"""
table inet access {{
    chain forward {{
        type filter hook forward priority filter; policy drop;
        iifname "lan0" ip saddr != {uplink.net} counter drop
        iifname "lan0" ip6 saddr != {uplink.net6} counter drop
        iifname "lan0" accept
        {"ct state established,related" if masquerades else ""} accept
    }}
    chain postrouting {{
        type nat hook postrouting priority srcnat;
        oifname "wan0" ip saddr {uplink.net} {"masquerade" if masquerades else "accept"}
    }}
}}
"""


def legacy_rules(net, masquerades):
    return f"""
*filter
:FORWARD DROP
-A FORWARD -i lan0 ! -s {net} -j DROP
-A FORWARD -i lan0 -j ACCEPT
-A FORWARD {"-m conntrack --ctstate ESTABLISHED,RELATED" if masquerades else ""} -j ACCEPT
COMMIT
"""


def legacy_nat(net):
    return f"""
*nat
-A POSTROUTING -o wan0 -s {net} -j MASQUERADE
COMMIT
"""

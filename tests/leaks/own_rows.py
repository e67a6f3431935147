# SPDX-License-Identifier: Apache-2.0
"""What roamd has put into the kernel, taken away or changed by somebody else."""
import subprocess

from tests.lab import topology

from .row import EVERYWHERE, HOST, KERNEL_PLANE, QEMU, row

OUR_RULES = "proto 114"
FAMILIES = ("-4", "-6")


@row("nothing is disturbed", ci=True)
def nothing(_cell):
    pass


@row("routes of the tunnel's table flushed", ci=True)
def routes_flushed(cell):
    for table in tables(cell):
        for family in FAMILIES:
            cell.client.run("ip", family, "route", "flush", "table", table, check=False)


@row("rules removed")
def rules_removed(cell):
    for family in FAMILIES:
        for priority in priorities(cell, family):
            cell.client.run("ip", family, "rule", "del", "priority", priority, check=False)


@row("routes and rules removed", ci=True)
def routes_and_rules(cell):
    known = tables(cell)
    rules_removed(cell)
    for table in known:
        for family in FAMILIES:
            cell.client.run("ip", family, "route", "flush", "table", table, check=False)


@row("one route of the table deleted")
def one_route(cell):
    for table in tables(cell):
        for family in FAMILIES:
            for line in cell.client.show(family, "route", "show", "table", table).splitlines()[:1]:
                cell.client.run("ip", family, "route", "del", *line.split(), "table", table, check=False)


@row("a rule of somebody's before ours, to the main table")
def rule_before_ours(cell):
    for family in FAMILIES:
        first = min(priorities(cell, family))
        cell.client.run("ip", family, "rule", "add", "priority", int(first) - 1, "lookup", "main")


@row("everything of the device removed and the rules, as systemd-networkd does with what is foreign")
def foreign_removed(cell):
    rules_removed(cell)
    for family in FAMILIES:
        cell.client.run("ip", family, "route", "flush", "table", "all", "dev", cell.device, check=False)
        cell.client.run("ip", family, "addr", "flush", "dev", cell.device, check=False)


@row("addresses flushed", ci=True)
def addresses_flushed(cell):
    cell.client.ip(f"addr flush dev {cell.device}")


@row("device down", ci=True)
def device_down(cell):
    cell.client.ip(f"link set {cell.device} down")


@row("device down and up")
def device_down_and_up(cell):
    cell.client.ip(f"link set {cell.device} down", f"link set {cell.device} up")


@row("device deleted", ci=True)
def device_deleted(cell):
    cell.client.ip(f"link delete {cell.device}")


@row("device renamed")
def device_renamed(cell):
    cell.client.ip(f"link set {cell.device} down", f"link set {cell.device} name other0", "link set other0 up")


@row("disable_ipv6 on the device")
def ipv6_disabled(cell):
    cell.client.run("sh", "-c", f"echo 1 >/proc/sys/net/ipv6/conf/{cell.device}/disable_ipv6")


@row("disable_ipv6 on all devices and back")
def ipv6_disabled_everywhere(cell):
    for value in (1, 0):
        cell.client.run("sh", "-c", f"echo {value} >/proc/sys/net/ipv6/conf/all/disable_ipv6")
    for uplink in topology.UPLINKS:
        cell.client.ip(*topology.join_commands(uplink, uplink.address))


@row("ip xfrm policy flush", machines=KERNEL_PLANE)
def policies_flushed(cell):
    cell.client.ip("xfrm policy flush")


@row("ip xfrm state flush", machines=KERNEL_PLANE)
def states_flushed(cell):
    cell.client.ip("xfrm state flush")


@row("ip xfrm policy and state flush", machines=KERNEL_PLANE)
def policies_and_states_flushed(cell):
    cell.client.ip("xfrm policy flush", "xfrm state flush")


@row("nft flush ruleset", machines=(HOST, QEMU))
def ruleset_flushed(cell):
    """A socket that is bound to an uplink may send until the table is there again."""
    cell.client.run("nft", "flush", "ruleset")


@row("all of it at once", machines=EVERYWHERE)
def everything(cell):
    rules_removed(cell)
    subprocess.run(["ip", "-n", cell.client.name, "xfrm", "policy", "flush"], capture_output=True)
    cell.client.ip(f"link delete {cell.device}")


def tables(cell):
    return {line.split("lookup")[1].split()[0] for family in FAMILIES for line in cell.client.show(family, "rule").splitlines()
            if OUR_RULES in line and "lookup" in line} - {"main", "local", "default"}


def priorities(cell, family):
    return [line.split(":", 1)[0] for line in cell.client.show(family, "rule").splitlines() if OUR_RULES in line]

# SPDX-License-Identifier: Apache-2.0
"""One laboratory: the network, a strongSwan gateway, the captures, and what happens to a laptop's uplinks."""
import json
import re
import subprocess
import time

from . import firewall, gateway, kernel, nat64, sandbox, topology
from .capture import Capture
from .certificates import Certificates
from .charon import Charon
from .probes import EchoServer, Prober
from .topology import CELL, WIFI
from .wait import wait_until

PROBE_INTERVAL_US = {"host": 1_000, "uml": 4_000, "qemu": 20_000}[kernel.MACHINE]  # what each has the time for


class Lab:
    """Made inside a sandbox (sandbox.enter), and gone with it."""

    def __init__(self, conditions=topology.Conditions()):
        self.conditions = conditions
        self.network = topology.Network(conditions)
        self.folder = sandbox.LAB_DIR
        self.certificates = Certificates(self.folder / "certificates", topology.GATEWAY)
        self.gateway = None
        self.captures = {}
        self.daemons = {}  # whose logs to show when something fails: name -> object with log()
        self.roamd = None
        self.bus = None  # roamd's, and NetworkManager's
        self.echo = None
        self.kernel_esp = kernel.has_esp()  # then the gateway's ESP is the kernel's, and it can move its SAs
        self.xfrm_before = []  # lines for logs()

    @property
    def client(self):
        return self.network.client

    # The gateway and what is behind it

    def start_gateway(self, auth=None, charon_options="", authorities=(), **settings):
        """A strongSwan gateway; by default with a pre-shared key. Authorities: files of CAs between its certificate and the root.
        Settings: see gateway.DEFAULTS."""
        auth = auth or gateway.psk()
        self.gateway = Charon(self.network.gateway, self.folder / "gateway", gateway.swanctl_conf(auth, **settings),
                              auth.keys, charon_options, authorities, auth.plugins)
        self.daemons["gateway charon"] = self.gateway
        self.echo = EchoServer(self.network.inside)
        return self.gateway

    def start_strongswan_client(self, auth=None, options="", **settings):
        """strongSwan's own client, as a peer to compare with. It connects on initiate(). Settings: see gateway.client_conf."""
        auth = auth or gateway.client_psk()
        client = Charon(self.client, self.folder / "client", gateway.client_conf(auth, **settings), auth.keys, options)
        self.daemons["client charon"] = client
        return client

    def gateway_sa(self):
        """The one established IKE SA of the gateway, or None."""
        established = [sa for sa in self.gateway.sas() if sa["state"] == "ESTABLISHED"]
        return established[0] if len(established) == 1 else None

    # What is seen from outside

    def capture(self, many=False):
        """Starts to watch both uplinks; captured() ends that."""
        for name, router in (("wifi", self.network.wifi), ("cell", self.network.cell)):
            self.captures[name] = Capture(router, "lan0", self.folder / f"{name}.pcap", many)

    def capture_gateway(self):
        """Watches the gateway from both sides, too: (outside, inside)."""
        return (Capture(self.network.internet, "gw0", self.folder / "gateway-outside.pcap"),
                Capture(self.network.inside, "eth0", self.folder / "gateway-inside.pcap"))

    def captured(self):
        """Packets by uplink: {"wifi": [...], "cell": [...]}; without those of NetworkManager's check and the questions for a NAT64,
        which are to go beside every tunnel, each out of the device that it is about."""
        checks = {topology.CHECK, topology.CHECK6} if "NetworkManager" in self.daemons else set()
        checks |= {nat64.NAME_SERVER} if "NAT64" in self.daemons else set()
        return {name: [p for p in watching.stop().packets() if not checks & {p.source, p.destination}]
                for name, watching in self.captures.items()}

    def prober(self, address=topology.INSIDE, interval_us=PROBE_INTERVAL_US):
        return Prober(self.client, self.folder / f"probes-{time.monotonic_ns()}", address, interval_us)

    def ping(self, address):
        return self.client.run("ping", "-c", 1, "-W", 2, address, check=False).returncode == 0

    # What happens to the uplinks

    def down(self, uplink):
        """Out of range: the link goes, the kernel drops its routes; the IPv4 address stays on the dead link."""
        self.client.ip(f"link set {uplink.device} down")

    def up(self, uplink):
        """Back in range: carrier first, then address and routes, as NetworkManager does it."""
        device = uplink.device
        self.client.ip(f"link set {device} up")
        wait_until(lambda: self.has_carrier(device), 5, f"a carrier on {device}")  # the kernel takes up to a second
        self.client.ip(*topology.join_commands(uplink, uplink.address, self.conditions.families_of(uplink)))

    def wifi_down(self):
        self.down(WIFI)

    def wifi_up(self):
        self.up(WIFI)

    def change_wifi_address(self, address=WIFI.other_address):
        """A new lease: the old address goes, the new one comes, then its routes; the order NetworkManager has."""
        old = [a["local"] for a in self.addresses("wlan0") if a["family"] == "inet" and a["prefixlen"] == 24]  # no virtual one
        self.client.ip(*(f"addr del {gone}/24 dev wlan0" for gone in old),
                       *topology.join_commands(WIFI, address, self.conditions.families_of(WIFI)))

    def router_of(self, uplink):
        return self.network.wifi if uplink is WIFI else self.network.cell

    def forget_nat(self, uplink, ports):
        """The router starts anew: it knows none of our connections, and gives them these ports (a range)."""
        firewall.start_anew(self.router_of(uplink), uplink, ports)

    def blackhole(self, uplink, dead=True, how="blackhole"):
        """The router answers for itself and forwards nothing; no link, address or route of ours says so. How: it swallows
        everything, or rejects it by ICMP ("prohibit")."""
        router = self.router_of(uplink)
        verb = "add" if dead else "del"
        for family in ("-4", "-6"):
            for device in ("lan0", "wan0"):
                router.run("ip", family, "rule", verb, "priority", 1, "iif", device, *(how,) * dead)

    def prefer(self, name):
        """Cellular's default route gets a better metric than Wi-Fi's ("cell"), or its usual one ("wifi"); both stay up."""
        self.set_metric(CELL, 500 if name == "cell" else CELL.metric)

    def set_metric(self, uplink, metric):
        """The default routes move to another metric: the new one is there before the old one goes."""
        lines = []
        for family, via, attributes in (("inet", uplink.router, f"proto dhcp src {uplink.address}"),
                                        ("inet6", uplink.router6, "proto ra")):
            if family not in self.conditions.families_of(uplink):
                continue
            present = [r["metric"] for r in self.routes(family) if r["dst"] == "default" and r.get("dev") == uplink.device]
            if metric not in present:
                lines.append(f"route add default via {via} dev {uplink.device} {attributes} metric {metric}")
            lines += [f"route del default via {via} dev {uplink.device} metric {old}" for old in present if old != metric]
        self.client.ip(*lines)

    # What the client's kernel says

    def addresses(self, device):
        shown = json.loads(self.client.show("-j", "addr", "show", "dev", device))
        return [a for link in shown for a in link.get("addr_info", [])]

    def routes(self, family="inet", table="main"):
        flag = "-4" if family == "inet" else "-6"
        return json.loads(self.client.show("-j", flag, "route", "show", "table", table) or "[]")

    def has_carrier(self, device):
        return "LOWER_UP" in json.loads(self.client.show("-j", "link", "show", device))[0]["flags"]

    def end(self):
        """Stops a daemon of ours that still runs: also that must go well (and lets the sanitizers look for leaks)."""
        if self.roamd and self.roamd.process.poll() is None:
            code = self.roamd.terminate()
            assert code == 0, f"roamd stopped with exit code {code}"

    def remember_xfrm(self):
        """Keeps what the kernels have of IPsec now, for logs() to show beside what they have then."""
        if self.kernel_esp:
            self.xfrm_before = self.xfrm("before")

    def xfrm(self, when):
        shown = [(namespace, command) for namespace in (self.client, self.network.gateway)
                 for command in (("-s", "xfrm", "state", "list", "nokeys"), ("xfrm", "policy"))]
        return [f"----- {when}, {namespace.name}: ip {' '.join(command)}\n{namespace.show(*command)}"
                for namespace, command in shown] + [self.xfrm_drops(namespace) for namespace in (self.client, self.network.gateway)]

    def xfrm_drops(self, namespace):
        """What the kernel has thrown away there, and why."""
        return "\n".join([f"----- {namespace.name}: /proc/net/xfrm_stat", *self.dropped_by_xfrm(namespace)])

    def dropped_by_xfrm(self, namespace):
        """Lines of the kernel's counters that are not 0; none on a kernel that has no ESP to count for."""
        if not self.kernel_esp:
            return []
        counted = namespace.run("cat", "/proc/net/xfrm_stat").stdout.splitlines()
        return [line for line in counted if not line.endswith("\t0")]

    def logs(self):
        """Text of every daemon's log, of the routes and of kernel IPsec, for a person who looks at a failure."""
        daemons = [f"----- {name}\n{daemon.log()}" for name, daemon in self.daemons.items()]
        state = ["\n".join([f"----- kernel of {namespace.name}", *kernel_state(namespace)]) for namespace in (self.client, self.network.gateway)]
        return "\n".join(daemons + state + (self.xfrm_before + self.xfrm("now") if self.kernel_esp else []))


def kernel_state(namespace):
    """Everything a tunnel could leave behind in a namespace, as comparable text lines."""
    commands = (("-o", "link"), ("-o", "addr"), ("rule",), ("-6", "rule"), ("route", "show", "table", "all"),
                ("-6", "route", "show", "table", "all"), ("xfrm", "policy"))
    lines = []
    for command in commands:
        text = subprocess.run(["ip", "-n", namespace.name, *command], text=True, capture_output=True).stdout
        lines += [f"ip {' '.join(command)}: {line.strip()}" for line in sorted(text.splitlines())]
    lines += [f"nft: {line.strip()}" for line in namespace.run("nft", "-s", "list", "ruleset", check=False).stdout.splitlines()]
    states = subprocess.run(["ip", "-n", namespace.name, "xfrm", "state"], text=True, capture_output=True).stdout
    for state in re.split(r"^(?=src )", states, flags=re.MULTILINE):
        if "spi 0x00000000" not in state:  # the kernel's note of a packet without a state, which goes by itself
            lines += [f"ip xfrm state: {line.strip()}" for line in state.splitlines()]
    return lines

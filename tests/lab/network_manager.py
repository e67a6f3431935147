# SPDX-License-Identifier: Apache-2.0
"""A real NetworkManager in the client's namespace: it manages wlan0 and wwan0, on the laboratory's bus, with configuration and
state of its own, and checks connectivity by asking a server in the laboratory's internet."""
import http.server
import shutil
import socket
import threading

from . import topology
from .roamd import Bus
from .topology import CELL, WIFI
from .wait import wait_until

PROGRAMS = ("NetworkManager", "nmcli")
POLICY = "/usr/share/dbus-1/system.d/org.freedesktop.NetworkManager.conf"
RESOLV_CONF = "/run/NetworkManager/resolv.conf"  # /etc/resolv.conf is left alone
CONNECTIONS = {WIFI: "Home", CELL: "Mobile"}
ONLINE = "the laboratory is online"

# It must see no device of the machine's in /sys, and asks udev for nothing when it can't write there.
START = """
mount -t sysfs -o ro sysfs /sys
mount --bind {folder}/state /var/lib/NetworkManager
exec NetworkManager --debug --config={folder}/NetworkManager.conf --config-dir={folder}/none \
    --system-config-dir={folder}/none --intern-config={folder}/intern.conf --state-file={folder}/state-file \
    --pid-file={folder}/pid
"""
CONFIGURATION = """
[main]
plugins=keyfile
no-auto-default=*
dns={dns}
rc-manager=unmanaged
hostname-mode=none
auth-polkit=false
[keyfile]
path={folder}/connections
[connectivity]
uri=http://check.lab/
response={online}
[logging]
level=INFO
[device-laboratory]
match-device=interface-name:wlan0,interface-name:wwan0
managed=1
"""
PROFILE = """
[connection]
id={name}
type={kind}
interface-name={uplink.device}
[ipv4]
method=manual
address1={uplink.address}/24,{uplink.router}
route-metric={uplink.metric}
[ipv6]
method=manual
address1={uplink.address6}/64,{uplink.router6}
route-metric={uplink.metric}
{more}"""


def missing():
    """The programs that are not there, as text; empty if all are."""
    return " ".join(program for program in PROGRAMS if not shutil.which(program))


class NetworkManager:
    """Started at once, with the connections Home (wlan0) and Mobile (wwan0); returns when both are up and checked. With a
    lab.wifi.Wifi wlan0 is no cable but that. With dns="default" it writes the name servers to RESOLV_CONF."""

    def __init__(self, lab, wifi=None, dns="none"):
        self.lab, self.wifi, self.dns = lab, wifi, dns
        self.folder = lab.folder / "network-manager"
        for name in ("connections", "none", "state"):
            (self.folder / name).mkdir(parents=True)
        self.server = CheckServer(lab.network.internet)
        lab.bus = Bus(lab.folder, POLICY, *([wifi.policy] if wifi else []))
        self.environment = lab.bus.environment()
        if wifi:
            wifi.join(lab.bus)
        lab.daemons["NetworkManager"] = self
        self._configure()
        for uplink in topology.UPLINKS:
            lab.client.ip(f"addr flush dev {uplink.device}")
        self.start()
        for uplink in topology.UPLINKS:
            self.wait_for_connectivity(uplink, "full")

    def _configure(self):
        (self.folder / "NetworkManager.conf").write_text(CONFIGURATION.format(folder=self.folder, dns=self.dns, online=ONLINE))
        for uplink, name in CONNECTIONS.items():
            profile = self.folder / "connections" / f"{name}.nmconnection"
            kind, more = ("wifi", self.wifi.profile) if self.wifi and uplink is WIFI else ("ethernet", "")
            profile.write_text(PROFILE.format(name=name, uplink=uplink, kind=kind, more=more))
            profile.chmod(0o600)

    def start(self):
        with open(self.folder / "log", "a") as log:
            self.process = self.lab.client.start("unshare", "--mount", "--propagation", "private", "sh", "-e", "-c",
                                                 START.format(folder=self.folder), env=self.environment, stdout=log, stderr=log)
        wait_until(self.runs, 10, "NetworkManager on its bus")

    def stop(self):
        """Ends as a service does; what it configured stays."""
        self.process.terminate()
        assert self.process.wait(10) == 0, f"NetworkManager stopped with exit code {self.process.returncode}"

    def runs(self):
        return self._ask("-t", "-f", "RUNNING", "general").stdout.strip() == "running"

    def nmcli(self, *arguments):
        """Its output as text; an error is one."""
        done = self._ask(*arguments)
        assert done.returncode == 0, f"nmcli {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def _ask(self, *arguments):
        return self.lab.client.run("nmcli", *arguments, check=False, env=self.environment)

    # What a person does

    def down(self, uplink):
        self.nmcli("connection", "down", CONNECTIONS[uplink])

    def up(self, uplink):
        self.nmcli("connection", "up", CONNECTIONS[uplink])

    def set(self, uplink, **settings):
        """set(WIFI, ipv4__route_metric=800): changes the connection, also where it is in use."""
        changes = [text for key, value in settings.items() for text in (key.replace("__", ".").replace("_", "-"), str(value))]
        self.nmcli("connection", "modify", CONNECTIONS[uplink], *changes)
        self.nmcli("device", "reapply", uplink.device)

    def set_metric(self, uplink, metric):
        self.set(uplink, ipv4__route_metric=metric, ipv6__route_metric=metric)

    # What the network does

    def answer(self, uplink, how):
        """From now on NetworkManager finds this beyond the uplink: "full", "portal" or "limited"."""
        self.server.answers[uplink] = how
        self.check()
        self.wait_for_connectivity(uplink, how)

    def check(self):
        self.nmcli("networking", "connectivity", "check")

    def connectivity(self, uplink):
        """By family, as nmcli says it: ["full", "portal"]."""
        lines = self.nmcli("-g", "GENERAL.IP4-CONNECTIVITY,GENERAL.IP6-CONNECTIVITY", "device", "show", uplink.device)
        return [line.split("(")[-1].strip(")") for line in lines.split()[1::2]]

    def wait_for_connectivity(self, uplink, expected):
        wait_until(lambda: self.connectivity(uplink) == [expected, expected], 20, f"{expected} connectivity by {uplink.device}")

    def log(self):
        return (self.folder / "log").read_text(errors="replace")


class CheckServer:
    """Answers, by the uplink a request came from, as the real one, as a portal would in its place, or not at all."""

    def __init__(self, namespace):
        self.answers = {WIFI: "full", CELL: "full"}
        answers = self.answers

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                how = answers[uplink_of(self.client_address[0])]
                if how == "limited":
                    return  # closes the connection
                self.send_response(200 if how == "full" else 302)
                self.send_header("Content-Length", len(ONLINE) if how == "full" else 0)
                if how == "portal":
                    self.send_header("Location", "http://portal.lab/login")
                self.end_headers()
                self.wfile.write(ONLINE.encode() if how == "full" else b"")

            def log_message(self, *_arguments):
                pass

        with namespace.entered():
            server = DualStackServer(("::", 80), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()


class DualStackServer(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


def uplink_of(address):
    """IPv4 comes with the address of its router's outside, IPv6 with the client's own."""
    return WIFI if address in (f"::ffff:{WIFI.wan}", WIFI.address6) else CELL

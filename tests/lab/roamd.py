# SPDX-License-Identifier: Apache-2.0
"""The product under test: roamd in the client's namespace on a bus of its own, and roamctl to ask it."""
import json
import os
import signal
import subprocess

from . import gateway, tools, topology, usage
from .certificates import CLIENT_ID, GATEWAY_ID
from .wait import accepts, wait_until

TUNNEL = "home"
BUS_CONF = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
{policies}
</busconfig>
"""


def psk_config(folder, key=gateway.PSK, **settings):
    """A tunnel configuration with a pre-shared key; writes the secret beside it."""
    write_secret(folder / "home.psk", key)
    return tunnel_config({"id": CLIENT_ID}, {"id": GATEWAY_ID}, psk_file="home.psk", **settings)


def certificate_config(certificates, name, ca="ca", **settings):
    """A tunnel configuration with a client certificate NAME, trusting one CA."""
    local = {"id": CLIENT_ID, "certificate": str(certificates.certificate(name)), "private_key": str(certificates.key(name))}
    return tunnel_config(local, {"id": GATEWAY_ID, "ca": [str(certificates.ca(ca))]}, **settings)


def password_config(folder, certificates, user=gateway.USER, password=gateway.PASSWORD, by_psk=False, **settings):
    """A tunnel configuration with a name and a password; the gateway proves itself by a certificate, or by the PSK."""
    write_secret(folder / "home.password", password)
    local = {"id": CLIENT_ID, "username": user, "password_file": "home.password"}
    if not by_psk:
        return tunnel_config(local, {"id": GATEWAY_ID, "ca": [str(certificates.ca("ca"))]}, **settings)
    write_secret(folder / "home.psk", gateway.PSK)
    return tunnel_config(local, {"id": GATEWAY_ID}, psk_file="home.psk", **settings)


def eap_config(folder, certificates, method, server, password=gateway.PASSWORD, **settings):
    """A tunnel configuration that logs in by this method of EAP; the EAP server has to show a certificate of the CA with this name."""
    local = {"id": CLIENT_ID, "username": gateway.USER, "eap": [method]}
    remote = {"id": GATEWAY_ID, "ca": [str(certificates.ca("ca"))]}
    if method == "tls":
        name = certificates.client("rsa")
        local.update(certificate=str(certificates.certificate(name)), private_key=str(certificates.key(name)))
    else:
        write_secret(folder / "home.password", password)
        local["password_file"] = "home.password"
    if "-" in method or method == "tls":
        remote["eap_server"] = server
    return tunnel_config(local, remote, **settings)


def tunnel_config(local, remote, **settings):
    config = {"gateway": topology.GATEWAY, "local": local, "remote": remote,
              "remote_ts": [topology.INSIDE_NET, topology.INSIDE_NET6], "nat_keepalive": "20s"}
    remote_id = settings.pop("remote_id", None)
    config.update(settings)
    if remote_id:
        config["remote"]["id"] = remote_id
    return config


def write_secret(path, text):
    path.write_text(text + "\n")
    path.chmod(0o600)


class Bus:
    """A private system bus with the policy file that roamd installs, and others."""

    def __init__(self, folder, *others):
        self.address = f"unix:path={folder}/bus"
        policies = "\n".join(f'  <include ignore_missing="yes">{policy}</include>'
                             for policy in (tools.ROOT / "systemd/net.roamd.conf", *others))
        self.folder = folder
        (folder / "bus.conf").write_text(BUS_CONF.format(socket=folder / "bus", policies=policies))
        self.start()

    def start(self):
        with open(self.folder / "bus.log", "a") as log:
            self.process = subprocess.Popen(["dbus-daemon", "--nofork", "--config-file", self.folder / "bus.conf"],
                                            start_new_session=True, stderr=log)
        wait_until(lambda: accepts(self.folder / "bus"), 5, "the private bus")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        (self.folder / "bus").unlink(missing_ok=True)

    def environment(self):
        """Ours, for a program that is to find this bus as the machine's."""
        return {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.address, "LC_ALL": "C"}


class Roamd:
    """One daemon with its configuration folder. Started at once; connect: the tunnel it connects by itself."""

    def __init__(self, lab, config=None, bus=True, connect=TUNNEL, log_level="debug"):
        tools.path("roamd")  # says what is missing before anything else
        self.lab = lab
        self.folder = lab.folder / "roamd"
        self.configs = self.folder / "tunnels.d"
        self.configs.mkdir(parents=True, exist_ok=True)
        self.log_path = self.folder / "log"
        self.write_config(config or psk_config(self.configs))
        if bus and not lab.bus:
            lab.bus = Bus(lab.folder)
        self.bus = lab.bus if bus else None
        self.connect, self.log_level = connect, log_level
        lab.daemons["roamd"] = lab.roamd = self
        self.start()

    def write_config(self, config, name=TUNNEL):
        (self.configs / f"{name}.json").write_text(json.dumps(config, indent=2) + "\n")

    def start(self):
        options = ["--connect", self.connect] if self.connect else []
        with open(self.log_path, "a") as log:
            self.process = self.lab.client.start(
                tools.path("roamd"), "--config-dir", self.configs, "--runtime-dir", self.folder / "run",
                "--bus", self.bus.address if self.bus else "none", "--log-level", self.log_level, *options,
                stdout=log, stderr=log)

    def roamctl(self, *arguments, timeout=60):
        """The finished process, with its output as text."""
        command = [tools.path("roamctl"), "--bus", self.bus.address, *arguments]
        return subprocess.run(command, text=True, capture_output=True, timeout=timeout)

    def ask(self, *arguments):
        """What roamctl --json says, parsed; None when it could not."""
        done = self.roamctl("--json", *arguments)
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout.strip() else None

    def status(self):
        tunnels = self.ask("status", TUNNEL)
        return tunnels[0] if tunnels else None

    def roams(self):
        return self.ask("roams", TUNNEL) or []

    def counters(self):
        """Messages of MOBIKE, by name."""
        return self.ask("counters", TUNNEL)["tunnels"][0]["mobike"]

    def wait_for_state(self, state, timeout=20):
        def reached():
            assert self.process.poll() is None, f"roamd ended with {self.process.returncode}"
            status = self.status()
            return status if status and status["state"] == state else None
        return wait_until(reached, timeout, f"{TUNNEL} to be {state}")

    def wait_for_roam_to(self, device, after=0, timeout=10):
        """The newest roam record, when it is one past 'after' that has moved the tunnel to a device and settled."""
        def moved():
            roams = [r for r in self.roams() if r["sequence"] > after]
            if roams and roams[-1]["result"] == "moved" and roams[-1]["to"]["interface"] == device:
                return roams[-1] if self.status()["state"] == "connected" else None
            return None
        return wait_until(moved, timeout, f"a roam to {device}")

    def wait_for_log(self, words, timeout=10):
        wait_until(lambda: words in self.log(), timeout, f"the log to say: {words}")

    def cpu_seconds(self):
        return usage.cpu_seconds(self.process.pid)

    def last_sequence(self):
        return max((r["sequence"] for r in self.roams()), default=0)

    def exit_code(self, timeout):
        return self.process.wait(timeout)

    def terminate(self, timeout=10):
        self.signal(signal.SIGTERM)
        return self.exit_code(timeout)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait(10)

    def signal(self, number):
        self.process.send_signal(number)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

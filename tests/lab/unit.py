# SPDX-License-Identifier: Apache-2.0
"""roamd as it is installed, a unit of systemd's, in the client's namespace. Only on a machine of tests/kernel that systemd is the
first process of: it is installed there, into memory."""
import os
import pathlib
import subprocess

from . import sandbox, tools
from .roamd import TUNNEL, Roamd

UNIT = "roamd.service"
SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket"
DROP_IN = """
[Unit]
StartLimitIntervalSec=0
[Service]
NetworkNamespacePath=/run/netns/client
ExecStart=
ExecStart={program} --log-level debug
"""


def is_first():
    """Whether systemd is the first process here, and the machine one of tests/kernel's."""
    return "ROAMD_MACHINE" in os.environ and pathlib.Path("/proc/1/comm").read_text() == "systemd\n"


def use_whole_machine(hosts):
    """In place of sandbox.enter(): the machine is gone with its command, too."""
    sandbox.LAB_DIR.mkdir()
    for path, text in (("/etc/hosts", hosts), ("/etc/resolv.conf", "# the laboratory has no name server\n")):
        pathlib.Path(path).unlink(missing_ok=True)
        pathlib.Path(path).write_text(text)


def end_children():
    """In place of the sandbox's end: a daemon that went on would hold the command's output, and the machine waits for the end of it.
    (systemd refuses to be asked from a PID namespace, so there is none that could end.)"""
    subprocess.run(["pkill", "-KILL", "-P", str(os.getpid())])


def systemctl(*arguments, check=True):
    return subprocess.run(["systemctl", *arguments], check=check, text=True, capture_output=True, timeout=100)


class SystemBus:
    address = SYSTEM_BUS

    def restart(self):
        systemctl("restart", "dbus.service")


class UnitProcess:
    """What stands for a subprocess.Popen."""

    def poll(self):
        """None while systemd runs it, starts it or is about to."""
        state = systemctl("is-active", UNIT, check=False).stdout.strip()
        return None if state in ("active", "activating", "reloading", "deactivating") else state


class UnitRoamd(Roamd):
    """Installed and started at once. `config` has its secrets in /etc/roamd/tunnels.d already."""

    configs = pathlib.Path("/etc/roamd/tunnels.d")

    def __init__(self, lab, config):
        self.lab, self.bus = lab, SystemBus()
        self.process = UnitProcess()
        subprocess.run(["cmake", "--install", tools.BUILD], check=True, capture_output=True)
        drop_in = pathlib.Path(f"/etc/systemd/system/{UNIT}.d/laboratory.conf")
        drop_in.parent.mkdir(parents=True)
        drop_in.write_text(DROP_IN.format(program="/usr/local/sbin/roamd"))
        self.configs.mkdir(parents=True, exist_ok=True)
        self.configs.chmod(0o700)
        self.write_config(config, TUNNEL)
        systemctl("reload", "dbus.service")
        systemctl("daemon-reload")
        systemctl("enable", UNIT)
        lab.daemons["roamd"] = lab.roamd = self
        lab.bus = self.bus
        self.start()

    def start(self):
        systemctl("start", UNIT)

    def terminate(self, timeout=None):
        systemctl("stop", UNIT)
        return 0

    def kill(self):
        self.signal(9)

    def signal(self, number):
        systemctl("kill", "--signal", str(int(number)), UNIT)

    def log(self):
        return subprocess.run(["journalctl", "--no-pager", "-o", "cat", "-u", UNIT], text=True, capture_output=True).stdout

# SPDX-License-Identifier: Apache-2.0
"""What a person and a package do to roamd's unit, with systemd as the first process."""
import subprocess
import time

from tests.lab import tools
from tests.lab.unit import UNIT, systemctl

from .row import SYSTEMD, row

AWAY = 3  # seconds
ON_SYSTEMD = {"machines": (SYSTEMD,), "patience": 40}


@row("systemctl restart roamd", **ON_SYSTEMD)
def restarted(_cell):
    systemctl("restart", UNIT)


@row("systemctl stop roamd, and start 3 s later", **ON_SYSTEMD)
def stopped_and_started(_cell):
    systemctl("stop", UNIT)
    time.sleep(AWAY)
    systemctl("start", UNIT)


@row("systemctl stop roamd", machines=(SYSTEMD,), stays_down=True)
def stopped(_cell):
    systemctl("stop", UNIT)


@row("systemctl disable --now roamd, and somebody calls roamctl list", machines=(SYSTEMD,), stays_down=True)
def disabled(cell):
    systemctl("disable", "--now", UNIT)
    cell.daemon.roamctl("list", timeout=100)
    assert cell.daemon.process.poll() is not None, "roamctl list has started it"


@row("systemctl reload roamd", **ON_SYSTEMD)
def reloaded(_cell):
    done = systemctl("reload", UNIT, check=False)
    return done.stderr.strip()


@row("SIGKILL to the unit, and systemd starts it again", **ON_SYSTEMD)
def killed(cell):
    cell.daemon.kill()


@row("an upgrade: installed once more, daemon-reload, restart", **ON_SYSTEMD)
def upgraded(_cell):
    subprocess.run(["cmake", "--install", tools.BUILD], check=True, capture_output=True)
    systemctl("daemon-reload")
    systemctl("restart", UNIT)


@row("systemctl restart dbus", **ON_SYSTEMD)
def bus_restarted(cell):
    cell.lab.bus.restart()

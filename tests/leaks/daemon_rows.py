# SPDX-License-Identifier: Apache-2.0
"""The end of roamd and its new start; of the bus; of the network manager that it listens to."""
import signal
import time

from tests.lab import network_manager
from tests.lab.network_manager import NetworkManager
from tests.lab.topology import CELL

from .row import HOST, Skip, row

AWAY = 3  # seconds


def manager(lab):
    if programs := network_manager.missing():
        raise Skip(f"no {programs} here")
    return NetworkManager(lab)


@row("SIGTERM, and started again 3 s later", ci=True)
def terminated(cell):
    cell.daemon.terminate()
    time.sleep(AWAY)
    cell.daemon.start()


@row("SIGKILL, and started again 3 s later", ci=True)
def killed(cell):
    cell.daemon.kill()
    time.sleep(AWAY)
    cell.daemon.start()


@row("SIGKILL, and not started again", stays_down=True)
def killed_for_good(cell):
    cell.daemon.kill()


@row("SIGTERM, and not started again", stays_down=True)
def terminated_for_good(cell):
    cell.daemon.terminate()


@row("SIGKILL while it holds, and started again without a network")
def killed_while_holding(cell):
    cell.lab.wifi_down()
    cell.lab.down(CELL)
    cell.daemon.wait_for_state("holding")
    cell.daemon.kill()
    cell.lab.up(CELL)
    time.sleep(AWAY)
    cell.daemon.start()


@row("SIGSTOP for 5 s")
def stopped(cell):
    cell.daemon.signal(signal.SIGSTOP)
    time.sleep(5)
    cell.daemon.signal(signal.SIGCONT)


@row("SIGHUP")
def hung_up(cell):
    cell.daemon.signal(signal.SIGHUP)


@row("the tunnel's file written anew with an error in it, and SIGHUP")
def bad_file(cell):
    (cell.daemon.configs / "home.json").write_text('{"gateway": \n')
    cell.daemon.signal(signal.SIGHUP)


@row("dbus-daemon restarted")
def bus_restarted(cell):
    cell.lab.bus.stop()
    time.sleep(1)
    cell.lab.bus.start()


@row("roamctl up once more, while connected")
def up_again(cell):
    assert cell.daemon.roamctl("up", "home").returncode == 0


@row("nmcli device disconnect roamd0", machines=(HOST,), service=manager)
def disconnected_in_the_menu(cell):
    return refused(cell, "device", "disconnect", cell.device)


@row("nmcli networking off, and on", machines=(HOST,), service=manager, patience=40)
def networking_off_and_on(cell):
    for word in ("off", "on"):
        cell.service.nmcli("networking", word)
        time.sleep(AWAY)


@row("nmcli device delete roamd0", machines=(HOST,), service=manager)
def deleted_in_the_menu(cell):
    return refused(cell, "device", "delete", cell.device)


@row("NetworkManager restarted", machines=(HOST,), service=manager, patience=40)
def manager_restarted(cell):
    cell.service.stop()
    cell.service.start()


def refused(cell, *command):
    """Whether NetworkManager did it, as a note."""
    done = cell.client.run("nmcli", *command, check=False, env=cell.lab.bus.environment())
    return f"nmcli refused: {done.stderr.strip()}" if done.returncode else ""

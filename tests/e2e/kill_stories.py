# SPDX-License-Identifier: Apache-2.0
"""SIGKILL in each state of a tunnel, and a new start: connected again, nothing of the old run left, nothing in clear between."""
import contextlib
import signal
import subprocess
import time

from tests.lab import topology
from tests.lab.capture import CREATE_CHILD_SA, IKE_SA_INIT, INFORMATIONAL
from tests.lab.lab import kernel_state
from tests.lab.roamd import Roamd
from tests.lab.topology import CELL, WIFI
from tests.lab.wait import TimedOut, wait_until

from .crash_stories import refuses_esp
from .life_stories import left_behind
from .story import QEMU, UML, story
from .tunnel import assert_nothing_in_clear, assert_traffic, client_config, connect

DEAD = 0.5  # seconds without a daemon


class Killed:
    """A tunnel with somebody who keeps sending into it, to be brought into a state and killed there."""

    def __init__(self, lab, **settings):
        self.lab = lab
        self.before = kernel_state(lab.client)
        self.daemon = connect(lab, **settings)
        self.pings = [lab.client.start("ping", "-q", "-i", "0.01", address, stdout=subprocess.DEVNULL)
                      for address in (topology.INSIDE, topology.INSIDE6)]

    def kill(self):
        self.daemon.kill()
        time.sleep(DEAD)

    def start_again(self, uplink="wifi"):
        """At first the gateway is silent, so that there is a time without an SA."""
        lab, before = self.lab, len(requests(self.lab, uplink, IKE_SA_INIT))
        lab.gateway.freeze()
        self.daemon.start()
        wait_until(lambda: len(requests(lab, uplink, IKE_SA_INIT)) > before, 10, "a new IKE_SA_INIT")
        lab.gateway.thaw()
        self.arrive()

    def arrive(self):
        self.daemon.wait_for_state("connected")
        assert_traffic(self.lab)
        for ping in self.pings:
            assert ping.poll() is None, "ping gave up"
            ping.kill()
        packets = self.lab.captured()
        assert_nothing_in_clear({uplink: [p for p in seen if not refuses_esp(p)] for uplink, seen in packets.items()})
        assert_clean_end(self.lab, self.daemon, self.before)


def assert_clean_end(lab, daemon, before):
    for uplink in (WIFI, CELL):
        if not lab.has_carrier(uplink.device):
            lab.up(uplink)
    assert daemon.terminate() == 0
    left = lambda: left_behind(before, kernel_state(lab.client))
    with contextlib.suppress(TimedOut):  # a link that was set up again takes a second to look as before
        wait_until(lambda: not left(), 5, "the kernel as it was")
    assert not left(), "\n".join(left())


def requests(lab, uplink, exchange):
    """Those of the client that were seen on that uplink."""
    return [p for p in lab.captures[uplink].packets() if p.kind == "ike" and not p.response and p.exchange == exchange
            and p.destination == topology.GATEWAY]


@story("SIGKILL while connecting, then a new start: connected, and nothing of the old run is left", machines=(UML,))
def killed_while_connecting(lab):
    before = kernel_state(lab.client)
    lab.start_gateway().freeze()
    lab.capture()
    daemon = Roamd(lab, client_config(lab, "psk"))
    wait_until(lambda: requests(lab, "wifi", IKE_SA_INIT), 10, "an IKE_SA_INIT")
    daemon.kill()
    daemon.start()
    lab.gateway.thaw()
    daemon.wait_for_state("connected")
    assert_traffic(lab)
    assert_clean_end(lab, daemon, before)


@story("SIGKILL while connected, then a new start: nothing in clear, connected, and nothing of the old run is left",
       machines=(UML, QEMU))
def killed_while_connected(lab):
    killed = Killed(lab)
    killed.kill()
    killed.start_again()


@story("SIGKILL while roaming, then a new start: nothing in clear, connected, and nothing of the old run is left",
       machines=(UML,))
def killed_while_roaming(lab):
    killed = Killed(lab)
    lab.gateway.freeze()
    lab.wifi_down()
    wait_until(lambda: requests(lab, "cell", INFORMATIONAL), 10, "UPDATE_SA_ADDRESSES")
    killed.kill()
    killed.start_again("cell")


@story("SIGKILL while holding, then a new start: nothing in clear, connected, and nothing of the old run is left",
       machines=(UML,))
def killed_while_holding(lab):
    killed = Killed(lab)
    for uplink in (CELL, WIFI):
        lab.down(uplink)
    killed.daemon.wait_for_state("holding")
    killed.kill()
    killed.daemon.start()
    killed.daemon.wait_for_state("holding")
    lab.up(CELL)
    killed.arrive()


@story("SIGKILL while rekeying, then a new start: nothing in clear, connected, and nothing of the old run is left",
       machines=(UML,))
def killed_while_rekeying(lab):
    killed = Killed(lab, rekey_child="5s")
    lab.gateway.freeze()
    wait_until(lambda: requests(lab, "wifi", CREATE_CHILD_SA), 10, "CREATE_CHILD_SA")
    killed.kill()
    killed.start_again()


@story("SIGKILL while disconnecting, then a new start: nothing in clear, connected, and nothing of the old run is left",
       machines=(UML,))
def killed_while_disconnecting(lab):
    killed = Killed(lab)
    lab.gateway.freeze()
    before = len(requests(lab, "wifi", INFORMATIONAL))
    killed.daemon.signal(signal.SIGTERM)
    wait_until(lambda: len(requests(lab, "wifi", INFORMATIONAL)) > before, 10, "the delete of the IKE SA")
    killed.kill()
    killed.start_again()

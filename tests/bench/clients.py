# SPDX-License-Identifier: Apache-2.0
"""The clients that are compared. Each is started in the laboratory and connects when it is told to."""
from tests.lab.roamd import TUNNEL, Roamd, psk_config


class StrongSwan:
    """Debian's charon as it comes."""
    NAME = "strongSwan, defaults"
    OPTIONS, CONNECTION = "", ""

    def __init__(self, lab):
        self.client = lab.start_strongswan_client(options=self.OPTIONS, connection_options=self.CONNECTION,
                                                  child_options="dpd_action = restart" if self.CONNECTION else "")

    def connect(self):
        self.client.initiate()

    @property
    def pid(self):
        return self.client.pid


class TunedStrongSwan(StrongSwan):
    """With all that its documentation has for a client that moves: it goes to a better path, checks the one in use when something
    changes and each second without traffic, and does not wait long for answers. That it gathers events for 100 ms is fixed."""
    NAME = "strongSwan, tuned"
    OPTIONS = """
    prefer_best_path = yes
    check_current_path = yes
    retransmit_timeout = 0.5
    retransmit_base = 1.4
    retransmit_tries = 5
    keep_alive = 5s
"""
    CONNECTION = "dpd_delay = 1s"


class OurRoamd:
    NAME = "roamd"

    def __init__(self, lab):
        folder = lab.folder / "roamd/tunnels.d"
        folder.mkdir(parents=True)
        self.daemon = Roamd(lab, psk_config(folder), connect=None, log_level="info")
        self.daemon.wait_for_state("disconnected")

    def connect(self):
        done = self.daemon.roamctl("up", TUNNEL)
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def pid(self):
        return self.daemon.process.pid


CLIENTS = {"strongswan": StrongSwan, "strongswan-tuned": TunedStrongSwan, "roamd": OurRoamd}

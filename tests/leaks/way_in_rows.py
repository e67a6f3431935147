# SPDX-License-Identifier: Apache-2.0
"""What comes from the local network in clear for a virtual address: it must not arrive, nor be answered."""
from tests.lab.intruder import Intruder
from tests.lab.topology import WIFI

from .row import row


def intrude(cell):
    """Packets delivered, and probes told apart, of both families; a failure names them."""
    intruder = Intruder(cell.lab, WIFI)
    addresses = [prefix.split("/")[0] for prefix in cell.daemon.status()["virtual_addresses"]]
    delivered = {address: intruder.delivered(address) for address in addresses}
    found = {address: intruder.answers(address) for address in addresses}
    assert not any(delivered.values()) and not any(found.values()), f"delivered: {delivered}, answered: {found}"
    return "none delivered, none answered"


@row("packets in clear from the local network for the virtual addresses")
def clear_packets(cell):
    return intrude(cell)


@row("packets in clear from the local network for the virtual addresses, everything in the tunnel", full=True)
def clear_packets_full(cell):
    return intrude(cell)

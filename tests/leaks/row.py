# SPDX-License-Identifier: Apache-2.0
"""The mark that makes a function a row of the table."""
import dataclasses
import typing

# SYSTEMD: the machine uml, with systemd as its first process
HOST, UML, QEMU, SYSTEMD = "host", "uml", "qemu", "systemd"
EVERYWHERE = (HOST, UML, QEMU)
KERNEL_PLANE = (UML, QEMU)  # where roamd leaves ESP to the kernel


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    disturb: typing.Callable  # of a Cell: does it, and undoes what is to be undone; what it returns is the cell's note
    machines: tuple
    service: typing.Callable  # of a Lab: what runs there before roamd does, and is the cell's `service`; or None
    full: bool  # everything is in the tunnel, not only the networks behind the gateway
    patience: int  # seconds that traffic has to flow again
    ci: bool  # of the few that CI measures
    stays_down: bool  # nothing can flow at the row's end: only what the state says counts
    conditions: dict  # of the laboratory: topology.Conditions


ROWS = []


class Skip(Exception):
    """This machine lacks something; the text says what."""


def row(name, machines=EVERYWHERE, service=None, full=False, patience=20, ci=False, stays_down=False, **conditions):
    """@row("device down") def device_down(cell): ..."""
    def register(function):
        ROWS.append(Row(name, function, machines, service, full, patience, ci, stays_down, conditions))
        return function
    return register

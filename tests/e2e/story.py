# SPDX-License-Identifier: Apache-2.0
"""The mark that makes a function a story, and what stories say when they cannot be told here."""
import dataclasses
import typing

from tests.lab.topology import Conditions

# Where a story can be told: on this machine's own kernel, or on one of tests/kernel.
HOST, UML, QEMU = "host", "uml", "qemu"


@dataclasses.dataclass
class Story:
    name: str  # module.function
    claim: str
    tell: typing.Callable
    timeout: int
    conditions: Conditions
    sanitized: bool  # told under the sanitizers, too: it meets system calls or answers of the kernel and of services that no unit test meets
    machines: tuple  # where it is worth telling
    patient: bool  # mostly waits: told beside all others, from the beginning


STORIES = []


class Skip(Exception):
    """This machine lacks something; the text says what."""


def story(claim, timeout=60, sanitized=False, machines=(HOST, UML), patient=False, **conditions):
    """@story("what it shows") def name(lab): ... ; assertions and exceptions are failures. Conditions: topology.Conditions."""
    def register(function):
        module = function.__module__.rsplit(".", 1)[-1]
        STORIES.append(Story(f"{module}.{function.__name__}", claim, function, timeout, Conditions(**conditions), sanitized,
                             machines, patient))
        return function
    return register

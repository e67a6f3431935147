# SPDX-License-Identifier: Apache-2.0
"""The mark that makes a function a story, and what stories say when they cannot be told here."""
import dataclasses
import typing


@dataclasses.dataclass
class Story:
    name: str  # module.function
    claim: str
    tell: typing.Callable
    timeout: int
    delay_ms: tuple
    sanitized: bool  # also worth telling under the sanitizers


STORIES = []


class Skip(Exception):
    """This machine lacks something; the text says what."""


def story(claim, timeout=60, delay_ms=(0, 0), sanitized=True):
    """@story("what it shows") def name(lab): ... ; assertions and exceptions are failures."""
    def register(function):
        module = function.__module__.rsplit(".", 1)[-1]
        STORIES.append(Story(f"{module}.{function.__name__}", claim, function, timeout, delay_ms, sanitized))
        return function
    return register

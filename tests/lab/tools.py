# SPDX-License-Identifier: Apache-2.0
"""Where the built programs are: build/<preset>/..., the preset from ROAMD_PRESET (default dev)."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
PRESET = os.environ.get("ROAMD_PRESET", "dev")
BUILD = ROOT / "build" / PRESET


class Missing(Exception):
    """A program that the build should have made is not there."""


def path(name):
    for folder in ("agent", "tests/lab", "tests/kernel"):
        program = BUILD / folder / name
        if program.exists():
            return str(program)
    raise Missing(f"{name} is not in {BUILD}: build it first (tests/run does)")

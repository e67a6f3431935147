# SPDX-License-Identifier: Apache-2.0
"""A cable with a round trip: for kernels without netem."""
import subprocess

from .netns import Namespace
from . import netns, tools


def link(left, left_name, right, right_name, round_trip_ms):
    """A cable as netns.link makes it, through a namespace of its own in which lab_delay holds every frame back."""
    between = Namespace(f"{left.name}-{right.name}")
    netns.link(left, left_name, between, "left")
    netns.link(between, "right", right, right_name)
    process = between.start(tools.path("lab_delay"), "left", "right", int(round_trip_ms * 1000 / 2),
                            stdout=subprocess.PIPE, text=True)
    if process.stdout.readline().strip() != "ready":
        raise RuntimeError("lab_delay did not start")
    return process

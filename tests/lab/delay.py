# SPDX-License-Identifier: Apache-2.0
"""A cable with a round trip."""
import subprocess

from .netns import Namespace
from . import kernel, netns, tools


def link(left, left_name, right, right_name, round_trip_ms):
    """A cable as netns.link makes it, with half of the round trip in either direction."""
    if kernel.has_netem():
        netns.link(left, left_name, right, right_name)
        for end, device in ((left, left_name), (right, right_name)):
            end.run("tc", "qdisc", "add", "dev", device, "root", "netem", "delay", f"{round_trip_ms / 2}ms", "limit", 100_000)
    else:
        held_back(left, left_name, right, right_name, round_trip_ms)


def held_back(left, left_name, right, right_name, round_trip_ms):
    """Through a namespace of its own in which lab_delay holds every frame back, for a kernel without netem."""
    between = Namespace(f"{left.name}-{right.name}")
    netns.link(left, left_name, between, "left")
    netns.link(between, "right", right, right_name)
    process = between.start(tools.path("lab_delay"), "left", "right", int(round_trip_ms * 1000 / 2),
                            stdout=subprocess.PIPE, text=True)
    if process.stdout.readline().strip() != "ready":
        raise RuntimeError("lab_delay did not start")

# SPDX-License-Identifier: Apache-2.0
"""When the kernel said what: rtnetlink messages of a namespace with their times (lab_netevents writes them down)."""
import dataclasses

from . import tools
from .wait import wait_until

RTM_NEWLINK, RTM_DELADDR, RTM_NEWROUTE = 16, 21, 24


@dataclasses.dataclass
class Event:
    time_us: int  # CLOCK_MONOTONIC
    type: int
    prefix_length: int  # of a route's destination; 0 = the default route


class Listener:
    def __init__(self, namespace, path):
        self.path = path
        with open(path, "w") as output:
            self.process = namespace.start(tools.path("lab_netevents"), stdout=output)
        wait_until(path.read_text, 5, "lab_netevents to listen")

    def events(self):
        lines = self.path.read_text().splitlines()[1:]
        return [Event(*map(int, line.split())) for line in lines if line.count(" ") == 2]

    def count(self):
        with open(self.path, "rb") as lines:
            return sum(block.count(b"\n") for block in iter(lambda: lines.read(1 << 20), b"")) - 1

    def first(self, type_wanted, since_us, prefix_length=None):
        """Time of the first message of that type since then, or None."""
        for event in self.events():
            if event.time_us >= since_us and event.type == type_wanted and prefix_length in (None, event.prefix_length):
                return event.time_us
        return None

# SPDX-License-Identifier: Apache-2.0
"""When the kernel said what: rtnetlink messages of a namespace with the time a listener had them in hand.

Run as a program it is that listener; it prints one line a message: time (microseconds of CLOCK_MONOTONIC), type, detail.
"""
import dataclasses
import pathlib
import socket
import struct
import sys
import time

RTM_NEWLINK, RTM_NEWADDR, RTM_DELADDR, RTM_NEWROUTE, RTM_DELROUTE = 16, 20, 21, 24, 25
GROUPS = 0x1 | 0x10 | 0x40  # RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE
NETLINK_ROUTE = 0


@dataclasses.dataclass
class Event:
    time_us: int
    type: int
    detail: int  # of a route: the length of its destination prefix


class Listener:
    def __init__(self, namespace, path):
        self.path = path
        with open(path, "w") as output:
            self.process = namespace.start("/usr/bin/python3", pathlib.Path(__file__).resolve(), stdout=output)
        while not path.read_text():
            time.sleep(0.005)

    def events(self):
        lines = self.path.read_text().splitlines()[1:]
        return [Event(*map(int, line.split())) for line in lines if line.count(" ") == 2]

    def first(self, type_wanted, since_us, detail=None):
        """Time of the first message of that type since then."""
        for event in self.events():
            if event.time_us >= since_us and event.type == type_wanted and detail in (None, event.detail):
                return event.time_us
        return None


def listen():
    receiver = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
    receiver.bind((0, GROUPS))
    print("listening", flush=True)
    while True:
        data = receiver.recv(65536)
        now = time.monotonic_ns() // 1000
        at, lines = 0, []
        while at + 16 <= len(data):
            length, kind = struct.unpack_from("=IH", data, at)
            detail = data[at + 17] if kind in (RTM_NEWROUTE, RTM_DELROUTE) else 0
            lines.append(f"{now} {kind} {detail}")
            at += (length + 3) & ~3
        print("\n".join(lines), flush=True)


if __name__ == "__main__":
    sys.exit(listen())

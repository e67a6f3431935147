# SPDX-License-Identifier: Apache-2.0
"""Numbered datagrams from one host to another, and which of them came, how often."""
import dataclasses
import json
import subprocess

PORT = 5556

RECEIVE = f"""
import collections, json, signal, socket, struct, sys
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
receiver.bind(("", {PORT}))
receiver.settimeout(1)
print("ready", flush=True)
came, end = collections.Counter(), []
signal.signal(signal.SIGTERM, lambda *_: end.append(True))
while True:
    try:
        came[struct.unpack("<Q", receiver.recv(2048)[:8])[0]] += 1
    except TimeoutError:
        if end:
            break
json.dump([max(came), len(came), sorted(n for n, times in came.items() if times > 1)], sys.stdout)
"""
SEND = """
import socket, struct, time
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
number, due = 0, time.monotonic()
while True:
    sender.sendto(struct.pack("<Q", number) + bytes(192), ("{address}", {port}))
    number, due = number + 1, due + {interval}
    time.sleep(max(0, due - time.monotonic()))
"""


@dataclasses.dataclass
class Came:
    last: int  # the highest number
    different: int
    twice: list  # numbers that came more than once


class Numbered:
    """Runs until stop()."""

    def __init__(self, sender, receiver, address, interval=0.001):
        self.receiver = receiver.start("python3", "-c", RECEIVE, stdout=subprocess.PIPE, text=True)
        if self.receiver.stdout.readline().strip() != "ready":
            raise RuntimeError("the receiver did not start")
        self.sender = sender.start("python3", "-c", SEND.format(address=address, port=PORT, interval=interval))

    def stop(self):
        """What came, all of it: for a second after the last one nothing did."""
        assert self.sender.poll() is None, "the sender ended"
        self.sender.kill()
        self.sender.wait()
        self.receiver.terminate()
        output, _ = self.receiver.communicate(timeout=20)
        return Came(*json.loads(output))

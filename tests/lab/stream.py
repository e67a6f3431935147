# SPDX-License-Identifier: Apache-2.0
"""TCP streams between a host in the tunnel and one behind the gateway, as fast as they go, and how long they stood still."""
import dataclasses
import json
import subprocess

from . import topology
from .wait import wait_until

LEAST_US = 20_000  # shorter than that is no stall

SEND = """
import socket
connection = {connected}
while True:
    connection.sendall(bytes(65536))
"""
RECEIVE = """
import json, socket, time
connection, stalls, size, last = {connected}, [], 0, 0
while True:
    data = connection.recv(1 << 20)
    size, now = size + len(data), time.monotonic_ns() // 1000
    if last and now - last > {least}:
        stalls.append([last, now])
    last = now
    if not data:
        break
print(json.dumps([size, stalls]))
"""
ACCEPTED = 'socket.create_server(("", {port})).accept()[0]'
CONNECTED = 'socket.create_connection(("{address}", {port}), 10)'


@dataclasses.dataclass
class Received:
    size: int
    stalls: list  # of (start, end), microseconds of CLOCK_MONOTONIC

    @property
    def longest_ms(self):
        return max((end - start for start, end in self.stalls), default=0) / 1000


class Stream:
    """From the inside host to the client ("down") or the other way ("up"); the client connects. Runs until stop()."""

    def __init__(self, lab, direction, port):
        inside = lab.network.inside
        accepts, connects = (SEND, RECEIVE) if direction == "down" else (RECEIVE, SEND)
        server = _start(inside, accepts, ACCEPTED.format(port=port))
        wait_until(lambda: f":{port}" in inside.run("ss", "-ltn").stdout, 10, "the server of the stream")
        client = _start(lab.client, connects, CONNECTED.format(port=port, address=topology.INSIDE))
        self.sender, self.receiver = (server, client) if direction == "down" else (client, server)

    def stop(self):
        """What was received."""
        assert self.receiver.poll() is None and self.sender.poll() is None, "the stream broke"
        self.sender.kill()
        self.sender.wait()
        output, _ = self.receiver.communicate(timeout=20)
        return Received(*json.loads(output))


def _start(namespace, script, connected):
    return namespace.start("python3", "-c", script.format(connected=connected, least=LEAST_US), stdout=subprocess.PIPE, text=True)

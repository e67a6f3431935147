# SPDX-License-Identifier: Apache-2.0
"""Packets from one host to another as fast as the machine can, which takes all the time that nobody else wants."""
import subprocess

PORT = 5555
SINK = f"""
import socket, time
sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sink.bind(("", {PORT}))
print("ready", flush=True)
time.sleep(1e6)
"""
SEND = """
import socket
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    try:
        sender.sendto(bytes({size}), ("{address}", {port}))
    except OSError:
        pass
"""


class Flood:
    """Runs until stop(). The receiver takes the packets into its socket's buffer and no further."""

    def __init__(self, sender, receiver, address, size=200):
        self.sink = receiver.start("python3", "-c", SINK, stdout=subprocess.PIPE, text=True)
        if self.sink.stdout.readline().strip() != "ready":
            raise RuntimeError("the sink did not start")
        self.sender = sender.start("nice", "-n", 19, "python3", "-c", SEND.format(size=size, address=address, port=PORT))

    def stop(self):
        for process in (self.sender, self.sink):
            process.kill()
            process.wait()

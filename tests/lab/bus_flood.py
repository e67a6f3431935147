# SPDX-License-Identifier: Apache-2.0
"""A user without rights who calls a D-Bus service as fast as the bus takes it, and waits for no answer."""
import os
import socket
import struct
import subprocess
import sys
import threading

NOBODY = 65534
TARGET = ("/net/roamd", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", "net.roamd")
DRIVER = ("/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello", "org.freedesktop.DBus")
METHOD_CALL, LITTLE_ENDIAN, VERSION = 1, b"l", 1
FIELDS = ((1, b"o"), (2, b"s"), (3, b"s"), (6, b"s"))  # path, interface, member, destination
AT_ONCE = 200


class BusFlood:
    """Runs until stop(); `reads` or leaves the answers where they are."""

    def __init__(self, namespace, address, reads=True):
        self.process = namespace.start(sys.executable, "-m", "tests.lab.bus_flood", address.removeprefix("unix:path="), str(int(reads)),
                                       stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "floods":
            raise RuntimeError("the flood did not start")

    def stop(self):
        self.process.kill()
        self.process.wait()


def call(serial, path, interface, member, destination):
    """A method call without arguments, as the D-Bus specification marshals it."""
    fields = b""
    for (code, kind), text in zip(FIELDS, (path, interface, member, destination)):
        fields += bytes(-len(fields) % 8) + bytes([code, 1]) + kind + b"\0" + struct.pack("<I", len(text)) + text.encode() + b"\0"
    head = LITTLE_ENDIAN + bytes([METHOD_CALL, 0, VERSION]) + struct.pack("<III", 0, serial, len(fields)) + fields
    return head + bytes(-len(head) % 8)


def read_all(bus):
    while bus.recv(1 << 16):
        pass


def flood(path, reads):
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    bus = socket.socket(socket.AF_UNIX)
    bus.connect(path)
    bus.sendall(b"\0AUTH EXTERNAL " + str(NOBODY).encode().hex().encode() + b"\r\n")
    if not bus.recv(1000).startswith(b"OK"):
        sys.exit("the bus does not let us in")
    bus.sendall(b"BEGIN\r\n" + call(1, *DRIVER))
    if reads:
        threading.Thread(target=read_all, args=(bus,), daemon=True).start()
    calls = b"".join(call(2 + number, *TARGET) for number in range(AT_ONCE))
    bus.sendall(calls)
    print("floods", flush=True)
    while True:
        bus.sendall(calls)


if __name__ == "__main__":
    flood(sys.argv[1], sys.argv[2] == "1")

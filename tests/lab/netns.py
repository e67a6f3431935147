# SPDX-License-Identifier: Apache-2.0
"""A network namespace and the processes in it."""
import contextlib
import os
import pathlib
import subprocess

from . import sandbox


class Namespace:
    """One named network namespace; made here, taken away with the sandbox."""

    def __init__(self, name):
        self.name = name
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.ip("link set lo up")

    @contextlib.contextmanager
    def entered(self):
        """In its block the calling thread, and what it starts, is in the namespace."""
        outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        inside = os.open(f"/run/netns/{self.name}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            sandbox.join(inside)
            yield
        finally:
            sandbox.join(outside)
            os.close(inside)
            os.close(outside)

    def run(self, *command, check=True, timeout=60, **options):
        """Runs to its end; returns the CompletedProcess with its output as text."""
        with self.entered():
            return subprocess.run(list(map(str, command)), check=check, timeout=timeout, text=True, capture_output=True, **options)

    def start(self, *command, **options):
        """Starts and returns the Popen, in a session of its own so that Ctrl-C does not reach it."""
        with self.entered():
            return subprocess.Popen(list(map(str, command)), start_new_session=True, **options)

    def ip(self, *lines):
        """Each line is one command to ip(8), without the leading "ip"; all in one process."""
        done = subprocess.run(["ip", "-n", self.name, "-batch", "-"], input="\n".join(lines), text=True,
                              capture_output=True)
        if done.returncode:
            raise RuntimeError(f"{self.name}: ip: {done.stderr.strip()}\n" + "\n".join(lines))

    def show(self, *arguments):
        """Text of an ip(8) command that shows something."""
        return subprocess.run(["ip", "-n", self.name, *arguments], check=True, text=True, capture_output=True).stdout

    def sysctl(self, **values):
        """sysctl(net__ipv4__ip_forward=1): a double underscore stands for the dot."""
        with self.entered():
            for key, value in values.items():
                pathlib.Path("/proc/sys", *key.split("__")).write_text(f"{value}\n")

    def has_device(self, name):
        return subprocess.run(["ip", "-n", self.name, "link", "show", name], capture_output=True).returncode == 0


def link(left, left_name, right, right_name):
    """A cable between two namespaces (a veth pair), both ends up."""
    left.ip(f"link add {left_name} type veth peer name {right_name} netns {right.name}", f"link set {left_name} up")
    right.ip(f"link set {right_name} up")

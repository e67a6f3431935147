# SPDX-License-Identifier: Apache-2.0
"""Waiting for something to become true, with an end."""
import socket
import time


class TimedOut(AssertionError):
    pass


def wait_until(condition, timeout, what):
    """Calls condition every few milliseconds until it returns something true, and returns that. Where asking is slow, it
    leaves the machine twice as long to what it asks about."""
    deadline = time.monotonic() + timeout
    while True:
        asked = time.monotonic()
        if found := condition():
            return found
        if time.monotonic() > deadline:
            raise TimedOut(f"waited {timeout} s for {what}")
        time.sleep(max(0.005, 2 * (time.monotonic() - asked)))


def accepts(path):
    """Whether somebody listens on this UNIX socket; its file alone is there a moment earlier, and longer than its server."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
            return True
        except OSError:
            return False

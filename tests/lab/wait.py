# SPDX-License-Identifier: Apache-2.0
"""Waiting for something to become true, with an end."""
import time


class TimedOut(AssertionError):
    pass


def wait_until(condition, timeout, what):
    """Calls condition every few milliseconds until it returns something true, and returns that."""
    deadline = time.monotonic() + timeout
    while True:
        if found := condition():
            return found
        if time.monotonic() > deadline:
            raise TimedOut(f"waited {timeout} s for {what}")
        time.sleep(0.005)

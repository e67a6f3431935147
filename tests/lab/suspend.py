# SPDX-License-Identifier: Apache-2.0
"""Suspends the machine that the laboratory runs on, where that is one of tests/kernel that can be suspended: its kernel freezes
all processes, stops its clocks, and goes on as after a sleep of the length asked for, which takes no time out here."""
import os
import pathlib
import time

from . import kernel

SUSPEND = pathlib.Path("/sys/power/state")


def possible():
    return kernel.MACHINE == "uml" and SUSPEND.exists()


def time_asleep():
    """Since the machine was started, in seconds."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


def suspend(seconds):
    """Returns when the machine has woken up. Its wall clock and CLOCK_BOOTTIME are ahead then, CLOCK_MONOTONIC is not."""
    before = time_asleep()
    pathlib.Path(os.environ["ROAMD_SLEEP"]).write_text(str(seconds))
    SUSPEND.write_text("mem")
    slept = time_asleep() - before
    assert abs(slept - seconds) < 1, f"suspended for {slept} s, not {seconds}"

# SPDX-License-Identifier: Apache-2.0
"""Tells stories on the kernels of tests/kernel: boots as many machines as there are processors for, each with its share."""
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
CANNOT = 77
PROCESSORS = sorted(os.sched_getaffinity(0))
AT_ONCE = {"uml": min(2, len(PROCESSORS)), "qemu": 1}
TIME_LIMIT = 1800  # seconds for all stories of a machine
RESULTS = ("PASS ", "FAIL ", "SKIP ")


class CannotBoot(Exception):
    """There can be no such machine here; the text says what is missing."""


def tell(machine, count, options):
    """Runs run.py with these options on that machine, for 'count' stories; returns (passed, failed, skipped)."""
    if count == 0:
        return 0, 0, 0
    shares = min(AT_ONCE[machine], count)
    printing = threading.Lock()
    with concurrent.futures.ThreadPoolExecutor(shares) as pool:
        pinned = lambda n: ["taskset", "--cpu-list", str(PROCESSORS[n])] if shares > 1 else []  # no two to the same
        told = [pool.submit(tell_share, [*pinned(n), *command(machine, [*options, "--share", f"{n}/{shares}"])], printing)
                for n in range(shares)]
    try:
        return tuple(map(sum, zip(*(share.result() for share in told))))
    except CannotBoot as reason:
        print(f"SKIP  all stories on {machine}: {reason}", flush=True)
        return 0, 0, count


def command(machine, options):
    return [sys.executable, ROOT / "tests/kernel/run", "--machine", machine, "--timeout", str(TIME_LIMIT),
            "--", "/usr/bin/python3", "tests/e2e/run.py", "--machine", machine, "--jobs", "1", *options]


def tell_share(command, printing):
    """One machine's share: prints it and returns its counts."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    block = []
    for line in process.stdout:
        if line.startswith(RESULTS):
            show(block, printing)
            block = []
        block.append(line.rstrip())
    code = process.wait()
    if code == CANNOT:
        raise CannotBoot("\n      ".join(block))
    last = block.pop().split() if block and block[-1].endswith(" skipped") else None
    show(block, printing)
    if not last:  # the machine ended before its stories did
        return 0, 1, 0
    return int(last[0]), int(last[2]), int(last[4])


def show(block, printing):
    if block:
        with printing:
            print("\n".join(block), flush=True)

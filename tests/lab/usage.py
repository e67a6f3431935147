# SPDX-License-Identifier: Apache-2.0
"""What a process has taken of the machine so far, all its threads together."""
import os
import pathlib


def cpu_seconds(pid):
    """User and system time."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid):
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    kilobytes = lambda key: int(next(line for line in rollup.splitlines() if line.startswith(key + ":")).split()[1])
    return {"rss_kb": kilobytes("Rss"), "pss_kb": kilobytes("Pss"), "threads": len(os.listdir(f"/proc/{pid}/task"))}


def context_switches(pid):
    """Voluntary ones: how often a thread has gone to sleep."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        lines = (task / "status").read_text().splitlines()
        total += int(next(line for line in lines if line.startswith("voluntary_ctxt")).split()[1])
    return total

# SPDX-License-Identifier: Apache-2.0
"""Debian's user-mode-linux: a kernel with IPsec that runs as an ordinary process, and boots in about two seconds."""
import ctypes
import pathlib

from tests.lab import tools

KERNEL = pathlib.Path("/usr/bin/linux.uml")
MODULES = pathlib.Path("/usr/lib/uml/modules")
MEMORY = "1024M"  # taken only as it is used


def missing():
    """What this machine lacks to boot it, or None."""
    if not KERNEL.exists() or not module_folders():
        return ("Debian's package user-mode-linux is not installed "
                "(tests/bootstrap kernel installs it; there is one for amd64 only).")
    return None


def command(exchange, output):
    """The command that boots it; output: the descriptor for what the command inside writes."""
    ours = [f"init={exchange.folder}/init", f"exchange={exchange.folder}", "share=hostfs", f"modules={module_folders()[-1]}",
            "output=/dev/tty1"]
    return ["taskset", "--cpu-list", str(cpu()), str(KERNEL), f"mem={MEMORY}", f"uml_dir={exchange.folder}", "umid=machine",
            "rootfstype=hostfs", "rootflags=/", "root=/dev/root", "ro", "quiet", "panic=-1", *ours,
            "con=null", "con0=null,fd:1", f"con1=null,fd:{output}", "ssl=null"]


def environment(exchange):
    preloaded = ":".join(tools.path(f"lib{name}.so") for name in ("whole_xstate", "sleeping_clock"))
    return {"LD_PRELOAD": preloaded, "ROAMD_SLEEP": str(exchange.sleep)}


def cpu():
    """One processor for all of it: each system call and page fault inside is a switch between two processes out here, which
    takes several times as long from one processor to another."""
    return ctypes.CDLL(None).sched_getcpu()


def module_folders():
    return sorted(MODULES.glob("*"))  # named after the version of the package

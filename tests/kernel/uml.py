# SPDX-License-Identifier: Apache-2.0
"""Debian's user-mode-linux: a kernel with IPsec that runs as an ordinary process, and boots in about two seconds."""
import ctypes
import dataclasses
import pathlib

from tests.lab import tools

MEMORY = "1024M"  # taken only as it is used


@dataclasses.dataclass(frozen=True)
class UserModeLinux:
    """One such kernel, and how to come by it."""
    kernel: pathlib.Path
    modules: pathlib.Path
    remedy: str

    def missing(self):
        """What this machine lacks to boot it, or None."""
        return None if self.kernel.exists() and self._module_folders() else self.remedy

    def command(self, exchange, output):
        """The command that boots it; output: the descriptor for what the command inside writes."""
        ours = [f"init={exchange.folder}/init", f"exchange={exchange.folder}", "share=hostfs",
                f"modules={self._module_folders()[-1]}", "output=/dev/tty1"]
        return ["taskset", "--cpu-list", str(cpu()), str(self.kernel), f"mem={MEMORY}", f"uml_dir={exchange.folder}",
                "umid=machine", "rootfstype=hostfs", "rootflags=/", "root=/dev/root", "ro", "quiet", "panic=-1", *ours,
                "con=null", "con0=null,fd:1", f"con1=null,fd:{output}", "ssl=null"]

    def environment(self, exchange):
        preloaded = ":".join(tools.path(f"lib{name}.so") for name in ("whole_xstate", "sleeping_clock"))
        return {"LD_PRELOAD": preloaded, "ROAMD_SLEEP": str(exchange.sleep)}

    def _module_folders(self):
        return sorted(self.modules.glob("*"))  # named after the version of the package


INSTALLED = UserModeLinux(pathlib.Path("/usr/bin/linux.uml"), pathlib.Path("/usr/lib/uml/modules"),
                          "Debian's package user-mode-linux is not installed (tests/bootstrap kernel installs it; there is one "
                          "for amd64 only).")
# Without NAT and packet filters, so for unit tests only.
LATER = UserModeLinux(tools.ROOT / "build/uml-7.2/linux", tools.ROOT / "build/uml-7.2/usr/lib/uml/modules",
                      "Linux 7.2 is not in build/uml-7.2 (tests/kernel/fetch gets it, while Debian has that version).")


def cpu():
    """One processor for all of it: each system call and page fault inside is a switch between two processes out here, which
    takes several times as long from one processor to another."""
    return ctypes.CDLL(None).sched_getcpu()

# SPDX-License-Identifier: Apache-2.0
"""Debian's ordinary kernel under QEMU's software emulation: for what user-mode-linux lacks (XFRM interfaces, NAT by nftables,
several processors). Slow, so for function and not for figures."""
import pathlib
import shutil

from tests.lab import tools

from . import initramfs

QEMU = "qemu-system-x86_64"
KERNELS = tools.ROOT / "build/kernel"  # tests/kernel/fetch puts them there
PROCESSORS, MEMORY = "2", "1024M"
SHARE = "local,security_model=none,multidevs=remap"


def missing():
    """What this machine lacks to boot it, or None."""
    if not shutil.which(QEMU) or not initramfs.BUSYBOX.exists() or not shutil.which("cpio"):
        return "QEMU, busybox-static or cpio is not installed (tests/bootstrap kernel installs them)."
    if not kernel_folders():
        return "Debian's ordinary kernel is not in build/kernel (tests/kernel/fetch gets it)."
    return None


def command(exchange, output):
    """The command that boots it; output: the descriptor for what the command inside writes."""
    folder = kernel_folders()[-1]
    initramfs.make(exchange.folder / "initramfs", folder, folder.name)
    words = ["console=ttyS0", "quiet", "panic=-1", f"exchange={exchange.folder}", "share=9p",
             f"modules={folder}/lib/modules/{folder.name}", "output=/dev/ttyS1"]
    return [QEMU, "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", PROCESSORS, "-m", MEMORY, "-nodefaults",
            "-display", "none", "-no-reboot",
            "-kernel", str(folder / f"boot/vmlinuz-{folder.name}"), "-initrd", str(exchange.folder / "initramfs"),
            "-append", " ".join(words), "-serial", "file:/dev/fd/1", "-serial", f"file:/dev/fd/{output}",
            *shared("root", pathlib.Path("/"), ",readonly=on"), *shared("exchange", exchange.folder, "")]


def environment(_exchange):
    return {}


def shared(tag, folder, options):
    return ("-fsdev", f"{SHARE},id={tag},path={folder}{options}", "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}")


def kernel_folders():
    return sorted(path.parent.parent for path in KERNELS.glob("*/boot/vmlinuz-*"))

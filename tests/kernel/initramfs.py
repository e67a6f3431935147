# SPDX-License-Identifier: Apache-2.0
"""What an ordinary kernel needs before it can mount the host's root: busybox, modules in their order, and a script."""
import pathlib
import shutil
import subprocess
import tempfile

BUSYBOX = pathlib.Path("/bin/busybox")
MODULES = ("virtio_pci", "9pnet_virtio", "9p")
INIT = """#!/busybox sh
for module in $(/busybox cat /modules); do /busybox insmod "$module"; done
/busybox mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose root /root
exec /busybox switch_root /root "$exchange/init"
"""


def make(path, kernel_root, version):
    """Writes it to a path, for a kernel unpacked below kernel_root."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shutil.copy(BUSYBOX, folder)
        (folder / "root").mkdir()
        (folder / "dev").mkdir()
        modules = in_order(kernel_root, version)
        for module in modules:
            shutil.copy(module, folder)
        (folder / "modules").write_text("\n".join(f"/{module.name}" for module in modules) + "\n")
        (folder / "init").write_text(INIT)
        (folder / "init").chmod(0o755)
        names = "\n".join(str(found.relative_to(folder)) for found in sorted(folder.rglob("*")))
        with open(path, "wb") as archive:
            subprocess.run(["cpio", "--create", "--format=newc", "--quiet"], input=names.encode(), stdout=archive, cwd=folder,
                           check=True)


def in_order(kernel_root, version):
    """Files of MODULES and of what they need, each after what it needs."""
    shown = subprocess.run(["modprobe", "--dirname", kernel_root, "--set-version", version, "--show-depends", "--all", *MODULES],
                           check=True, capture_output=True, text=True).stdout
    paths = [pathlib.Path(line.split()[1]) for line in shown.splitlines() if line.startswith("insmod ")]
    return list(dict.fromkeys(paths))

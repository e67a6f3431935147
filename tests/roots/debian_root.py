# SPDX-License-Identifier: Apache-2.0
"""Roots of Debian's releases: made by mmdebstrap, kept in build/roots, and entered in namespaces of one's own.

A root that was entered is an overlay: everything that a command writes there is gone when this process ends. Its network is a
namespace without an uplink. So nothing that a package does in there reaches the machine.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile

from tests.lab import sandbox

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOTS = ROOT / "build/roots"
CACHE = pathlib.Path(os.environ.get("CCACHE_DIR", pathlib.Path.home() / ".cache/ccache"))  # the compiler's
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def packages(*groups):
    """Names in these groups of tests/packages."""
    lines = [line.split(": ", 1) for line in (ROOT / "tests/packages").read_text().splitlines() if ": " in line]
    return [name for group, names in lines if group in groups for name in names.split()]


def build_root(release):
    """A root that has what building, packaging and testing take."""
    names = packages("build", "package") + ["ccache", "clang", "iproute2", "nftables", "dbus", "python3", "util-linux", "procps"]
    return make(release, names)


def mirror():
    """From where this machine's own apt takes Debian's packages."""
    told = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
                          check=True, text=True, capture_output=True).stdout.split()
    return next(uri for uri in told if "security" not in uri).rstrip("/")


def make(release, names, purpose="build"):
    """The folder of a root with these packages. Made anew when there is none, or when it was made with others."""
    folder, made_with = ROOTS / f"{release}-{purpose}", ROOTS / f"{release}-{purpose}.packages"
    wanted = "\n".join(sorted(names)) + "\n"
    if folder.exists() and made_with.exists() and made_with.read_text() == wanted:
        return folder
    print(f"making a root of Debian's release {release} in {folder.relative_to(ROOT)}", flush=True)
    ROOTS.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished = tempfile.mkdtemp(dir=ROOTS)
    os.chmod(unfinished, 0o755)
    subprocess.run(["mmdebstrap", "--quiet", "--variant=apt", f"--include={','.join(names)}", release, unfinished, mirror()], check=True)
    os.rename(unfinished, folder)
    made_with.write_text(wanted)
    return folder


class Inside:
    """A root that this process has entered: it is in namespaces of its own from now on. `shared` are folders of the machine's that
    are seen in there at the same place, and may be written to."""

    def __init__(self, folder, shared=()):
        sandbox.unshare(sandbox.CLONE_NEWNS | sandbox.CLONE_NEWNET)
        mount("--make-rprivate", "/")
        place = pathlib.Path(tempfile.mkdtemp(prefix="roamd-root-"))
        mount("-t", "tmpfs", "tmpfs", place)  # in this namespace alone
        for name in ("upper", "work", "root"):
            (place / name).mkdir()
        self.root = place / "root"
        mount("-t", "overlay", "-o", f"lowerdir={folder},upperdir={place}/upper,workdir={place}/work", "overlay", self.root)
        mount("--rbind", "/dev", self.root / "dev")
        mount("-t", "sysfs", "sysfs", self.root / "sys")
        mount("-t", "tmpfs", "tmpfs", self.root / "run")
        for path in shared:
            (self.root / path.relative_to("/")).mkdir(parents=True, exist_ok=True)
            mount("--bind", path, self.root / path.relative_to("/"))

    def run(self, *command, check=True, folder="/", environment=None, **more):
        """Runs it there as root, in a PID namespace of its own."""
        start = ["unshare", "--pid", "--fork", "--kill-child", f"--mount-proc={self.root}/proc", "chroot", str(self.root),
                 "/bin/sh", "-c", 'cd "$0" && exec "$@"', str(folder), *map(str, command)]
        clean = {"PATH": PATH, "HOME": "/root", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", **(environment or {})}
        return subprocess.run(start, check=check, env=clean, **more)

    def path(self, name):
        return self.root / str(name).lstrip("/")


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)

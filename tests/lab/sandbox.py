# SPDX-License-Identifier: Apache-2.0
"""Turns the calling process into one that owns private network, mount and PID namespaces.

Everything the laboratory makes lives in there: the names of its network namespaces, its files (a tmpfs over /run), its
processes. When the process ends, however it ends, the kernel takes all of it away: nothing is left to clean up, several
laboratories can run side by side, and none of them sees the machine's own network or system bus.
"""
import ctypes
import os
import pathlib
import signal
import subprocess
import sys

CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x20000000, 0x40000000
PR_SET_PDEATHSIG = 1
FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

LAB_DIR = pathlib.Path("/run/lab")
_libc = ctypes.CDLL(None, use_errno=True)


class CannotEnter(Exception):
    """This machine or this user may not make namespaces; the text says what to do about it."""


def enter(hosts="127.0.0.1 localhost\n"):
    """Returns inside the sandbox, in a grandchild. The calling process waits outside and exits with its status."""
    unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET)
    sys.stdout.flush()
    sys.stderr.flush()
    init = os.fork()
    if init:
        _wait_and_exit(init)
    _die_with_parent()
    _private_mounts(hosts)
    script = os.fork()
    if script:  # process 1 of the new PID namespace: reaps what others leave behind
        _wait_and_exit(script)
    # A grandchild: SIGTERM unwinds like Ctrl-C, so that 'finally' and 'with' run.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.default_int_handler)


def unshare(namespaces):
    """New namespaces of these kinds for the calling process (of process IDs: for its children)."""
    if _libc.unshare(namespaces) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise CannotEnter(f"making namespaces: {reason}. Run as root; in a container, with CAP_SYS_ADMIN "
                          "and CAP_NET_ADMIN (docker run --privileged).")


def join(network_namespace):
    """Moves the calling thread into the network namespace of this descriptor."""
    if _libc.setns(network_namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "joining a network namespace")


def _wait_and_exit(main_child):
    for number in FORWARDED:
        signal.signal(number, lambda n, _frame: _send(main_child, n))
    while True:
        pid, status = os.wait()
        if pid == main_child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _send(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _private_mounts(hosts):
    run = lambda *command: subprocess.run(command, check=True)
    run("mount", "--make-rprivate", "/")
    run("mount", "-t", "proc", "proc", "/proc")
    run("mount", "-t", "sysfs", "sysfs", "/sys")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    LAB_DIR.mkdir()
    run("ip", "link", "set", "lo", "up")
    replace_file("/etc/hosts", hosts)
    replace_file("/etc/resolv.conf", "# the laboratory has no name server\n")


def add_user(name, number, home="/"):
    """A user that a daemon becomes, in here only."""
    for path, line in (("/etc/passwd", f"{name}:x:{number}:{number}::{home}:/usr/sbin/nologin"), ("/etc/group", f"{name}:x:{number}:")):
        text = pathlib.Path(path).read_text()
        if f"\n{name}:" not in text:
            replace_file(path, f"{text.rstrip()}\n{line}\n")


def replace_file(path, text):
    """Puts text in place of a file of the machine, seen only in here."""
    source = LAB_DIR / pathlib.Path(path).name
    source.write_text(text)
    target = pathlib.Path(os.path.realpath(path))
    if not target.exists():  # a link into the /run that was covered, or no such file at all
        if not target.is_relative_to("/run"):
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    subprocess.run(["mount", "--bind", source, target], check=True)

# SPDX-License-Identifier: Apache-2.0
"""One boot of a test machine: the folder it shares with us, its output as it comes, its end in time."""
import os
import pathlib
import select
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

from tests.lab import sandbox

ROOT = pathlib.Path(__file__).resolve().parents[2]
INIT = ROOT / "tests/kernel/init"
CANNOT_BOOT, TIME_IS_UP, MACHINE_FAILED = 77, 124, 125
PASSED_ON = ("ROAMD_PRESET", "NO_COLOR", "TERM")
GRACE = 5  # seconds from the end of the output to the end of the machine


class Exchange:
    """A temporary folder that both sides write to. Into the machine: its init and the command; out of it: results, exit code."""

    def __init__(self, machine_name, command, results_folder=None, systemd=False):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="roamd-kernel-"))
        self.console = self.folder / "console"  # what the kernel says
        self.sleep = self.folder / "sleep"  # the seconds that the next suspend is to have taken, where the machine can do that
        self.results = self.folder / "results"
        self.results.mkdir()
        shutil.copy(INIT, self.folder)
        if systemd:
            (self.folder / "by-systemd").touch()
        self.results_folder = results_folder
        (self.folder / "command").write_text("\n".join(self._script(machine_name, command)) + "\n")

    def _script(self, machine_name, command):
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        environment |= {"ROAMD_MACHINE": machine_name, "ROAMD_SLEEP": str(self.sleep), "HOME": "/root"}
        yield "set -eo pipefail"
        yield from (f"export {name}={shlex.quote(value)}" for name, value in environment.items())
        yield f"cd {shlex.quote(str(ROOT))}"
        if self.results_folder:
            folder = shlex.quote(str(self.results_folder.absolute()))
            yield f"mkdir -p {folder}"
            yield f"mount --bind {shlex.quote(str(self.results))} {folder}"
        yield shlex.join(command) + ("" if sys.stdout.isatty() else " 2>&1 | cat")  # no terminal inside if none is outside

    def booted(self):
        return (self.folder / "booted").exists()

    def exit_code(self):
        """The command's, or None when the machine ended before it."""
        path = self.folder / "exit-code"
        return int(path.read_text()) if path.exists() else None

    def bring_out_results(self):
        if self.results_folder:
            shutil.copytree(self.results, self.results_folder, dirs_exist_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        shutil.rmtree(self.folder)


def boot(kind, exchange, timeout):
    """Boots, passes the command's output on, and returns its exit code; says what the kernel said if there is none."""
    deadline = time.monotonic() + timeout
    reading, writing = os.pipe()
    command = kind.command(exchange, writing)
    with open(exchange.console, "wb") as console:
        # The machine's first process ends with this one, however that ends; and all others of its namespace with the first.
        sandbox.unshare(sandbox.CLONE_NEWPID)
        process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdin=subprocess.DEVNULL, stdout=console,
                                   stderr=console, pass_fds=[writing], start_new_session=True,
                                   env={**os.environ, **kind.environment(exchange)})
    os.close(writing)
    try:
        in_time = pass_on(reading, deadline)
        if in_time:
            in_time = ended(process, min(deadline, time.monotonic() + GRACE))
    finally:
        process.kill()
        process.wait()
        os.close(reading)
    return verdict(exchange, in_time, timeout)


def pass_on(reading, deadline):
    """Copies what comes to our own output until its end; False when the time is up first."""
    while (left := deadline - time.monotonic()) > 0:
        if select.select([reading], [], [], left)[0]:
            text = os.read(reading, 65536)
            if not text:
                return True
            sys.stdout.buffer.write(text)
            sys.stdout.buffer.flush()
    return False


def ended(process, deadline):
    try:
        process.wait(max(0, deadline - time.monotonic()))
        return True
    except subprocess.TimeoutExpired:
        return False


def verdict(exchange, in_time, timeout):
    code = exchange.exit_code()
    if code is not None:
        return code
    if not exchange.booted():
        why, code = "This machine cannot boot that kernel", CANNOT_BOOT
    elif in_time:
        why, code = "The machine ended before its command", MACHINE_FAILED
    else:
        why, code = f"The machine was ended after {timeout:g} s", TIME_IS_UP
    print(f"{why}. Its console:\n{exchange.console.read_text(errors='replace')}", file=sys.stderr)
    return code

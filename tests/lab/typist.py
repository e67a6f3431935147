# SPDX-License-Identifier: Apache-2.0
"""A person at a terminal: a program with a pseudo-terminal as its controlling one."""
import fcntl
import os
import pty
import select
import subprocess
import termios
import time


class Typist:
    def __init__(self, *command):
        self.terminal, side = pty.openpty()
        self.before = termios.tcgetattr(side)
        self.process = subprocess.Popen(command, stdin=side, stdout=side, stderr=side, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.side = side  # open, so that the terminal outlives the program
        self.shown = ""

    def wait_for(self, words, timeout=10):
        """Until the terminal has shown these."""
        end = time.monotonic() + timeout
        while words not in self.shown:
            ready, _, _ = select.select([self.terminal], [], [], max(0, end - time.monotonic()))
            assert ready, f"the terminal shows no {words!r}: {self.shown!r}"
            self.shown += os.read(self.terminal, 4096).decode(errors="replace")

    def type(self, text):
        os.write(self.terminal, text.encode())

    def echoes(self):
        return bool(termios.tcgetattr(self.side)[3] & termios.ECHO)

    def end(self, timeout=30):
        """The exit code, once the program has ended."""
        code = self.process.wait(timeout)
        while select.select([self.terminal], [], [], 0)[0]:
            self.shown += os.read(self.terminal, 4096).decode(errors="replace")
        return code

# SPDX-License-Identifier: Apache-2.0
"""Lines of a timeline for a person: colours on a terminal, plain text elsewhere."""
import os
import sys
import time

STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


class Terminal:
    def __init__(self):
        self.colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self.start_us = time.monotonic_ns() // 1000

    def style(self, text, *styles):
        if not self.colours or not styles:
            return text
        return f"\033[{';'.join(STYLES[s] for s in styles)}m{text}\033[0m"

    def line(self, text="", *styles):
        print(self.style(text, *styles), flush=True)

    def heading(self, text):
        self.line()
        self.line(text, "bold")

    def at(self, time_us, who, text, *styles):
        """One event on the timeline; time_us of CLOCK_MONOTONIC, None = now."""
        moment = time_us or time.monotonic_ns() // 1000
        stamp = self.style(f"{(moment - self.start_us) / 1e6:9.4f} s", "dim")
        self.line(f"{stamp}  {self.style(f'{who:<10}', 'cyan')}{self.style(text, *styles)}")

    def more(self, text, *styles):
        """A second line to the event before."""
        self.line(" " * 23 + self.style(text, *styles))

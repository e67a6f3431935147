# SPDX-License-Identifier: Apache-2.0
"""What is in a process's memory, as a debugger of root's sees it."""
import pathlib


def mappings(pid):
    """(begin, end, flags) of each mapping that can be read."""
    found, begin, end = [], 0, 0
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        first, *rest = line.split()
        if first == "VmFlags:":
            if "rd" in rest:
                found.append((begin, end, rest))
        elif not first.endswith(":"):
            begin, end = (int(number, 16) for number in first.split("-"))
    return found


def places(pid, needles):
    """The flags of the mapping of each place at which one of these texts is: in UTF-8, or in UTF-16 as MSCHAPv2 has it."""
    patterns = [text.encode(code) for text in needles for code in ("utf-8", "utf-16-le")]
    found = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for begin, end, flags in mappings(pid):
            try:
                memory.seek(begin)
                content = memory.read(end - begin)
            except (OSError, ValueError, OverflowError):  # the kernel's own pages
                continue
            found += [flags for pattern in patterns for _ in range(content.count(pattern))]
    return found

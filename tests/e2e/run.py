#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tells the stories: each in a process and a sandbox of its own, two at a time; and beside them those that mostly wait.

    tests/e2e/run.py [--preset dev] [--list] [--sanitized] [WORD...]     only stories with one of the words in their name
    tests/e2e/run.py --machine uml [WORD...]                          those worth telling on a kernel with IPsec, there
    tests/e2e/run.py --tell NAME                                      one story, here, with its logs
"""
import argparse
import concurrent.futures
import importlib
import itertools
import os
import pathlib
import signal
import subprocess
import sys
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.dont_write_bytecode = True

from tests.e2e import machines  # noqa: E402
from tests.lab import kernel  # noqa: E402

PASSED, FAILED, SKIPPED = 0, 1, 77
AT_ONCE_BESIDE = 2  # of those that mostly wait


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--preset", default=os.environ.get("ROAMD_PRESET", "dev"))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--machine", choices=("host", "uml", "qemu"), default=kernel.MACHINE)
    parser.add_argument("--share", default="0/1", help=argparse.SUPPRESS)  # K/N: each Nth story, from the Kth on
    parser.add_argument("--sanitized", action="store_true", help="only those worth telling under the sanitizers")
    parser.add_argument("--tell")
    arguments = parser.parse_args()
    os.environ["ROAMD_PRESET"] = arguments.preset
    stories = chosen(arguments)
    if arguments.tell:
        return tell(next(s for s in load() if s.name == arguments.tell))
    if arguments.list:
        for story in stories:
            print(f"{story.name:<40} {story.claim}")
        return 0
    if arguments.machine != kernel.MACHINE:
        options = ["--preset", arguments.preset, *arguments.words]
        return summed_up(machines.tell(arguments.machine, len(stories), options))
    return run(stories, arguments.jobs)


def chosen(arguments):
    stories = [s for s in load() if arguments.machine in s.machines and (s.sanitized or not arguments.sanitized)
               and (not arguments.words or any(word in s.name for word in arguments.words))]
    first, step = map(int, arguments.share.split("/"))
    return stories[first::step]


def load():
    for path in sorted(pathlib.Path(__file__).parent.glob("*_stories.py")):
        importlib.import_module(f"tests.e2e.{path.stem}")
    return importlib.import_module("tests.e2e.story").STORIES


def run(stories, jobs):
    counts = {PASSED: 0, FAILED: 0, SKIPPED: 0}
    patient = sorted((story for story in stories if story.patient), key=lambda story: -story.timeout)  # the longest first
    others = [story for story in stories if not story.patient]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE_BESIDE) as beside, concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        told_beside = beside.map(tell_apart, patient)  # begins at once
        for code, text in itertools.chain(pool.map(tell_apart, others), told_beside):
            counts[code] += 1
            print(text, flush=True)
    return summed_up(counts.values())


def summed_up(counts):
    passed, failed, skipped = counts
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def tell_apart(story):
    """Runs one story in a process of its own; returns its code and what to print."""
    started = time.monotonic()
    timeout = story.timeout * (3 if slow() else 1)
    process = subprocess.Popen([sys.executable, __file__, "--tell", story.name], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)  # shows where it stands, with the logs
        output = finish(process) + f"\ntook longer than {timeout} s\n"
    code = process.returncode if process.returncode in (PASSED, SKIPPED) else FAILED
    line = f"{({PASSED: 'PASS', FAILED: 'FAIL', SKIPPED: 'SKIP'})[code]}  {story.claim}  " \
           f"[{story.name}, {time.monotonic() - started:.1f} s]"
    return code, "\n".join([line, *("      " + text for text in output.splitlines())])  # figures, or what went wrong


def slow():
    return kernel.MACHINE != "host" or os.environ["ROAMD_PRESET"] in ("asan", "tsan")


def finish(process):
    try:
        return process.communicate(timeout=15)[0]
    except subprocess.TimeoutExpired:
        process.kill()  # the kernel ends the rest of the sandbox with it
        return process.communicate()[0]


def tell(story):
    from tests.e2e.story import Skip
    from tests.lab import lab, requirements, topology
    if missing := requirements.enter_or_say_why(topology.HOSTS):
        print(missing)
        return SKIPPED
    laboratory = None
    try:
        laboratory = lab.Lab(story.conditions)
        story.tell(laboratory)
        laboratory.end()
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    except BaseException:  # also Ctrl-C: what was known by then is worth seeing
        print(traceback.format_exc())
        if laboratory:
            print(laboratory.logs())
        return FAILED
    return PASSED


if __name__ == "__main__":
    sys.exit(main())

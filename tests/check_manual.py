#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the manual pages and the completions against the programs' own command lines, and the package's files against the sources.

    tests/check_manual.py PROGRAM_command_lines FOLDER       # FOLDER: where docs/manual/make.py has put them
"""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECTION = {"roamd": 8, "roamctl": 1}
FOR_TESTS = {"doctest-dev", "libnl-genl-3-dev", "libnl-xfrm-3-dev"}


def completed(folder, program, *words):
    """The words that bash offers for the last one."""
    script = f'source {folder}/bash/{program}; COMP_WORDS=({program} "$@"); COMP_CWORD=$#; _{program}; printf "%s\\n" "${{COMPREPLY[@]}}"'
    return set(subprocess.run(["bash", "-c", script, "bash", *words], check=True, text=True, capture_output=True).stdout.split())


def faults_of(folder, program):
    name = program["name"]
    manual = (folder / f"man/{name}.{SECTION[name]}").read_text().replace("\\-", "-")
    zsh, fish = (folder / f"zsh/_{name}").read_text(), (folder / f"fish/{name}.fish").read_text()
    commands = {command["name"]: command for command in program["commands"]}
    offered = {"": completed(folder, name, "--"), **{command: completed(folder, name, command, "--") for command in commands}}
    if missing := set(commands) - completed(folder, name, ""):
        yield f"bash offers no {missing}"
    for command, described in {"": program, **commands}.items():
        if command and f"\\fB{command}" not in manual:
            yield f"{name}.{SECTION[name]} has no {command}"
        if command and (f"'{command}:" not in zsh or f"-a {command} " not in fish):
            yield f"zsh or fish does not complete {command}"
        for long in [long for option in described["options"] for long in option["long"]]:
            for where, there in (("the manual page", f"--{long}" in manual), ("bash", f"--{long}" in offered[command]),
                                 ("zsh", f"'--{long}" in zsh), ("fish", f"-l {long} " in fish)):
                if not there:
                    yield f"{where} has no --{long} of {name} {command}"


def faults_of_the_package():
    """One version, and the numbers by which the package's script tells what is roamd's."""
    version = re.search(r"project\(roamd VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    if not (ROOT / "debian/changelog").read_text().startswith(f"roamd ({version})"):
        yield f"debian/changelog does not begin with {version}, CMake's project version"
    needed = re.findall(r"(?<=[ :])\S+-dev", "\n".join(re.findall(r"(?m)^build: .*", (ROOT / "tests/packages").read_text())))
    stated = re.findall(r"[a-z][\w+.-]+", (ROOT / "debian/control").read_text().split("Standards-Version")[0])
    for name in set(needed) - FOR_TESTS - set(stated):
        yield f"debian/control builds without {name}, which tests/packages has for the build"
    ids = (ROOT / "agent/linux/kernel_ids.hpp").read_text()
    number = {name: int(value) for name, value in re.findall(r"(\w+) = (\d+);", ids)}
    script = (ROOT / "debian/roamd.postrm").read_text()
    first, end = number["first_table"], number["first_table"] + number["max_tunnels"]
    for text in (f"protocol {number['route_protocol']}", f"-v first={first} -v end={end}"):
        if text not in script:
            yield f"debian/roamd.postrm has no \"{text}\", which agent/linux/kernel_ids.hpp says"


def main(command_lines, folder):
    programs = json.loads(subprocess.run([command_lines], check=True, text=True, capture_output=True).stdout)
    faults = [fault for program in programs for fault in faults_of(pathlib.Path(folder), program)] + list(faults_of_the_package())
    print("\n".join(faults) if faults else "manual, completions and package say what the programs do")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

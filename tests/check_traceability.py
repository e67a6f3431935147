#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds docs/rfc4555.md against the tests: each that it names has to exist, and each that is tagged with one of its
sections has a row for that section."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TAG = re.compile(r" *\[RFC4555-([0-9.]+)\]")
CASE = re.compile(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)')


def test_names():
    """Every test case of C++, its tags included."""
    for source in sorted((ROOT / "tests").glob("**/*_test.cpp")):
        for case in CASE.finditer(source.read_text()):
            yield "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', case.group(1)))


def rows():
    for line in (ROOT / "docs/rfc4555.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and re.match(r"[34]\.", cells[0]):
            yield cells[0].split(", "), re.findall(r'"([^"]+)"(?=,|$)', cells[2])


def faults():
    tests = list(test_names())
    known = {TAG.sub("", name).strip() for name in tests}
    sections = set()
    for covered, named in rows():
        sections.update(covered)
        if not named:
            yield f"{', '.join(covered)}: no test is named"
        for name in named:
            if name not in known:
                yield f"{', '.join(covered)}: there is no test {name!r}"
    for name in tests:
        for section in TAG.findall(name):
            if not any(row == section or row.startswith(section + ".") for row in sections):
                yield f"{name!r}: docs/rfc4555.md has no row {section}"


found = list(faults())
print("\n".join(found) or "each row names tests that exist")
sys.exit(1 if found else 0)

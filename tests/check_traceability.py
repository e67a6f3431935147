#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds docs/rfc4555.md, docs/rfc7383.md and docs/security.md against the tests: each that they name has to exist, and each that is
tagged with a section of one of the two RFCs has a row for that section."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TAG = re.compile(r" *\[RFC[^\]]*\]")
# A test may carry several sections of several RFCs: [RFC4555-3.5, RFC7383-2.5.2]
SECTION = re.compile(r"RFC(4555|7383)-([0-9.]+)")
ASKS = {"4555": r"[34]\.", "7383": r"2\."}  # the sections that ask for something
CASE = re.compile(r'TEST_CASE(?:_FIXTURE)?\((?:\s*\w+,)?\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)')
STORY = re.compile(r"^@story\(.*?^def (\w+)\(", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r'"([^"]+)"(?=,|$)')


def test_names():
    """Every test case of C++, its tags included."""
    for source in sorted((ROOT / "tests").glob("**/*_test.cpp")):
        for case in CASE.finditer(source.read_text()):
            yield "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', case.group(1)))


def story_names():
    for source in sorted((ROOT / "tests/e2e").glob("*_stories.py")):
        yield from (f"{source.stem}.{name}" for name in STORY.findall(source.read_text()))


def rows(document, columns):
    """The cells of each row of a document's tables of so many columns that names tests in its last one."""
    for line in (ROOT / document).read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == columns:
            yield cells


def faults():
    tests = list(test_names())
    known = {TAG.sub("", name).strip() for name in tests} | set(story_names())
    sections = {number: set() for number in ASKS}
    for number, asks in ASKS.items():
        for cells in rows(f"docs/rfc{number}.md", 3):
            if re.match(asks, cells[0]):
                sections[number].update(cells[0].split(", "))
                yield from missing(cells[0], cells[2], known)
    security = (ROOT / "docs/security.md").read_text()
    never = security[security.index("| must never happen |"):]
    for line in never.splitlines()[2:]:
        what, named = (cell.strip() for cell in line.strip("|").split("|"))
        yield from missing(what, named, known)
    for name in tests:
        for number, section in SECTION.findall("".join(TAG.findall(name))):
            if not any(row == section or row.startswith(section + ".") for row in sections[number]):
                yield f"{name!r}: docs/rfc{number}.md has no row {section}"


def missing(row, cell, known):
    named = NAMED.findall(cell)
    if not named:
        yield f"{row}: no test is named"
    yield from (f"{row}: there is no test {name!r}" for name in named if name not in known)


found = list(faults())
print("\n".join(found) or "each row names tests that exist")
sys.exit(1 if found else 0)

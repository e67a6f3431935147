#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the fields and the private functions of each class of ike/, netwatch/ and agent/: at most 15 and 20. A class
over that does the work of two. Exceptions are below by name; they may only shrink. Reads text, not C++: a field is a
name that ends in an underscore."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MOST_FIELDS, MOST_PRIVATE = 15, 20

# class -> the fields and private functions that it has at present
EXCEPTIONS = {}

LITERAL_OR_COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])\'', re.DOTALL)
CLASS = re.compile(r"\b(?:class|struct) ([\w:]+)(?: final)?(?:\s*:[^{;]*)? \{")
FIELD = re.compile(r"\b(\w+_)(?=\s*(?:;|=|\{))")
FUNCTION = re.compile(r"\)\s*(?:const|noexcept|override|\s)*\s*;")


def end_of(code, begin):
    """Behind the brace that closes the one before `begin`."""
    depth = 1
    while depth and begin < len(code):
        depth += {"{": 1, "}": -1}.get(code[begin], 0)
        begin += 1
    return begin


def own_text(body):
    """Without what nested braces hold."""
    depth, text = 0, []
    for char in body:
        depth -= char == "}"
        if depth == 0:
            text.append(char)
        depth += char == "{"
    return "".join(text)


def classes():
    """(name, fields, private functions) of each class in the sources."""
    for top in ("ike", "netwatch", "agent"):
        for source in sorted((ROOT / top).glob("**/*.[ch]pp")):
            code = LITERAL_OR_COMMENT.sub(lambda match: "\n" * match.group().count("\n"), source.read_text())
            for match in CLASS.finditer(code):
                body = own_text(code[match.end():end_of(code, match.end())])
                private = body.partition("private:")[2]
                yield f"{source.parent.relative_to(ROOT)}: {match.group(1)}", len(set(FIELD.findall(body))), len(FUNCTION.findall(private))


def faults():
    large = {name: (fields, private) for name, fields, private in classes() if fields > MOST_FIELDS or private > MOST_PRIVATE}
    for name, found in large.items():
        if name not in EXCEPTIONS:
            yield f"{name} has {found[0]} fields and {found[1]} private functions: cut it in two"
        elif any(now > then for now, then in zip(found, EXCEPTIONS[name])):
            yield f"{name} has grown from {EXCEPTIONS[name]} to {found} fields and private functions"
        elif found != EXCEPTIONS[name]:
            yield f"{name} has shrunk to {found}: write that into EXCEPTIONS"
    for name in EXCEPTIONS.keys() - large.keys():
        yield f"{name} is no exception any more: take it out of EXCEPTIONS"


found = sorted(faults())
print("\n".join(found) if found else "no class is too large")
sys.exit(bool(found))

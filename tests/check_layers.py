#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the #include lines of ike/, netwatch/ and agent/ against the rule of ike/README.md: who may include whom."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# folder -> the folders of ours it may include besides itself
ALLOWED = {
    "ike/base": [],
    "ike/wire": ["ike/base"],
    "ike/crypto": ["ike/base"],
    "ike/esp": ["ike/base", "ike/crypto"],
    "ike/auth": ["ike/base", "ike/wire", "ike/crypto"],
    "ike/session": ["ike/base", "ike/wire", "ike/crypto", "ike/auth"],
    "netwatch": ["ike/base"],
    "agent": ["ike/base", "ike/wire", "ike/crypto", "ike/auth", "ike/session", "ike/esp", "netwatch"],
}
# what sans-IO forbids under ike/
FORBIDDEN_IN_IKE = re.compile(
    r"sys/socket|sys/epoll|netlink|sdbus|systemd|<thread>|<mutex>|<fstream>|<iostream>|<filesystem>|<random>|unistd|nlohmann")
OPENSSL_OUTSIDE = re.compile(r"<openssl/")


def folder_of(path):
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "ike" else parts[0]


def faults():
    for source in sorted(ROOT.glob("*/**/*.[ch]pp")):
        path = source.relative_to(ROOT).as_posix()
        home = folder_of(path)
        if home not in ALLOWED:
            continue
        for number, line in enumerate(source.read_text().splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*([<"][^>"]+[>"])', line)
            if not include:
                continue
            name = include.group(1)
            where = f"{path}:{number}: {name}"
            if name[0] == '"':
                target = folder_of(name.strip('"'))
                if target in ALLOWED and target != home and target not in ALLOWED[home]:
                    yield f"{where}: {home} may not include {target}"
            elif home.startswith("ike/") and FORBIDDEN_IN_IKE.search(name):
                yield f"{where}: ike is sans-IO"
            elif OPENSSL_OUTSIDE.search(name) and home != "ike/crypto":
                yield f"{where}: OpenSSL stays inside ike/crypto"


found = list(faults())
print("\n".join(found) if found else "includes follow the rule")
sys.exit(bool(found))

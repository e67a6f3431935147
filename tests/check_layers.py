#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the #include lines of ike/, netwatch/ and agent/ against the rule of ike/README.md and agent/README.md: who may
include whom. A row may name rooms of earlier rows only, so no arrow points upward and there is no circle."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# room, from the ground up -> the rooms it may include besides itself
ROOMS = {
    "ike/base": "",
    "ike/wire": "ike/base",
    "ike/crypto": "ike/base",
    "ike/esp": "ike/base ike/crypto",
    "ike/eap": "ike/base ike/crypto",
    "ike/auth": "ike/base ike/wire ike/crypto ike/eap",
    "ike/session/values": "ike/base ike/wire ike/crypto ike/auth",
    "ike/session/exchange": "ike/base ike/wire ike/crypto ike/eap ike/auth ike/session/values",
    "ike/session/sa": "ike/base ike/wire ike/crypto ike/session/values ike/session/exchange",
    "ike/session/mobike": "ike/base ike/wire ike/crypto ike/session/values ike/session/exchange",
    "ike/session/liveness": "ike/base ike/session/values",
    "ike/session/connect": "ike/base ike/wire ike/crypto ike/session/values ike/session/exchange ike/session/sa",
    "ike/session":
        "ike/base ike/wire ike/crypto ike/session/values ike/session/exchange ike/session/sa ike/session/mobike "
        "ike/session/liveness ike/session/connect",
    "netwatch": "ike/base",
    "agent/base": "ike/base",
    "agent/status": "ike/base ike/session/values agent/base",
    "agent/linux": "ike/base netwatch agent/base",
    "agent/dbus": "ike/base netwatch agent/base",
    "agent/guard": "ike/base netwatch agent/base agent/linux",
    "agent/config": "ike/base ike/wire ike/crypto ike/eap ike/auth ike/session/values netwatch agent/base",
    "agent/import": "ike/base ike/crypto agent/config",
    "agent/routing": "ike/base ike/crypto ike/esp ike/session/values netwatch agent/base agent/linux agent/guard agent/config",
    "agent/dns": "ike/base ike/crypto netwatch agent/base agent/linux agent/dbus agent/config agent/routing",
    "agent/dataplane": "ike/base ike/session/values netwatch agent/base agent/linux",
    "agent/dataplane/tun": "ike/base ike/crypto ike/esp netwatch agent/base agent/linux agent/routing agent/dataplane",
    "agent/dataplane/xfrm":
        "ike/base ike/wire ike/crypto ike/esp ike/session/values netwatch agent/base agent/linux agent/routing agent/dataplane",
    "agent/wish": "ike/base ike/crypto ike/eap ike/session ike/session/values netwatch agent/base agent/status agent/linux agent/config",
    "agent/recovery": "ike/base netwatch agent/base agent/linux agent/guard agent/dataplane/xfrm",
    "agent/path": "ike/base ike/session ike/session/values netwatch agent/base agent/status agent/linux agent/guard agent/dns",
    "agent/recording": "ike/base netwatch agent/base agent/status agent/config agent/path",
    "agent/tunnel":
        "ike/base ike/crypto ike/esp ike/session ike/session/values netwatch agent/base agent/status agent/linux agent/guard "
        "agent/config agent/routing agent/dns agent/dataplane agent/dataplane/tun agent/dataplane/xfrm agent/wish agent/recovery "
        "agent/path agent/recording",
    "agent/api": "ike/base ike/crypto netwatch agent/base agent/status agent/dbus",
    "agent/daemon":
        "ike/base ike/crypto netwatch agent/base agent/status agent/linux agent/guard agent/dbus agent/config agent/dns "
        "agent/wish agent/recovery agent/path agent/recording agent/tunnel agent/api",
    "agent/ctl":
        "ike/base ike/crypto netwatch agent/base agent/status agent/dbus agent/config agent/dns agent/import agent/recovery "
        "agent/recording agent/api",
}
# what sans-IO forbids under ike/
FORBIDDEN_IN_IKE = re.compile(
    r"sys/socket|sys/epoll|netlink|sdbus|systemd|<thread>|<mutex>|<fstream>|<iostream>|<filesystem>|<random>|unistd|nlohmann")
OPENSSL_OUTSIDE = re.compile(r"<openssl/")


def room_of(path):
    """The innermost folder that has a row; none for what is in no room."""
    folders = [folder.as_posix() for folder in pathlib.PurePosixPath(path).parents]
    return next((folder for folder in folders if folder in ROOMS), None)


def faults_of_the_rows():
    earlier = set()
    for room, allowed in ROOMS.items():
        for name in set(allowed.split()) - earlier:
            yield f"tests/check_layers.py: {room} names {name}, which is no earlier row"
        earlier.add(room)


def faults_of(path, home, text):
    for number, line in enumerate(text.splitlines(), 1):
        include = re.match(r'\s*#\s*include\s*([<"][^>"]+[>"])', line)
        if not include:
            continue
        name = include.group(1)
        where = f"{path}:{number}: {name}"
        if name[0] == '"':
            target = room_of(name.strip('"'))
            if target not in (None, home) and target not in ROOMS[home].split():
                yield f"{where}: {home} may not include {target}"
        elif home.startswith("ike/") and FORBIDDEN_IN_IKE.search(name):
            yield f"{where}: ike is sans-IO"
        elif OPENSSL_OUTSIDE.search(name) and home != "ike/crypto":
            yield f"{where}: OpenSSL stays inside ike/crypto"


def faults():
    yield from faults_of_the_rows()
    for top in ("ike", "netwatch", "agent"):
        for source in sorted((ROOT / top).glob("**/*.[ch]pp")):
            path = source.relative_to(ROOT).as_posix()
            home = room_of(path)
            if home is None:
                yield f"{path}: is in no room"
            else:
                yield from faults_of(path, home, source.read_text())


found = list(faults())
print("\n".join(found) if found else "includes follow the rule")
sys.exit(bool(found))

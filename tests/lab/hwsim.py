# SPDX-License-Identifier: Apache-2.0
"""Simulated radios (mac80211_hwsim): each is a Wi-Fi device to all programs, and hears what the others of this laboratory
send. They belong to the sandbox's network namespace, also where their device was moved to another, and go with it."""
import pathlib
import socket
import struct
import subprocess

NETLINK_GENERIC = 16
GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 0x10, 3, 1, 2
HWSIM_CMD_NEW_RADIO, HWSIM_ATTR_REG_CUSTOM_REG = 4, 12
FEW_CHANNELS = 1  # of the module's regulatory domains that with the shortest scan
NLMSG_ERROR, NLM_F_REQUEST, NLM_F_ACK = 2, 1, 4
NLMSG_HEADER, GENL_HEADER, ATTRIBUTE_HEADER = struct.Struct("=IHHII"), struct.Struct("=BBH"), struct.Struct("=HH")
DEBUG = pathlib.Path("/sys/kernel/debug")


def load():
    """The module, without the radios that it makes by itself, and where they can be told things. False where there is none."""
    if subprocess.run(["modprobe", "mac80211_hwsim", "radios=0"], capture_output=True).returncode:
        return False
    if not (DEBUG / "ieee80211").exists():
        subprocess.run(["mount", "-t", "debugfs", "debugfs", DEBUG], check=True)
    return True


class Radio:
    """One radio; its device is moved to a namespace and named there."""

    def __init__(self, namespace, device):
        before = set(devices())
        new_radio()
        made = (set(devices()) - before).pop()
        self.phy = pathlib.Path(f"/sys/class/net/{made}/phy80211").resolve().name
        subprocess.run(["iw", "phy", self.phy, "set", "netns", "name", namespace.name], check=True)
        namespace.ip(f"link set {made} name {device}")

    def silence(self, silent=True):
        """Out of everybody's range, or back: nothing it sends is heard, and it hears nothing. No program is told."""
        group = DEBUG / "ieee80211" / self.phy / "hwsim/group"
        group.write_text("2\n" if silent else "1\n")  # only radios with a bit in common hear each other


def devices():
    """Names of the Wi-Fi devices in this namespace."""
    return [path.parent.name for path in pathlib.Path("/sys/class/net").glob("*/phy80211")]


def new_radio():
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC) as kernel:
        name = attribute(CTRL_ATTR_FAMILY_NAME, b"MAC80211_HWSIM\0")
        family = ask(kernel, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, name)[CTRL_ATTR_FAMILY_ID]
        ask(kernel, struct.unpack("=H", family)[0], HWSIM_CMD_NEW_RADIO,
            attribute(HWSIM_ATTR_REG_CUSTOM_REG, struct.pack("=I", FEW_CHANNELS)))


def ask(kernel, family, command, attributes=b""):
    """Sends one generic netlink request; returns the attributes of the answer, by their type."""
    body = GENL_HEADER.pack(command, 1, 0) + attributes
    kernel.send(NLMSG_HEADER.pack(NLMSG_HEADER.size + len(body), family, NLM_F_REQUEST | NLM_F_ACK, 1, 0) + body)
    found = {}
    while True:
        answer = kernel.recv(65536)
        length, kind = NLMSG_HEADER.unpack_from(answer)[:2]
        if kind == NLMSG_ERROR:  # also what says that there was none; a new radio's is its number
            error = struct.unpack_from("=i", answer, NLMSG_HEADER.size)[0]
            if error < 0:
                raise OSError(-error, f"generic netlink, family {family}, command {command}")
            return found
        found |= attributes_of(answer[NLMSG_HEADER.size + GENL_HEADER.size:length])


def attributes_of(data):
    found, at = {}, 0
    while at < len(data):
        size, kind = ATTRIBUTE_HEADER.unpack_from(data, at)
        found[kind] = data[at + ATTRIBUTE_HEADER.size:at + size]
        at += (size + 3) & ~3
    return found


def attribute(kind, data):
    return ATTRIBUTE_HEADER.pack(ATTRIBUTE_HEADER.size + len(data), kind) + data + bytes(-len(data) % 4)

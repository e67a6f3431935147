# SPDX-License-Identifier: Apache-2.0
"""What a router remembers of the connections through it: the kernel's table, which nfnetlink can clear."""
import socket
import struct

NETLINK_NETFILTER = 12
CTNETLINK_DELETE = 1 << 8 | 2  # without a tuple: all entries
REQUEST_AND_ACK = 1 | 4


def flush(router):
    """Every mapping is forgotten, as by a router that starts anew."""
    message = struct.pack("=IHHII", 20, CTNETLINK_DELETE, REQUEST_AND_ACK, 1, 0) + struct.pack("=BBH", socket.AF_UNSPEC, 0, 0)
    with router.entered(), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as netlink:
        netlink.send(message)
        error = -struct.unpack_from("=i", netlink.recv(4096), 16)[0]
    if error:
        raise OSError(error, "clearing the connection table")

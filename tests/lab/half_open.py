# SPDX-License-Identifier: Apache-2.0
"""An IKE_SA_INIT request and nothing after it: what a gateway under attack sees, and answers the next ones with COOKIE."""
import secrets
import struct

# One IKE proposal (RFC 7296 3.3): ENCR_AES_GCM_16 with 256 bits, PRF_HMAC_SHA2_384, Curve25519.
TRANSFORMS = (bytes.fromhex("0300000c 01000014 800e0100"), bytes.fromhex("03000008 02000006"),
              bytes.fromhex("00000008 0400001f"))
SEND = """
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(bytes.fromhex("{message}"), ("{gateway}", 500))
"""


def send(namespace, gateway):
    namespace.run("/usr/bin/python3", "-c", SEND.format(message=ike_sa_init().hex(), gateway=gateway))


def ike_sa_init():
    transforms = b"".join(TRANSFORMS)
    proposal = struct.pack(">BBHBBBB", 0, 0, 8 + len(transforms), 1, 1, 0, len(TRANSFORMS)) + transforms
    payloads = (payload(34, proposal) + payload(40, struct.pack(">HH", 31, 0) + secrets.token_bytes(32))
                + payload(0, secrets.token_bytes(32)))
    header = secrets.token_bytes(8) + bytes(8) + struct.pack(">BBBBII", 33, 0x20, 34, 0x08, 0, 28 + len(payloads))
    return header + payloads


def payload(next_payload, body):
    return struct.pack(">BBH", next_payload, 0, 4 + len(body)) + body

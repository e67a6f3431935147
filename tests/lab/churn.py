# SPDX-License-Identifier: Apache-2.0
"""What a machine full of containers does to its network: links, addresses and routes that come and go and concern nobody else."""

AT_ONCE = 50  # links
BATCH = 500  # addresses, each with a route of its own


def links(namespace, pairs):
    """Pairs of links with an address, as for containers that start and end."""
    for first in range(0, pairs, AT_ONCE):
        names = [f"veth{number}" for number in range(first, min(first + AT_ONCE, pairs))]
        namespace.ip(*(f"link add {name} type veth peer name p{name}" for name in names), *(f"link set {name} up" for name in names),
                     *(f"addr add 172.17.{index}.1/24 dev {name}" for index, name in enumerate(names)))
        namespace.ip(*(f"link del {name}" for name in names))


def addresses_and_routes(namespace, enough):
    """On one link, again and again until it is enough."""
    namespace.ip("link add bridge0 type veth peer name pbridge0", "link set bridge0 up", "link set pbridge0 up")
    numbers = [f"{number // 250}.{number % 250 + 1}" for number in range(BATCH)]
    while not enough():
        namespace.ip(*(f"addr add 172.18.{number}/32 dev bridge0" for number in numbers),
                     *(f"route add 172.20.{number}/32 dev bridge0" for number in numbers),
                     *(f"route del 172.20.{number}/32 dev bridge0" for number in numbers),
                     *(f"addr del 172.18.{number}/32 dev bridge0" for number in numbers))
    namespace.ip("link del bridge0")

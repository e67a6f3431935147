// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "netwatch/snapshot.hpp"

#include <linux/netlink.h>

#include <functional>
#include <variant>
#include <vector>

namespace netwatch {

struct LinkChanged {
    Link link;
};
struct LinkRemoved {
    ike::InterfaceIndex index;
};
struct AddressChanged {
    Address address;
};
struct AddressRemoved {
    Address address;
};
/// The next hops of one route that are alive; `replaces` the route of the same key.
struct RouteChanged {
    std::vector<Route> routes;
    bool replaces = false;
};
struct RouteRemoved {
    std::vector<Route> routes;
};
/// A nexthop object changed, and routes with it that the kernel does not tell of.
struct NextHopChanged {};
/// Well-formed, but no part of a snapshot: other tables, multicast, cached routes, bridge ports ...
struct Irrelevant {};
/// Shorter than it says, or without what its kind must have.
struct Unreadable {};

using Message = std::variant<Irrelevant, Unreadable, LinkChanged, LinkRemoved, AddressChanged,
                             AddressRemoved, RouteChanged, RouteRemoved, NextHopChanged>;

using MessageSink = std::function<void(const nlmsghdr&)>;

/// Hands on every whole message of a datagram, which must begin at an address that is a multiple
/// of 4.
void for_each_message(ike::ByteView datagram, const MessageSink& sink);

/// Says what one rtnetlink message means. Pure; `message` must have all of its nlmsg_len bytes
/// behind it.
Message translate(const nlmsghdr& message);

}  // namespace netwatch

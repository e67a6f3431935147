// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/routing/route_query.hpp"
#include "agent/routing/tunnel_routes.hpp"

#include <linux/netlink.h>

#include <optional>
#include <set>
#include <string>

namespace agent {

/// A rule of somebody's, or a route that such a rule leads to, takes packets that the tunnel
/// covers.
struct RouteOverride {
    ike::IpAddress destination;  // one of those
    std::string by;              // "rule 1: from all lookup main"
    std::string remedy;
    bool partly = false;  // it names a part of a network that the tunnel covers
    friend bool operator==(const RouteOverride&, const RouteOverride&) = default;
};

/// The kernel's treatment of packets that a tunnel covers, as somebody else's rules are now.
struct Precedence {
    std::optional<RouteOverride> overridden;
    std::set<std::uint32_t> tables_before;  // that the kernel looks at before the tunnel's
};

/// Asks for one destination of each network that the routes lead into the tunnel (a few of each
/// family), and for one that each rule before the tunnel's names; without a source and from the
/// tunnel's addresses. Rules for some sockets only (mark, user, device, protocol, port) are left
/// out of account: who made them wants to have these sockets outside.
ike::Result<Precedence, SystemError> precedence_of(const TunnelNetwork& network);

/// Whether this event may change the answer.
bool may_override(const std::set<std::uint32_t>& tables_before, const nlmsghdr& message);

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/routing/tunnel_routes.hpp"
#include "ike/session/values/event.hpp"

#include <map>
#include <vector>

namespace agent {

/// The selectors that the gateway has granted, by number of the wanted Child SA; none for one not
/// made so far.
using GrantedSelectors = std::map<std::size_t, std::vector<ike::wire::TrafficSelector>>;

/// The network that these Child SAs need: the virtual addresses the gateway
/// assigned, routes for what they select, and nothing beside the tunnel: neither what belongs to a
/// wanted Child SA that is not made yet, nor the family that a tunnel for everything was not
/// granted. `wanted` is child_sas of the configuration. Device, MTU and gateways are left to the
/// caller.
TunnelNetwork network_for(const GrantedSelectors& granted,
                          const ike::session::AssignedConfig& assigned,
                          const std::vector<std::vector<ike::Prefix>>& wanted);

/// Without virtual addresses: what goes in has this source, the local address of the path. Networks
/// of the other family are unreachable until the path is one of that family.
void use_own_address(TunnelNetwork& network, const ike::IpAddress& local,
                     const std::vector<std::vector<ike::Prefix>>& wanted);

/// Has `next` block what `before` covered and the gateway does not grant any more: it stays blocked
/// as long as the tunnel is wanted.
void keep_blocked(TunnelNetwork& next, const TunnelNetwork& before);

/// The networks reached beside the tunnel, though a person may think that it leads there: each of
/// the wanted networks that is not wholly covered, for the gateway narrowed it; and of a tunnel for
/// everything of one family, the other one.
std::vector<ike::Prefix> outside(const TunnelNetwork& network,
                                 const std::vector<std::vector<ike::Prefix>>& wanted);

}  // namespace agent

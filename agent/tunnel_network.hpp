// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/routes.hpp"
#include "ike/session/event.hpp"

#include <map>
#include <vector>

namespace agent {

/// What the gateway has granted, by number of the wanted Child SA; none for one not made so far.
using GrantedSelectors = std::map<std::size_t, std::vector<ike::wire::TrafficSelector>>;

/// What the system has to look like for these Child SAs: the virtual addresses the gateway
/// assigned, routes for what they select, and nothing beside the tunnel: neither what belongs to a
/// wanted Child SA that is not made yet, nor the family that a tunnel for everything was not
/// granted. `wanted` is child_sas of the configuration. Device, MTU and gateways are left to the
/// caller.
TunnelNetwork network_for(const GrantedSelectors& granted,
                          const ike::session::AssignedConfig& assigned,
                          const std::vector<std::vector<ike::Prefix>>& wanted);

}  // namespace agent

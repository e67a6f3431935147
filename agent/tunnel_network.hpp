// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/routes.hpp"
#include "ike/session/event.hpp"

namespace agent {

/// What the system has to look like for a Child SA with these selectors: the virtual addresses the
/// gateway assigned, routes for what it selects, and nothing beside a tunnel for everything
/// (`wanted` is remote_ts of the configuration). Device, MTU and gateways are left to the
/// caller.
TunnelNetwork network_for(const std::vector<ike::wire::TrafficSelector>& remote_selectors,
                          const ike::session::AssignedConfig& assigned,
                          const std::vector<ike::Prefix>& wanted);

}  // namespace agent

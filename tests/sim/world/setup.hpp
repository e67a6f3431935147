// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/values/config.hpp"
#include "tests/sim/gateway/config.hpp"
#include "tests/sim/network/network.hpp"

#include <functional>

namespace sim {

/// A session's configuration that fits a gateway's: same PSK, suites, identity.
ike::session::SessionConfig client_config(
    const gateway::Config& gateway, const std::function<void(ike::session::SessionConfig&)>& tune);

/// wlan0 and wwan0: IPv4 behind a NAT each, IPv6 without.
/// For tune: not one Child SA for all of the gateway's networks.
void want_child_sa_per_network(ike::session::SessionConfig& config);

void add_access_networks(Network& network);
ike::IpAddress gateway_address(ike::Family family);

}  // namespace sim

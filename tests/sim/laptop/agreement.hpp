// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/status/tunnel_status.hpp"
#include "tests/sim/gateway/gateway.hpp"
#include "tests/sim/laptop/esp_plane.hpp"
#include "tests/sim/network/network.hpp"

#include <functional>
#include <string>

namespace sim {

/// The first thing that a connected tunnel and its gateway disagree about; empty if none. `outside`
/// gives the ends of a packet of ours as they come out of the access network.
std::string disagreement(const gateway::Gateway& gateway, const EspPlane& plane,
                         const agent::TunnelStatus& status,
                         const std::function<Ends(const ike::Path&)>& outside);

}  // namespace sim

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/linux/rtnetlink.hpp"

#include <cstddef>
#include <set>

namespace agent {

/// Of tunnels, as in kernel_ids.hpp.
using TunnelNumbers = std::set<std::uint32_t>;

/// The state in the kernel that a killed run left, and that was removed, counted.
struct Leftovers {
    std::size_t states = 0;
    std::size_t policies = 0;
    std::size_t rules = 0;
    std::size_t routes = 0;
    std::size_t devices = 0;
    [[nodiscard]] bool any() const { return states + policies + rules + routes + devices != 0; }
};

/// Removes all that is told as ours: by route_protocol in tables or at priorities of ours, by the
/// group of a device, by reqid and if_id. Only device, addresses, routes and rules of the tunnels
/// in `keep` stay as they are: what goes there is lost, and not sent in clear. To be called once,
/// before the first tunnel, by whoever holds the InstanceLock: else it takes what a running daemon
/// needs.
ike::Result<Leftovers, SystemError> remove_leftovers(const TunnelNumbers& keep = {});

/// Removes what stayed of one tunnel.
ike::Result<Leftovers, SystemError> remove_block(std::uint32_t number);

}  // namespace agent

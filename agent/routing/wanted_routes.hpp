// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/routing/tunnel_routes.hpp"

#include <cstdint>
#include <vector>

/// The routes and rules that a tunnel's network stands for, as values. `table` is the tunnel's own.
namespace agent {

/// Unreachable routes for all that the tunnel covers, worse than any other route to the same
/// destination.
std::vector<TunnelRoute> blocking_routes(const TunnelNetwork& desired, std::uint32_t table);
/// Routes into the tunnel's device.
void add_device_routes(std::vector<TunnelRoute>& routes, const TunnelNetwork& desired,
                       std::uint32_t table, ike::InterfaceIndex device);
/// Routes beside the tunnel. They are better than those into the device, and go with their own
/// device.
void add_local_routes(std::vector<TunnelRoute>& routes, const TunnelNetwork& desired,
                      std::uint32_t table);

/// The rules that lead into the table, and those that lead some packets past it.
std::vector<TunnelRule> wanted_rules(const TunnelNetwork& desired,
                                     const std::vector<TunnelRoute>& routes, std::uint32_t table);
/// The priority of the rules that lead past the table.
std::uint32_t gateway_priority(std::uint32_t table);

}  // namespace agent

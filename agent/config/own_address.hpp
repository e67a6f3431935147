// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/tunnel_config.hpp"

#include <vector>

namespace agent {

/// `"virtual_ip": []`: our side of the tunnel is the local address of the path, and follows it.
bool uses_own_address(const TunnelConfig& config);

/// Whether the tunnel can go by paths of this family. With virtual addresses, by any. Without, each
/// Child SA needs networks of the path's family (RFC 7296 2.9: TSi and TSr are of one family).
bool goes_by(const TunnelConfig& config, ike::Family family);

/// The families that it can go by.
std::vector<ike::Family> path_families(const TunnelConfig& config);

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/session.hpp"
#include "netwatch/uplink.hpp"

#include <vector>

namespace agent {

/// All ways to the gateway that could carry a packet now, the best uplink first: by these the
/// session asks for the gateway when the path in use is in doubt. Each address of a device is a way
/// of its own, because a router may forward the one and drop the other; the second address of a
/// device comes behind the first of every other one.
std::vector<ike::session::AddressPair> standby_paths(const netwatch::Snapshot& snapshot,
                                                     const std::vector<ike::IpAddress>& gateways,
                                                     const netwatch::DeviceNames& own_devices);

/// Without the ports.
inline ike::session::AddressPair addresses_of(const ike::Path& path) {
    return {path.interface, path.local.address, path.remote.address};
}

/// The networks that these paths go by, each once, however many addresses the gateway has there.
std::vector<ike::InterfaceIndex> interfaces_of(const std::vector<ike::session::AddressPair>& paths);

/// The same paths, those of this family first: of several that carry, the first to answer is taken.
void same_family_first(std::vector<ike::session::AddressPair>& paths, ike::Family family);

}  // namespace agent

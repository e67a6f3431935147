// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/session.hpp"
#include "netwatch/uplink.hpp"

#include <vector>

namespace agent {

/// All paths to the gateway that could carry a packet now, the best uplink first. The session asks
/// for the gateway by these when the path in use is in doubt. Each address of a device is a path of
/// its own, because a router may forward the one and drop the other. The second address of a device
/// comes behind the first address of every other device.
std::vector<ike::session::AddressPair> standby_paths(const netwatch::Snapshot& snapshot,
                                                     const std::vector<ike::IpAddress>& gateways,
                                                     const netwatch::DeviceNames& own_devices);

/// `path` without its ports.
inline ike::session::AddressPair addresses_of(const ike::Path& path) {
    return {path.interface, path.local.address, path.remote.address};
}

/// `addresses` with these ports; 0: the port is not known yet.
inline ike::Path path_of(const ike::session::AddressPair& addresses, std::uint16_t local_port = 0,
                         std::uint16_t remote_port = 0) {
    return {addresses.interface, {addresses.local, local_port}, {addresses.remote, remote_port}};
}

/// The interfaces of these paths, each once.
std::vector<ike::InterfaceIndex> interfaces_of(const std::vector<ike::session::AddressPair>& paths);

/// The paths of this family come first: of several that carry, the session takes the first one that
/// answers.
void same_family_first(std::vector<ike::session::AddressPair>& paths, ike::Family family);

}  // namespace agent

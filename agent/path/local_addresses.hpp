// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/session.hpp"
#include "netwatch/uplink.hpp"

#include <optional>
#include <vector>

namespace agent {

/// Every address of ours from which one of these addresses of the gateway is reached, each once.
std::vector<ike::IpAddress> local_addresses(const netwatch::Snapshot& network,
                                            const std::vector<ike::IpAddress>& gateways,
                                            const netwatch::DeviceNames& own_devices);

/// All addresses of the gateway, each once: `named`, then `told`, which are its additional ones.
std::vector<ike::IpAddress> gateway_destinations(const std::vector<ike::IpAddress>& named,
                                                 const std::vector<ike::IpAddress>& told);

/// The first of `paths` that is not among `refused`.
std::optional<ike::session::AddressPair> not_refused(
    const std::vector<ike::session::AddressPair>& paths,
    const std::vector<ike::session::AddressPair>& refused);

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "netwatch/uplink.hpp"

#include <vector>

namespace agent {

/// Every address of ours that one of these addresses of the gateway can be reached from, each once.
std::vector<ike::IpAddress> local_addresses(const netwatch::Snapshot& network,
                                            const std::vector<ike::IpAddress>& gateways,
                                            const netwatch::DeviceNames& own_devices);

/// The addresses of the gateway to go to: those of its name, then those that it told.
std::vector<ike::IpAddress> gateway_destinations(const std::vector<ike::IpAddress>& named,
                                                 const std::vector<ike::IpAddress>& told);

}  // namespace agent

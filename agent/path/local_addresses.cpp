// SPDX-License-Identifier: Apache-2.0
#include "agent/path/local_addresses.hpp"

#include <algorithm>

namespace agent {

using ike::IpAddress;
using ike::session::AddressPair;

namespace {

void add_once(std::vector<IpAddress>& addresses, const IpAddress& address) {
    if (std::ranges::find(addresses, address) == addresses.end()) {
        addresses.push_back(address);
    }
}

}  // namespace

std::vector<IpAddress> local_addresses(const netwatch::Snapshot& network,
                                       const std::vector<IpAddress>& gateways,
                                       const netwatch::DeviceNames& own_devices) {
    std::vector<IpAddress> ours;
    for (const IpAddress& gateway : gateways) {
        for (const netwatch::Uplink& uplink : uplinks(network, gateway, own_devices)) {
            add_once(ours, uplink.local);
        }
    }
    std::ranges::sort(ours);  // another order of the uplinks is no change
    return ours;
}

std::vector<IpAddress> gateway_destinations(const std::vector<IpAddress>& named,
                                            const std::vector<IpAddress>& told) {
    std::vector<IpAddress> all = named;
    for (const IpAddress& address : told) {
        add_once(all, address);
    }
    return all;
}

std::optional<AddressPair> not_refused(const std::vector<AddressPair>& paths,
                                       const std::vector<AddressPair>& refused) {
    const auto found = std::ranges::find_if(paths, [&](const AddressPair& path) {
        return std::ranges::find(refused, path) == refused.end();
    });
    return found == paths.end() ? std::nullopt : std::optional(*found);
}

}  // namespace agent

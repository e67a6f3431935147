// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel_network.hpp"

namespace agent {

TunnelNetwork network_for(const std::vector<ike::wire::TrafficSelector>& remote_selectors,
                          const ike::session::AssignedConfig& assigned,
                          const std::vector<ike::Prefix>& wanted) {
    TunnelNetwork network;
    for (const ike::Prefix& address : assigned.addresses) {
        network.addresses.push_back(address.address);
    }
    for (const auto& selector : remote_selectors) {
        const auto prefixes = selector.prefixes();
        network.destinations.insert(network.destinations.end(), prefixes.begin(), prefixes.end());
    }
    network.unreachable = blocked_beside(wanted, network.destinations);
    return network;
}

}  // namespace agent

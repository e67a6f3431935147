// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel_network.hpp"

namespace agent {

namespace {

void append(std::vector<ike::Prefix>& prefixes, const std::vector<ike::Prefix>& more) {
    prefixes.insert(prefixes.end(), more.begin(), more.end());
}

}  // namespace

TunnelNetwork network_for(const GrantedSelectors& granted,
                          const ike::session::AssignedConfig& assigned,
                          const std::vector<std::vector<ike::Prefix>>& wanted) {
    TunnelNetwork network;
    for (const ike::Prefix& address : assigned.addresses) {
        network.addresses.push_back(address.address);
    }
    std::vector<ike::Prefix> all;
    for (std::size_t number = 0; number < wanted.size(); ++number) {
        append(all, wanted[number]);
        const auto selectors = granted.find(number);
        if (selectors == granted.end()) {
            append(network.unreachable, wanted[number]);
            continue;
        }
        for (const auto& selector : selectors->second) {
            append(network.destinations, selector.prefixes());
        }
    }
    append(network.unreachable, blocked_beside(all, network.destinations));
    return network;
}

}  // namespace agent

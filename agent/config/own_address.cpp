// SPDX-License-Identifier: Apache-2.0
#include "agent/config/own_address.hpp"

#include <algorithm>

namespace agent {

bool uses_own_address(const TunnelConfig& config) {
    return !config.virtual_ipv4 && !config.virtual_ipv6;
}

bool goes_by(const TunnelConfig& config, ike::Family family) {
    const auto has_one = [family](const std::vector<ike::Prefix>& networks) {
        return std::ranges::any_of(networks, [family](const ike::Prefix& network) {
            return network.address.family() == family;
        });
    };
    return !uses_own_address(config) || std::ranges::all_of(config.child_sas, has_one);
}

std::vector<ike::Family> path_families(const TunnelConfig& config) {
    std::vector<ike::Family> families{ike::Family::ipv4, ike::Family::ipv6};
    std::erase_if(families, [&](ike::Family family) { return !goes_by(config, family); });
    return families;
}

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/granted_networks.hpp"

#include "agent/config/own_address.hpp"

#include <algorithm>

namespace agent {

void GrantedNetworks::add(const TunnelConfig& config, const ike::session::ChildSa& sa, bool send) {
    if (!uses_own_address(config) || sa.local_selectors.empty()) {
        granted_[sa.policy] = sa.remote_selectors;
        return;
    }
    own_sides_.push_back(
        {sa.inbound.spi, sa.policy, sa.local_selectors.front().first, sa.remote_selectors});
    if (send) {
        use(sa.inbound.spi);
    }
}

bool GrantedNetworks::use(ike::ChildSpi inbound) {
    const auto side = std::ranges::find(own_sides_, inbound, &OwnSide::inbound);
    if (side == own_sides_.end()) {
        return false;
    }
    granted_[side->policy] = side->remote_selectors;
    own_address_ = side->address;
    return true;
}

void GrantedNetworks::remove(ike::ChildSpi inbound) {
    std::erase_if(own_sides_, [&](const OwnSide& side) { return side.inbound == inbound; });
}

void GrantedNetworks::clear() {
    granted_.clear();
    own_sides_.clear();
    own_address_.reset();
}

TunnelNetwork GrantedNetworks::network(const TunnelConfig& config,
                                       const ike::session::AssignedConfig& assigned) const {
    auto network = network_for(granted_, assigned, config.child_sas);
    if (own_address_) {
        use_own_address(network, *own_address_, config.child_sas);
    }
    return network;
}

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/policy_selectors.hpp"

#include <algorithm>
#include <iterator>

namespace ike::session {

using wire::TrafficSelector;

bool asks_for_virtual_address(const SessionConfig& config) {
    return config.request_ipv4 || config.request_ipv6;
}

PolicySelectors first_offer(const SessionConfig& config, const IpAddress& local) {
    const ChildPolicy& policy = config.policies.front();
    if (!asks_for_virtual_address(config)) {
        return offer_from(local, policy);
    }
    PolicySelectors offer{{}, policy.remote_selectors};
    if (config.request_ipv4) {
        offer.local.push_back(TrafficSelector::from({IpAddress::any(Family::ipv4), 0}));
    }
    if (config.request_ipv6) {
        offer.local.push_back(TrafficSelector::from({IpAddress::any(Family::ipv6), 0}));
    }
    return offer;
}

PolicySelectors offer_from(const IpAddress& local, const ChildPolicy& policy) {
    std::vector<TrafficSelector> own{TrafficSelector::from(Prefix::host(local))};
    auto remote = facing(own, policy.remote_selectors);
    return {std::move(own), std::move(remote)};
}

std::vector<TrafficSelector> facing(const std::vector<TrafficSelector>& theirs,
                                    const std::vector<TrafficSelector>& ours) {
    std::vector<TrafficSelector> matching;
    std::ranges::copy_if(ours, std::back_inserter(matching), [&](const auto& our) {
        return std::ranges::any_of(
            theirs, [&](const auto& their) { return their.first.family() == our.first.family(); });
    });
    return matching.empty() ? ours : matching;
}

}  // namespace ike::session

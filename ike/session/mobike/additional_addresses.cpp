// SPDX-License-Identifier: Apache-2.0
#include "ike/session/mobike/additional_addresses.hpp"

#include "ike/session/mobike/gateway_addresses.hpp"

#include <algorithm>
#include <iterator>

namespace ike::session {

void AdditionalAddresses::set_ours(std::vector<IpAddress> ours) {
    ours.resize(std::min(ours.size(), max_additional_addresses));
    if (ours == ours_) {
        return;
    }
    ours_ = std::move(ours);
    pending_ = true;
}

std::vector<wire::Payload> AdditionalAddresses::take_payloads(const IpAddress& header) {
    pending_ = false;
    return ours_ ? announcement(*ours_, header) : std::vector<wire::Payload>{};
}

std::vector<wire::Payload> AdditionalAddresses::take_first_payloads(const IpAddress& header) {
    auto payloads = take_payloads(header);
    if (wire::find_notify(payloads, wire::NotifyType::no_additional_addresses) != nullptr) {
        payloads.clear();
    }
    return payloads;
}

void AdditionalAddresses::set_inside(const AssignedConfig& assigned) {
    inside_.clear();
    const auto add = [this](const Prefix& prefix) {
        inside_.push_back(wire::TrafficSelector::from(prefix));
    };
    std::ranges::for_each(assigned.addresses, add);
    std::ranges::for_each(assigned.subnets, add);
    for (const IpAddress& server : assigned.dns) {
        add(Prefix::host(server));
    }
}

std::optional<std::vector<IpAddress>> AdditionalAddresses::on_peer_payloads(
    std::span<const wire::Payload> payloads, const IpAddress& sender,
    std::vector<wire::TrafficSelector> policies) {
    const auto announced = announced_addresses(payloads, sender);
    if (!announced) {
        return std::nullopt;
    }
    std::ranges::copy(inside_, std::back_inserter(policies));
    auto addresses = outer_addresses(*announced, policies, sender);
    if (addresses == peers_) {
        return std::nullopt;
    }
    peers_ = std::move(addresses);
    return peers_;
}

}  // namespace ike::session

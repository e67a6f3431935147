// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/peer_addresses.hpp"

#include "agent/path/local_addresses.hpp"

#include <algorithm>

namespace agent {

void PeerAddresses::resolve(const std::string& gateway) {
    resolution_ = names_.resolve(
        gateway, [this](const ike::Result<std::vector<ike::IpAddress>, ResolveError>& answer) {
            if (!answer) {
                events_.resolved(ike::Fail{answer.error()});
                return;
            }
            named_ = netwatch::without_nat64(network_, *answer);
            events_.resolved({});
        });
}

void PeerAddresses::ask_on(const netwatch::Link& link, const std::string& gateway) {
    if (!ike::IpAddress::parse(gateway)) {
        by_link_[link.index] = names_.ask_by_link(
            gateway, link.index, link.name,
            [this](const std::vector<ike::IpAddress>& found) { on_found(found); });
    }
}

void PeerAddresses::ask_on_each_link(const std::string& gateway,
                                     const netwatch::DeviceNames& own_devices) {
    for (const netwatch::Link& link : network_.links) {
        if (link.up && link.running && !link.loopback && !own_devices.contains(link.name)) {
            ask_on(link, gateway);
        }
    }
}

/// The earlier addresses may still be right in another network.
void PeerAddresses::on_found(const std::vector<ike::IpAddress>& found) {
    const auto known = named_.size();
    named_ = gateway_destinations(named_, netwatch::without_nat64(network_, found));
    named_.resize(std::min(named_.size(), std::max(known, most_named)));
    if (named_.size() != known) {
        events_.found(named_.back());
    }
}

void PeerAddresses::on_additional(const std::vector<ike::IpAddress>& addresses) {
    additional_ = netwatch::without_nat64(network_, addresses);
}

void PeerAddresses::on_network_changed() {
    named_ = netwatch::without_nat64(network_, named_);
    additional_ = netwatch::without_nat64(network_, additional_);
}

void PeerAddresses::forget_name() {
    named_.clear();
    resolution_.reset();
    by_link_.clear();
}

std::vector<ike::IpAddress> PeerAddresses::reached(const std::vector<ike::IpAddress>& known) const {
    auto addresses = netwatch::with_nat64(network_, known);
    std::erase_if(addresses, [this](const ike::IpAddress& address) {
        return std::ranges::count(families_, address.family()) == 0;
    });
    return addresses;
}

PeerAddressSet PeerAddresses::reachable() const {
    return {reached(named_), reached(additional_)};
}

std::vector<ike::IpAddress> PeerAddresses::all() const {
    const PeerAddressSet addresses = reachable();
    return gateway_destinations(addresses.named, addresses.additional);
}

}  // namespace agent

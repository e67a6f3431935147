// SPDX-License-Identifier: Apache-2.0
#include "ike/session/mobike/gateway_addresses.hpp"

#include <algorithm>

namespace ike::session {

using wire::NotifyPayload;
using wire::NotifyType;

namespace {

/// Of no use as a destination, or one without a scope that we don't have (RFC 4007 6).
bool is_no_host(const IpAddress& address) {
    const std::uint8_t first = address.bytes().front();
    const bool reserved = address.is_ipv4() && (first == 0 || first >= 240);  // RFC 1122 3.2.1.3
    return reserved || address.is_unspecified() || address.is_loopback() ||
           address.is_multicast() || address.is_link_local();
}

bool is_everything(const wire::TrafficSelector& selector) {
    return selector.contains(
        wire::TrafficSelector::from({IpAddress::any(selector.first.family()), 0}));
}

bool is_inside(const IpAddress& address, std::span<const wire::TrafficSelector> inside) {
    return std::ranges::any_of(inside, [&](const wire::TrafficSelector& selector) {
        return selector.contains(address) && !is_everything(selector);
    });
}

}  // namespace

std::optional<std::vector<IpAddress>> announced_addresses(std::span<const wire::Payload> payloads,
                                                          const IpAddress& sender) {
    bool told = false;
    std::vector<IpAddress> addresses{sender};
    for (const auto* notify : wire::find_all<NotifyPayload>(payloads)) {
        const bool one = notify->type == NotifyType::additional_ip4_address ||
                         notify->type == NotifyType::additional_ip6_address;
        told = told || one || notify->type == NotifyType::no_additional_addresses;
        const auto address = one ? wire::additional_address(*notify) : std::nullopt;
        if (address) {
            addresses.push_back(*address);
        }
    }
    return told ? std::optional(std::move(addresses)) : std::nullopt;
}

std::vector<IpAddress> outer_addresses(std::span<const IpAddress> announced,
                                       std::span<const wire::TrafficSelector> inside,
                                       const IpAddress& sender) {
    std::vector<IpAddress> outer;
    for (const IpAddress& address : announced) {
        if (outer.size() == max_additional_addresses) {
            break;
        }
        const bool usable = !is_no_host(address) && !is_inside(address, inside);
        const bool known = std::ranges::find(outer, address) != outer.end();
        if (!known && (usable || address == sender)) {
            outer.push_back(address);
        }
    }
    return outer;
}

std::vector<wire::Payload> announcement(std::span<const IpAddress> ours, const IpAddress& header) {
    std::vector<wire::Payload> payloads;
    for (const IpAddress& address : ours) {
        if (address != header) {
            payloads.push_back(wire::additional_address(address));
        }
    }
    if (payloads.empty()) {
        payloads.push_back(
            NotifyPayload{.type = NotifyType::no_additional_addresses, .data = {}, .spi = {}});
    }
    return payloads;
}

}  // namespace ike::session

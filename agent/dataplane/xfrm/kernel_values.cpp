// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/kernel_values.hpp"

#include "netwatch/attributes.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace agent::xfrm {

using ike::Family;
using ike::IpAddress;

std::uint16_t number(Family family) {
    return family == Family::ipv4 ? AF_INET : AF_INET6;
}

xfrm_address_t kernel_value(const IpAddress& address) {
    auto value = zeroed<xfrm_address_t>();
    std::memcpy(&value, address.bytes().data(), address.size());
    return value;
}

xfrm_selector kernel_value(const Selector& selector) {
    auto value = zeroed<xfrm_selector>();
    value.daddr = kernel_value(selector.destination.address);
    value.saddr = kernel_value(selector.source.address);
    value.dport = htons(selector.destination_port);
    value.dport_mask = htons(selector.destination_port_mask);
    value.sport = htons(selector.source_port);
    value.sport_mask = htons(selector.source_port_mask);
    value.family = number(selector.destination.address.family());
    value.prefixlen_d = selector.destination.length;
    value.prefixlen_s = selector.source.length;
    value.proto = selector.protocol;
    return value;
}

xfrm_usersa_id kernel_value(const StateKey& key) {
    auto value = zeroed<xfrm_usersa_id>();
    value.daddr = kernel_value(key.destination);
    value.spi = htonl(key.spi.value);
    value.family = number(key.destination.family());
    value.proto = IPPROTO_ESP;
    return value;
}

IpAddress address_of(const xfrm_address_t& address, Family family) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&address);
    return IpAddress::from_bytes({bytes, IpAddress::any(family).size()}).value();
}

std::optional<Selector> selector_of(const xfrm_selector& selector) {
    const auto family = netwatch::family_of(selector.family);
    if (!family) {
        return std::nullopt;
    }
    const std::size_t bits = IpAddress::any(*family).size() * 8;
    if (selector.prefixlen_s > bits || selector.prefixlen_d > bits) {
        return std::nullopt;
    }
    return Selector{.source = {address_of(selector.saddr, *family), selector.prefixlen_s},
                    .destination = {address_of(selector.daddr, *family), selector.prefixlen_d},
                    .protocol = selector.proto,
                    .source_port = ntohs(selector.sport),
                    .source_port_mask = ntohs(selector.sport_mask),
                    .destination_port = ntohs(selector.dport),
                    .destination_port_mask = ntohs(selector.dport_mask)};
}

}  // namespace agent::xfrm

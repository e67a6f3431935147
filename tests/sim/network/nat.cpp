// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/network/nat.hpp"

namespace sim {

using namespace ike;

Endpoint Nat::outward(const Endpoint& inside, Instant now) {
    auto found = mappings_.find(inside);
    if (found == mappings_.end() || now - found->second.used > timeout_) {
        found = mappings_.insert_or_assign(inside, Mapping{next_port_++, now}).first;
    }
    found->second.used = now;
    return {outside_, found->second.port};
}

std::optional<Endpoint> Nat::inward(const Endpoint& outside, Instant now) const {
    for (const auto& [inside, mapping] : mappings_) {
        if (mapping.port == outside.port && now - mapping.used <= timeout_) {
            return inside;
        }
    }
    return std::nullopt;
}

IpAddress Nat64::synthesised(const IpAddress& ipv4) const {
    const ByteView first = prefix_.address.bytes().first(12);
    Bytes bytes(first.begin(), first.end());
    bytes.insert(bytes.end(), ipv4.bytes().begin(), ipv4.bytes().end());
    return *IpAddress::from_bytes(bytes);
}

std::optional<Ends> Nat64::outward(const Ends& inside, Instant now) {
    if (!prefix_.contains(inside.to.address)) {
        return std::nullopt;
    }
    const auto ipv4 = IpAddress::from_bytes(inside.to.address.bytes().last(4));
    return Ends{nat_.outward(inside.from, now), {*ipv4, inside.to.port}};
}

std::optional<Ends> Nat64::inward(const Ends& outside, Instant now) const {
    const auto to =
        outside.to.address == nat_.outside() ? nat_.inward(outside.to, now) : std::nullopt;
    if (!to) {
        return std::nullopt;
    }
    return Ends{{synthesised(outside.from.address), outside.from.port}, *to};
}

}  // namespace sim

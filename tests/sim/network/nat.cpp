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

}  // namespace sim

// SPDX-License-Identifier: Apache-2.0
#include "ike/session/mobike/return_routability.hpp"

#include <algorithm>

namespace ike::session {

namespace {

constexpr std::size_t cookie2_size = 32;  // RFC 4555 4.2.5: 8 to 64 that nobody can predict
constexpr std::size_t max_checked = 16;   // a gateway with more than these is asked again

}  // namespace

std::optional<Challenge> ReturnRoutability::challenge(const IpAddress& gateway, bool update,
                                                      crypto::Random& random) const {
    const bool tests_first = when_ == RoutabilityCheck::before && !may_send(gateway);
    if (when_ == RoutabilityCheck::off || (!update && !tests_first)) {
        return std::nullopt;
    }
    return Challenge{.cookie2 = random.bytes(cookie2_size), .asked = gateway};
}

void ReturnRoutability::passed(const IpAddress& gateway) {
    std::erase(checked_, gateway);
    checked_.push_back(gateway);
    if (checked_.size() > max_checked) {
        checked_.pop_front();
    }
}

bool ReturnRoutability::may_send(const IpAddress& gateway) const {
    return when_ != RoutabilityCheck::before ||
           std::ranges::find(checked_, gateway) != checked_.end();
}

}  // namespace ike::session

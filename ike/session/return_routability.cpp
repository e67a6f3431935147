// SPDX-License-Identifier: Apache-2.0
#include "ike/session/return_routability.hpp"

#include <algorithm>

namespace ike::session {

using wire::NotifyType;

namespace {

constexpr std::size_t cookie2_size = 32;  // RFC 4555 4.2.5: 8 to 64 that nobody can predict
constexpr std::size_t max_checked = 16;   // a gateway with more than these is asked again

}  // namespace

bool Challenge::met_by(std::span<const wire::Payload> answer) const {
    const auto* echoed = wire::find_notify(answer, NotifyType::cookie2);
    return echoed != nullptr && echoed->data == cookie2;
}

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

wire::NotifyPayload cookie2_of(const Challenge& challenge) {
    return {.type = NotifyType::cookie2, .data = challenge.cookie2, .spi = {}};
}

}  // namespace ike::session

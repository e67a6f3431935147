// SPDX-License-Identifier: Apache-2.0
#include "ike/session/mobike/nat_mapping.hpp"

#include "ike/session/exchange/nat_detection.hpp"

namespace ike::session {

void NatMapping::learn(std::span<const wire::Payload> update_answer) {
    seen_ = mapping_in(update_answer).value_or(Bytes{});
}

bool NatMapping::is_changed(std::span<const wire::Payload> answer, bool no_data) {
    const auto now = mapping_in(answer);
    const bool suspect = !seen_ && no_data;
    const bool changed = can_compare() && now && *now != *seen_;
    if (suspect || changed) {
        forget();
    }
    return suspect || changed;
}

}  // namespace ike::session

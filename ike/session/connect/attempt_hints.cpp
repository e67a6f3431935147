// SPDX-License-Identifier: Apache-2.0
#include "ike/session/connect/attempt_hints.hpp"

#include <algorithm>

namespace ike::session {

void AttemptHints::add(const Failure& hint) {
    if (std::ranges::find(hints_, hint.reason, &Failure::reason) == hints_.end()) {
        hints_.push_back(hint);
    }
}

std::optional<Failure> AttemptHints::poll() {
    return told_ < hints_.size() ? std::optional(hints_[told_++]) : std::nullopt;
}

Failure AttemptHints::end(std::string silence) const {
    Failure failure{Reason::gateway_unreachable, std::move(silence)};
    if (!hints_.empty()) {
        failure.detail = "no gateway proved who it is; unconfirmed, anybody may have sent it";
        failure.unconfirmed = hints_.back().reason;
    }
    const char* separator = ": ";
    for (const Failure& hint : hints_) {
        failure.detail += separator + hint.detail;
        separator = "; ";
    }
    return failure;
}

}  // namespace ike::session

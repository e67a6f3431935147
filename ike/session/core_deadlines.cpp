// SPDX-License-Identifier: Apache-2.0
#include "ike/session/core.hpp"

#include <algorithm>

// When there is something to do next.
namespace ike::session {

namespace {

constexpr Instant overdue{};

/// The earlier of two deadlines, either of which may be missing.
std::optional<Instant> earlier(std::optional<Instant> left, std::optional<Instant> right) {
    if (!left || !right) {
        return left ? left : right;
    }
    return std::min(*left, *right);
}

}  // namespace

bool Session::Core::busy() const {
    if (output_.on_hold()) {
        return false;
    }
    return phase_ == Phase::connecting || (ike_sas_ && ike_sas_->any_waiting());
}

std::optional<Instant> Session::Core::next_deadline() const {
    if (phase_ == Phase::idle || phase_ == Phase::closed) {
        return std::nullopt;
    }
    auto next = closing_ ? std::optional(closing_->until) : std::nullopt;
    if (output_.on_hold()) {
        return next;
    }
    if (phase_ == Phase::connecting) {
        return attempt_->next_deadline();
    }
    next = earlier(next, peer_.give_up_at());
    next = earlier(next, ike_sas_->next_deadline());
    if (phase_ == Phase::established) {
        if (keeps_mapping()) {
            next = earlier(next, output_.last_sent() + config_.nat_keepalive);
        }
        next = earlier(next, next_wish());
    }
    if (mobike_.overtaking) {
        next = earlier(next, mobike_.overtaking->until);
    }
    next = earlier(next, mobike_.esp_waits_until);
    if (rescue_) {
        next =
            earlier(next, rescue_->answered ? std::optional(rescue_->since + round_trip_.patience())
                                            : rescue_->again);
    }
    return next;
}

/// When a request that nothing has asked for yet falls due. While one is in flight, none does.
std::optional<Instant> Session::Core::next_wish() const {
    if (ike().window.waiting() || closing_ || undecided()) {
        return std::nullopt;
    }
    if (mobike_.pending_update) {
        return earlier(mobike_.update_from, renewal_.deadline());
    }
    if (additional_.pending() && mobike_.supported) {
        return overdue;
    }
    std::optional<Instant> next;
    if (!ike_sas_->successor()) {
        next = next_rekey();
        next = earlier(next, children_->deletion_due());
    }
    next = earlier(next, peer_.next_request_due());
    return earlier(next, renewal_.deadline());
}

Instant Session::Core::next_rekey() const {
    std::optional<Instant> next = ike_sas_->rekey_due();
    next = earlier(next, children_->creation_due());
    next = earlier(next, children_->rekey_due());
    return std::max(*next, refusals_.not_before());
}

}  // namespace ike::session

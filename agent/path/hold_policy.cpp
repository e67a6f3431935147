// SPDX-License-Identifier: Apache-2.0
#include "agent/path/hold_policy.hpp"

#include "netwatch/policy.hpp"

#include <algorithm>

namespace agent {

namespace {

bool is_restriction(const std::string& reason) {
    return reason == name(netwatch::RoamReason::portal) ||
           reason == name(netwatch::RoamReason::limited);
}

bool says_less(const std::string& reason, const std::string& before) {
    return reason == name(netwatch::RoamReason::no_path) && !before.empty() &&
           !is_restriction(before);
}

}  // namespace

bool HoldPolicy::hold(const std::string& reason, ike::Instant now) {
    if (reason == reason_ || says_less(reason, reason_)) {
        return false;
    }
    reason_ = reason;
    tries_restricted_ = false;
    if (is_restriction(reason)) {
        wait_ = std::clamp(2 * wait_, first_wait, longest_wait);
        turn_ = now + wait_;
    } else {
        wait_ = {};
        turn_.reset();
    }
    return true;
}

void HoldPolicy::limit(ike::Duration longest, ike::Instant now) {
    if (longest != ike::Duration{} && wait_ == ike::Duration{}) {
        give_up_ = now + longest;
    }
}

void HoldPolicy::reset() {
    give_up_.reset();
    turn_.reset();
    tries_restricted_ = false;
    wait_ = {};
}

std::optional<ike::Instant> HoldPolicy::next_deadline() const {
    return turn_ && give_up_ ? std::min(turn_, give_up_) : turn_ ? turn_ : give_up_;
}

HoldStep HoldPolicy::on_deadline(ike::Instant now) {
    const auto due = next_deadline();
    if (!due || now < *due) {
        return HoldStep::none;
    }
    if (due == give_up_) {
        give_up_.reset();
        return HoldStep::give_up;
    }
    tries_restricted_ = !tries_restricted_;
    turn_ = tries_restricted_ ? std::optional(now + tried_for) : std::nullopt;
    return tries_restricted_ ? HoldStep::try_restricted : HoldStep::heed_restrictions;
}

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#include "agent/wish/retry_policy.hpp"

#include <algorithm>
#include <utility>

namespace agent {

Retry RetryPolicy::failed(MendedBy mended_by, ike::Instant now, double chance) {
    take_end(now);
    const bool person = mended_by != MendedBy::time;
    const ike::Duration least = mended_by == MendedBy::login ? first_after_login : first;
    Retry retry = delayed(least, person ? longest_for_person : longest, chance);
    retry.needs_person = person;
    return retry;
}

Retry RetryPolicy::ended_as_planned(ike::Instant now, double chance) {
    take_end(now);
    return ++short_ends_ <= free_ends ? Retry{} : delayed(first, longest, chance);
}

void RetryPolicy::take_end(ike::Instant now) {
    const auto since = std::exchange(connected_since_, std::nullopt);
    if (since && now - *since >= lasting) {
        failures_ = short_ends_ = 0;
    }
}

Retry RetryPolicy::delayed(ike::Duration least, ike::Duration bound, double chance) {
    constexpr unsigned enough = 20;  // doublings, to be at any bound
    const ike::Duration base = std::clamp<ike::Duration>(first * (1U << failures_), least, bound);
    failures_ = std::min(failures_ + 1, enough);
    const double factor = 1 + jitter * (2 * chance - 1);
    const std::chrono::duration<double, ike::Duration::period> varied = base * factor;
    return {.delay = std::chrono::duration_cast<ike::Duration>(varied)};
}

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#include "ike/session/liveness/round_trip.hpp"

#include <algorithm>

namespace ike::session {

using namespace std::chrono_literals;

namespace {

constexpr int slow_answers = 2;  // round trips that an answer may take

}  // namespace

Duration RoundTrip::late() const {
    return measured_ ? std::clamp<Duration>(*measured_ * 2, 50ms, 400ms) : 100ms;
}

bool RoundTrip::may_be_answered_yet(Instant now) const {
    return measured_ && now < asked_at_ + *measured_ * slow_answers;
}

Duration RoundTrip::reorder_margin(Duration took) const {
    // One way of the two, with a quarter for its jitter. Of the other path's only a half counts:
    // the gateway may have been slow to answer, and the way there may be the shorter one.
    const Duration margin = measured_ ? *measured_ * 5 / 8 - took / 4 : Duration::zero();
    return margin > Duration::zero() ? std::clamp<Duration>(margin, 3ms, 150ms) : Duration::zero();
}

Duration RoundTrip::patience() const {
    return measured_ ? std::clamp<Duration>(*measured_ * 3, 150ms, 2s) : 300ms;
}

}  // namespace ike::session

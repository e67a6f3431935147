// SPDX-License-Identifier: Apache-2.0
#include "ike/session/liveness/rescue.hpp"

#include <algorithm>

namespace ike::session {

using namespace std::chrono_literals;

Duration RoundTrip::late() const {
    return measured ? std::clamp<Duration>(*measured * 2, 50ms, 400ms) : 100ms;
}

Duration RoundTrip::lead_of(Duration took) const {
    // One way of the two, with a quarter for its jitter. Of the other path's only a half counts:
    // the gateway may have been slow to answer, and the way there may be the shorter one.
    const Duration lead = measured ? *measured * 5 / 8 - took / 4 : Duration::zero();
    return lead > Duration::zero() ? std::clamp<Duration>(lead, 3ms, 150ms) : Duration::zero();
}

Duration RoundTrip::patience() const {
    return measured ? std::clamp<Duration>(*measured * 3, 150ms, 2s) : 300ms;
}

}  // namespace ike::session

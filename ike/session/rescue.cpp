// SPDX-License-Identifier: Apache-2.0
#include "ike/session/rescue.hpp"

#include <algorithm>

namespace ike::session {

using namespace std::chrono_literals;

Duration RoundTrip::late() const {
    return measured ? std::clamp<Duration>(*measured * 2, 50ms, 400ms) : 100ms;
}

Duration RoundTrip::patience() const {
    return measured ? std::clamp<Duration>(*measured * 3, 150ms, 2s) : 300ms;
}

}  // namespace ike::session

// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/event_pace.hpp"

#include <algorithm>

namespace agent {

/// Each look costs `gather` of a credit that time pays back.
ike::Duration EventPace::after_look(ike::Instant now) {
    quiet_from_ = std::max(quiet_from_, now) + gather;
    return std::max(quiet_from_ - now - in_a_row * gather, ike::Duration{});
}

}  // namespace agent

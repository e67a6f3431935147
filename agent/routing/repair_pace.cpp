// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/repair_pace.hpp"

#include <algorithm>

namespace agent {

ike::Instant RepairPace::due(ike::Instant now) const {
    return last_ ? std::max(now, *last_ + pause_) : now;
}

void RepairPace::looked(ike::Instant now) {
    if (last_ && now - *last_ > quiet) {
        looks_ = 0;
        pause_ = {};
    }
    last_ = now;
    if (++looks_ >= at_once) {
        pause_ = std::clamp(2 * pause_, first_pause, longest_pause);
    }
}

bool RepairPace::fought(ike::Instant now) const {
    return looks_ > at_once && last_ && now - *last_ <= quiet;
}

}  // namespace agent

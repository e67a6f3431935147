// SPDX-License-Identifier: Apache-2.0
#include "agent/reconnect_delay.hpp"

#include <algorithm>

namespace agent {

ike::Duration ReconnectDelay::next(double chance) {
    const double factor = 1 + jitter * (2 * chance - 1);
    const std::chrono::duration<double, ike::Duration::period> varied = base_ * factor;
    base_ = std::min(base_ * 2, longest);
    return std::chrono::duration_cast<ike::Duration>(varied);
}

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/clock.hpp"

#include <chrono>
#include <vector>

namespace agent {

/// How often somebody's changes of name servers are undone: five times a minute. Then whoever makes
/// them wins, and it is shown.
class Quarrel {
  public:
    [[nodiscard]] bool goes_on(MonotonicTime now) {
        constexpr std::size_t most = 5;
        constexpr MonotonicTime period = std::chrono::minutes(1);
        std::erase_if(times_, [&](MonotonicTime time) { return time + period < now; });
        if (times_.size() >= most) {
            return false;
        }
        times_.push_back(now);
        return true;
    }

  private:
    std::vector<MonotonicTime> times_;
};

}  // namespace agent

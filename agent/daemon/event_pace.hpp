// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"

namespace agent {

using namespace std::chrono_literals;

/// When to look at the next events of the network: at once, until so many came in a row that a look
/// after each is work for nothing, as where containers start by the hundred. Then they gather for a
/// moment first. A network that comes or goes is a handful of looks, and is never late.
class EventPace {
  public:
    static constexpr int in_a_row = 32;
    static constexpr ike::Duration gather = 5ms;

    /// One look has been taken. How long the next one is to wait.
    ike::Duration after_look(ike::Instant now);

  private:
    ike::Instant quiet_from_{};  // then `in_a_row` looks are free again
};

}  // namespace agent

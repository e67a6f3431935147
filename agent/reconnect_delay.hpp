// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"

namespace agent {

using namespace std::chrono_literals;

/// How long to wait before the next attempt to connect: twice as long each time, within bounds, and
/// varied so that the clients of a gateway that restarts don't come all at once.
class ReconnectDelay {
  public:
    static constexpr ike::Duration first = 1s;
    static constexpr ike::Duration longest = 2min;
    static constexpr double jitter = 0.25;

    /// `chance` is a random number from 0 up to, not including, 1.
    ike::Duration next(double chance);
    /// The connection was made: the next loss is a new story.
    void reset() { base_ = first; }

  private:
    ike::Duration base_ = first;
};

}  // namespace agent

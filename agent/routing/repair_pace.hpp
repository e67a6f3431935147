// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"

#include <chrono>
#include <optional>

namespace agent {

/// When to look again at what is ours in the kernel, after somebody touched it: at once the first
/// times, for until it is put back a packet may go astray; then after growing pauses, so that
/// somebody who takes it away again and again costs little. A while of quiet, and all is as at
/// first.
class RepairPace {
  public:
    static constexpr int at_once = 8;
    static constexpr ike::Duration first_pause = std::chrono::milliseconds(100);
    static constexpr ike::Duration longest_pause = std::chrono::seconds(5);
    static constexpr ike::Duration quiet = std::chrono::seconds(15);

    /// Of the next look, if it is wanted now.
    [[nodiscard]] ike::Instant due(ike::Instant now) const;
    void looked(ike::Instant now);
    /// Somebody touches it again and again.
    [[nodiscard]] bool fought(ike::Instant now) const;

  private:
    int looks_ = 0;  // without quiet between them
    ike::Duration pause_{};
    std::optional<ike::Instant> last_;
};

}  // namespace agent

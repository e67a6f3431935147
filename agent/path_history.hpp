// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/base/strong.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace agent {

/// What the uplinks have done lately, and so which of them not to go back to yet: one that carried
/// nothing is tried again after 10 s, 20 s, ... 5 min; one that keeps vanishing has to stay for
/// `dwell`, twice that, ... 1 min first. Reads no clock.
class PathHistory {
  public:
    explicit PathHistory(ike::Duration dwell) : dwell_(dwell) {}

    /// It looked well and carried nothing, or was tested and did not answer.
    void died(ike::InterfaceIndex interface, ike::Instant now);
    /// It vanished while it was in use.
    void vanished(ike::InterfaceIndex interface, ike::Instant now);
    /// It is another one now, a link that was made anew: that it carried nothing says no more.
    void renewed(ike::InterfaceIndex interface);

    /// The uplinks that there were, and those that there are: what is gone has vanished.
    void note_uplinks(const std::vector<ike::InterfaceIndex>& before,
                      const std::vector<ike::InterfaceIndex>& usable, ike::Instant now);

    [[nodiscard]] std::vector<ike::InterfaceIndex> avoided(ike::Instant now) const;
    /// When the next one is avoided no longer.
    [[nodiscard]] std::optional<ike::Instant> next(ike::Instant now) const;

  private:
    struct Entry {
        ike::Instant dead_until{};
        ike::Duration dead_wait{};
        std::deque<ike::Instant> vanished{};
        ike::Instant unsteady_until{};
        [[nodiscard]] ike::Instant until() const { return std::max(dead_until, unsteady_until); }
    };
    ike::Duration dwell_;
    std::map<ike::InterfaceIndex, Entry> entries_;
};

}  // namespace agent

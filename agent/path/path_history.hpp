// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/session.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace agent {

/// How the uplinks have behaved lately, and so which of them not to go back to yet: one that
/// carried nothing is tried again after 10 s, 20 s, ... 5 min; one that keeps vanishing has to stay
/// for `dwell`, twice that, ... 1 min first. A path that carried nothing is suspected for 5 min
/// longer: the other addresses of its device come before it. Reads no clock.
class PathHistory {
  public:
    explicit PathHistory(ike::Duration dwell) : dwell_(dwell) {}

    /// The path looked well and carried nothing, or was tested and did not answer; and so did its
    /// device, as far as is known.
    void died(const ike::session::AddressPair& path, ike::Instant now);
    /// The path carried nothing, and another address of its device does.
    void died_alone(const ike::session::AddressPair& path, ike::Instant now);
    /// It vanished while it was in use.
    void vanished(ike::InterfaceIndex interface, ike::Instant now);
    /// It is another one now, a link that was made anew: that it carried nothing says no more.
    void renewed(ike::InterfaceIndex interface);

    /// The paths that there were, and those that there are: an uplink that is gone has vanished,
    /// and one with a new address may carry again.
    void note_paths(const std::vector<ike::session::AddressPair>& before,
                    const std::vector<ike::session::AddressPair>& usable, ike::Instant now);

    [[nodiscard]] std::vector<ike::InterfaceIndex> avoided(ike::Instant now) const;
    [[nodiscard]] std::vector<ike::session::AddressPair> suspected(ike::Instant now) const;
    /// When the next uplink is avoided no longer.
    [[nodiscard]] std::optional<ike::Instant> next(ike::Instant now) const;

  private:
    /// Each time it carries nothing the wait is twice as long, until it has behaved for a while.
    struct Death {
        ike::Instant until{};
        ike::Duration wait{};
        void again(ike::Instant now);
    };
    struct Entry {
        Death death{};
        std::deque<ike::Instant> vanished{};
        ike::Instant unsteady_until{};
        [[nodiscard]] ike::Instant until() const { return std::max(death.until, unsteady_until); }
    };
    ike::Duration dwell_;
    std::map<ike::InterfaceIndex, Entry> entries_;
    std::map<ike::session::AddressPair, Death> paths_;  // of those that there are
};

}  // namespace agent

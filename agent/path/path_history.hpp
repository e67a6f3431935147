// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/session.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace agent {

/// How the uplinks have behaved lately, and so which of them to avoid. An uplink that carried
/// nothing is avoided for 10 s, 20 s, ... 5 min. An uplink that keeps vanishing is avoided until it
/// has stayed for `dwell`, twice `dwell`, ... 1 min. A path that carried nothing is suspected for
/// 5 min longer: the other addresses of its device come before it. Reads no clock.
class PathHistory {
  public:
    explicit PathHistory(ike::Duration dwell) : dwell_(dwell) {}

    /// The path looked well and carried nothing, or was tested and did not answer. Nothing is known
    /// of a path of the same device that does better.
    void died(const ike::session::AddressPair& path, ike::Instant now);
    /// The path carried nothing, and another address of its device does.
    void died_alone(const ike::session::AddressPair& path, ike::Instant now);
    /// The uplink vanished while it was in use.
    void vanished(ike::InterfaceIndex interface, ike::Instant now);
    /// The uplink is another network now, so its earlier failures count no more.
    void renewed(ike::InterfaceIndex interface);

    /// The paths before and after a change of the network: an uplink that is gone has vanished, and
    /// an uplink with a new address may carry again.
    void note_paths(const std::vector<ike::session::AddressPair>& before,
                    const std::vector<ike::session::AddressPair>& usable, ike::Instant now);

    [[nodiscard]] std::vector<ike::InterfaceIndex> avoided(ike::Instant now) const;
    [[nodiscard]] std::vector<ike::session::AddressPair> suspected(ike::Instant now) const;
    /// When the next uplink is avoided no longer.
    [[nodiscard]] std::optional<ike::Instant> next(ike::Instant now) const;

  private:
    /// A failure. The wait doubles with each one, until there was none for a while.
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
    std::map<ike::session::AddressPair, Death> paths_;  // present paths only
};

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/session/session.hpp"

#include <optional>
#include <vector>

namespace agent {

using namespace std::chrono_literals;

/// A round of attempts: each path to the gateway has its turn once. A turn lasts `patience()` while
/// there are several paths, so that a network that swallows IKE does not keep the others waiting.
/// The turns are twice as long in each round, for slow networks. Reads no clock.
class AttemptRound {
  public:
    using Paths = std::vector<ike::session::AddressPair>;
    static constexpr ike::Duration first_patience = 5s;
    static constexpr ike::Duration longest_patience = 40s;
    /// A turn is longer by this factor when something was received on its path.
    static constexpr int when_heard = 3;

    /// The path whose turn it is: `best`, else the first of `all` that had no turn. When all had
    /// one, the next round begins.
    ike::session::AddressPair take(const ike::session::AddressPair& best, const Paths& all);
    /// One of these paths has had no turn in this round.
    [[nodiscard]] bool waits(const Paths& all) const;
    [[nodiscard]] bool had_turn(const ike::session::AddressPair& path) const;
    [[nodiscard]] ike::Duration patience() const { return patience_; }
    /// A connection was made.
    void reset() { *this = {}; }

  private:
    Paths tried_;
    ike::Duration patience_ = first_patience;
};

}  // namespace agent

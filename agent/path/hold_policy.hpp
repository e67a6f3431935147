// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"

#include <optional>
#include <string>

namespace agent {

using namespace std::chrono_literals;

/// The step of a tunnel without a path when the deadline of its HoldPolicy has come.
enum class HoldStep : std::uint8_t {
    none,               // the deadline has not come yet
    give_up,            // the gateway has forgotten the IKE SA by now, or will soon
    try_restricted,     // uplinks with a portal or limited connectivity are paths from now on
    heed_restrictions,  // restricted uplinks are no paths any more: the try is over
};

/// How a tunnel holds: for which reason, how long before it gives up the IKE SA, and when it tries
/// a restricted uplink: one that NetworkManager's check calls a portal or limited. The check may
/// take a proxy that lets IKE through for a portal. And the check never succeeds where the tunnel's
/// own packet filter drops its question to the name server. So a restriction is heeded for 10 s,
/// then the uplink is tried for 5 s, the restriction heeded for 20 s, ... 160 s. Reads no clock.
class HoldPolicy {
  public:
    static constexpr ike::Duration first_wait = 10s;
    static constexpr ike::Duration longest_wait = 160s;
    static constexpr ike::Duration tried_for =
        5s;  // two round trips of a bad network, and a repeat

    /// There is no path, for this reason ("no-path", "portal", ...). True: the reason is another
    /// one than before. It may change while the tunnel holds, as when a link comes back with a
    /// portal behind it. "no-path" replaces no other reason but a restriction: why the last path
    /// went says more.
    bool hold(const std::string& reason, ike::Instant now);
    /// The IKE SA that is held is given up after `longest`; never if that is zero, or if a
    /// restriction was the reason when the hold began.
    void limit(ike::Duration longest, ike::Instant now);
    void end_limit() { give_up_.reset(); }
    /// A path is taken. The next wait for a restriction is still longer than the last one.
    void path_taken() { reason_.clear(); }
    /// The tunnel is connected, or needs no path: the next wait is the first one again.
    void reset();

    [[nodiscard]] std::optional<ike::Instant> next_deadline() const;
    /// The step that is due; another one may be due after it.
    HoldStep on_deadline(ike::Instant now);

    /// Empty: the tunnel does not hold.
    [[nodiscard]] const std::string& reason() const { return reason_; }
    [[nodiscard]] bool tries_restricted() const { return tries_restricted_; }

  private:
    std::string reason_;
    bool tries_restricted_ = false;
    ike::Duration wait_{};  // the present restriction is heeded for so long; zero: there is none
    std::optional<ike::Instant> turn_;  // when to change from heeding to trying, or back
    std::optional<ike::Instant> give_up_;
};

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"

#include <optional>
#include <string>

namespace agent {

using namespace std::chrono_literals;

/// What a tunnel without a path does when the deadline of its HoldPolicy has come.
enum class HoldStep : std::uint8_t {
    none,               // it was too early
    give_up,            // the gateway has forgotten the IKE SA by now, or will soon
    try_restricted,     // uplinks with a portal or limited connectivity are paths from now on
    heed_restrictions,  // they are none any more: the try is over
};

/// How a tunnel holds: for which reason, how long before the IKE SA is given up, and when to try an
/// uplink that NetworkManager's check speaks against. That check may take for a portal what is a
/// proxy that lets IKE through; and where the tunnel that waits holds back what the check asks the
/// name server, the check finds nothing ever. So a restriction is heeded for 10 s, then tried for
/// 5 s, heeded for 20 s, ... 160 s. Reads no clock.
class HoldPolicy {
  public:
    static constexpr ike::Duration first_wait = 10s;
    static constexpr ike::Duration longest_wait = 160s;
    static constexpr ike::Duration tried_for =
        5s;  // two round trips of a bad network, and a repeat

    /// There is no path, for this reason ("no-path", "portal", ...). Whether it is another reason
    /// than before: it may change while the tunnel holds, as when a link comes back with a portal
    /// behind it. That there is no path still is none: why the last path went says more, unless
    /// that stands in the way no more.
    bool hold(const std::string& reason, ike::Instant now);
    /// The IKE SA that is held is given up after so long; never if that is zero, or if a
    /// restriction stood in the way when the hold began.
    void limit(ike::Duration longest, ike::Instant now);
    void end_limit() { give_up_.reset(); }
    /// A path is taken. That is not yet a reason to heed a restriction for the first wait again.
    void path_taken() { reason_.clear(); }
    /// The tunnel is connected, or needs no path: nothing stands in the way any more.
    void reset();

    [[nodiscard]] std::optional<ike::Instant> next_deadline() const;
    /// One step; another one may be due after it.
    HoldStep on_deadline(ike::Instant now);

    /// Empty: it does not hold.
    [[nodiscard]] const std::string& reason() const { return reason_; }
    [[nodiscard]] bool tries_restricted() const { return tries_restricted_; }

  private:
    std::string reason_;
    bool tries_restricted_ = false;
    ike::Duration wait_{};  // that the present restriction is heeded for; zero: there is none
    std::optional<ike::Instant> turn_;  // from heeding to trying, or back
    std::optional<ike::Instant> give_up_;
};

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"

#include <optional>

namespace agent {

using namespace std::chrono_literals;

/// A failure is mended by:
enum class MendedBy : std::uint8_t {
    time,    // or by another network
    person,  // somebody has to change something
    login,   // likewise, and gateways lock accounts after some failed logins
};

/// The next attempt.
struct Retry {
    ike::Duration delay{};
    bool needs_person = false;
    friend bool operator==(const Retry&, const Retry&) = default;
};

/// When to try again while a wish stands. No error is final: the delay doubles from `first` with
/// each attempt, up to a bound. A failure that only a person can mend has the higher bound; its
/// first delays are the same, because a gateway that restarts refuses for some seconds what it
/// grants later. After a refused login the delay is `first_after_login` at least, so the login is
/// repeated six times an hour at most. The delay varies by `jitter`, so that the clients of a
/// gateway that restarts do not come all at once. After a connection that lasted, the delays begin
/// anew; a shorter one counts as one more failure. Reads no clock.
class RetryPolicy {
  public:
    static constexpr ike::Duration first = 1s;
    static constexpr ike::Duration longest = 2min;
    static constexpr ike::Duration longest_for_person = 15min;
    static constexpr ike::Duration first_after_login = 10min;
    static constexpr ike::Duration lasting = 1min;
    static constexpr unsigned free_ends = 3;  // planned ends of short connections, in a row
    static constexpr double jitter = 0.25;

    void connected(ike::Instant now) { connected_since_ = now; }
    /// An attempt failed, or a connection was lost. `chance` is a random number from 0 up to, not
    /// including, 1.
    Retry failed(MendedBy mended_by, ike::Instant now, double chance);
    /// A connection ended as we, or the gateway, had planned: the next one follows at once, unless
    /// `free_ends` short ones came before it in a row.
    Retry ended_as_planned(ike::Instant now, double chance);

  private:
    void take_end(ike::Instant now);
    Retry delayed(ike::Duration least, ike::Duration bound, double chance);

    unsigned failures_ = 0;    // since the last connection that lasted
    unsigned short_ends_ = 0;  // planned
    std::optional<ike::Instant> connected_since_;
};

}  // namespace agent

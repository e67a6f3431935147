// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"

#include <optional>

namespace agent {

using namespace std::chrono_literals;

/// Who has to do something before another attempt can succeed.
enum class MendedBy : std::uint8_t {
    time,    // nobody: it may pass, or another network is better
    person,  // somebody has to change something
    login,  // likewise, and each attempt is one more failed login, for which gateways lock accounts
};

/// The next attempt.
struct Retry {
    ike::Duration delay{};
    bool needs_person = false;
    friend bool operator==(const Retry&, const Retry&) = default;
};

/// When to try again while a wish stands. No error is final: the delay doubles from `first` with
/// each attempt, up to a bound; what only a person can mend has the higher bound, and the same
/// first delays, because a gateway that restarts refuses for some seconds what it grants later. A
/// refused login waits for `first_after_login` each time, so it is repeated six times an hour. The
/// delay varies by `jitter` so that the clients of a gateway that restarts don't come all at once.
/// A connection that lasted starts the delays anew; a shorter one counts as one more failure. Reads
/// no clock.
class RetryPolicy {
  public:
    static constexpr ike::Duration first = 1s;
    static constexpr ike::Duration longest = 2min;
    static constexpr ike::Duration longest_for_person = 15min;
    static constexpr ike::Duration first_after_login = 10min;
    static constexpr ike::Duration lasting = 1min;
    static constexpr unsigned free_ends = 3;  // planned ones of short connections, in a row
    static constexpr double jitter = 0.25;

    void connected(ike::Instant now) { connected_since_ = now; }
    /// An attempt failed, or a connection was lost. `chance` is a random number from 0 up to, not
    /// including, 1.
    Retry failed(MendedBy mended_by, ike::Instant now, double chance);
    /// A connection ended as we, or the gateway, had planned it: the next one follows at once,
    /// unless such ends follow each other as well.
    Retry ended_as_planned(ike::Instant now, double chance);

  private:
    void take_end(ike::Instant now);
    Retry delayed(ike::Duration least, ike::Duration bound, double chance);

    unsigned failures_ = 0;    // since the last connection that lasted
    unsigned short_ends_ = 0;  // planned
    std::optional<ike::Instant> connected_since_;
};

}  // namespace agent

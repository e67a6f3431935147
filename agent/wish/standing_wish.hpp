// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace agent {

/// How long a wish for a tunnel stands. No error ends it.
enum class WishLasts : std::uint8_t {
    until_ended,      // by a person
    unless_it_fails,  // before the tunnel was ever connected: a run in the foreground
};

/// A person's wish for one tunnel, as it stands in this run of the daemon.
struct StandingWish {
    bool stands = false;
    WishLasts lasts = WishLasts::until_ended;
    bool fulfilled = false;  // the tunnel was connected since the wish began
    bool run_ends = false;   // the wish stands, and this run of the daemon does no more for it

    [[nodiscard]] bool goes_on() const { return stands && !run_ends; }
    [[nodiscard]] bool ends_with_first_failure() const {
        return !fulfilled && lasts == WishLasts::unless_it_fails;
    }
    /// The networks that the tunnel covers stay blocked without the daemon.
    [[nodiscard]] bool keeps_block() const { return stands && fulfilled; }
};

}  // namespace agent

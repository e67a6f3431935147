// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace ike {

using namespace std::chrono_literals;

/// The kernel's CLOCK_BOOTTIME. CLOCK_MONOTONIC stands still in suspend, so after a night in a bag
/// SA lifetimes and NAT mappings would look young. Has no now(): time is handed in.
struct BootClock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<BootClock>;
    static constexpr bool is_steady = true;
};

using Instant = BootClock::time_point;
using Duration = BootClock::duration;

}  // namespace ike

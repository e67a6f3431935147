// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <ctime>

namespace agent {

/// CLOCK_MONOTONIC, as it stands in every record a person sees.
using MonotonicTime = std::chrono::microseconds;

/// CLOCK_MONOTONIC now: the time of the records, not of the session.
inline MonotonicTime monotonic_now() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::chrono::duration_cast<MonotonicTime>(std::chrono::seconds(now.tv_sec) +
                                                     std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace agent

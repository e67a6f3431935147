// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// The common part of the laboratory's tools. They have no state worth saving: anything unexpected
// ends them.
namespace lab {

template <typename T>
T check(T returned, const char* what) {
    if (returned < 0) {
        std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
        std::exit(1);
    }
    return returned;
}

// Microseconds of CLOCK_MONOTONIC, which is what steady_clock is on Linux.
inline std::uint64_t now_us() {
    using namespace std::chrono;
    const auto now = steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(duration_cast<microseconds>(now).count());
}

// Real-time priority, so that a busy machine does not show in the figures. Without the right to it
// they are less exact, that is all.
inline void be_first() {
    const sched_param priority{10};
    sched_setscheduler(0, SCHED_FIFO, &priority);
}

}  // namespace lab

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "netwatch/fd.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace agent {

// A descriptor by which one thread wakes another: readable from signal() to clear().

/// None when the process has no descriptor left; errno says so.
inline netwatch::Fd make_event_fd() {
    return netwatch::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

inline void signal(const netwatch::Fd& fd) {
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then the descriptor is readable anyway.
    (void)!::write(fd.get(), &one, sizeof one);
}

inline void clear(const netwatch::Fd& fd) {
    std::uint64_t count = 0;
    (void)!::read(fd.get(), &count, sizeof count);
}

}  // namespace agent

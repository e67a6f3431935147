// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/expects.hpp"
#include "netwatch/fd.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace agent {

// A descriptor by which one thread wakes another: readable from signal() to clear().

inline netwatch::Fd make_event_fd() {
    netwatch::Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    ike::expects(static_cast<bool>(fd), "the process has a descriptor left for an eventfd");
    return fd;
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

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/rtnetlink.hpp"

#include <cstddef>

namespace agent {

/// What a run that was killed left in the kernel. Its devices went with the process, and so did the
/// addresses and routes on them.
struct Leftovers {
    std::size_t rules = 0;
    std::size_t routes = 0;
    [[nodiscard]] bool any() const { return rules + routes != 0; }
};

/// Removes all that bears route_protocol in tables or at priorities of ours, and tells how much it
/// was. To be called once, before the first tunnel, by whoever holds the InstanceLock: else it
/// takes what a running daemon needs.
ike::Result<Leftovers, SystemError> remove_leftovers();

/// Held as long as it lives: the only roamd of its network namespace. Vanishes with the process,
/// however that ends.
class InstanceLock {
  public:
    static ike::Result<InstanceLock, SystemError> take();
    InstanceLock(InstanceLock&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)) {}
    InstanceLock& operator=(InstanceLock&&) = delete;
    InstanceLock(const InstanceLock&) = delete;
    InstanceLock& operator=(const InstanceLock&) = delete;
    ~InstanceLock();

  private:
    explicit InstanceLock(int descriptor) : descriptor_(descriptor) {}

    int descriptor_;
};

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/system_error.hpp"
#include "ike/base/result.hpp"

#include <utility>

namespace agent {

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

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "ike/base/result.hpp"
#include "netwatch/fd.hpp"

#include <filesystem>
#include <utility>

namespace agent {

/// Held as long as it lives: the only roamd of its network namespace, of those with this runtime
/// directory. Vanishes with the process, however that ends. A file in a folder that only we may
/// write to, so nobody else can hold it.
class InstanceLock {
  public:
    /// The folder is made if need be.
    static ike::Result<InstanceLock, SystemError> take(const std::filesystem::path& folder);

  private:
    explicit InstanceLock(netwatch::Fd fd) : fd_(std::move(fd)) {}

    netwatch::Fd fd_;
};

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "ike/base/ip.hpp"
#include "ike/base/result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace agent {

/// A tunnel's device and virtual addresses, as an earlier run left them.
struct StaleDevice {
    std::string name;
    std::vector<ike::IpAddress> addresses;
};

/// The state in the kernel that an earlier run left of a tunnel that is wanted still: it blocks
/// what the tunnel covers until take_over() or leave(); else it is removed with this object.
class StaleBlock {
  public:
    StaleBlock() = default;
    StaleBlock(const StaleBlock&) = delete;
    StaleBlock& operator=(const StaleBlock&) = delete;
    virtual ~StaleBlock() = default;

    /// It stays, for the next run of the daemon.
    virtual void leave() = 0;
    /// Its routes and rules are the tunnel's now, and so is `device`; another one goes.
    virtual ike::Result<void, SystemError> take_over(const std::string& device) = 0;
    [[nodiscard]] virtual std::optional<StaleDevice> device() const = 0;
};

}  // namespace agent

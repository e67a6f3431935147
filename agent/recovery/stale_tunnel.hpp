// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "ike/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace agent {

/// What remove_leftovers() kept of one tunnel, until another run of the tunnel has its place: then
/// take_over(), or until it is given up: then it is removed with this object.
class LeftBlock {
  public:
    explicit LeftBlock(std::uint32_t number) : number_(number) {}
    LeftBlock(LeftBlock&& other) noexcept : number_(std::exchange(other.number_, std::nullopt)) {}
    LeftBlock& operator=(LeftBlock&&) = delete;
    LeftBlock(const LeftBlock&) = delete;
    LeftBlock& operator=(const LeftBlock&) = delete;
    ~LeftBlock();

    /// It stays in the kernel, for the next run of the daemon.
    void leave() { number_.reset(); }
    /// Its routes and rules are the tunnel's now, and so is `device`; another one goes.
    ike::Result<void, SystemError> take_over(const std::string& device);

  private:
    std::optional<std::uint32_t> number_;  // none: moved away, or taken over
};

}  // namespace agent

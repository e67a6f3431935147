// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/linux/kernel_ids.hpp"

#include <cstdint>
#include <optional>
#include <set>

namespace agent {

/// The numbers of tunnels (kernel_ids.hpp): each belongs to one tunnel at a time, and a tunnel
/// keeps its own over reloads and restarts, for what it has in the kernel is found by it.
class NumberPool {
  public:
    /// `wanted` if it is free, else the lowest free one; none when all are taken.
    std::optional<std::uint32_t> take(std::optional<std::uint32_t> wanted = {});
    void give_back(std::uint32_t number) { taken_.erase(number); }

  private:
    std::set<std::uint32_t> taken_;
};

}  // namespace agent

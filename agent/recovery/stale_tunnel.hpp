// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/recovery/stale_block.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace agent {

/// The state of one tunnel in the kernel that remove_leftovers() kept.
class LeftBlock final : public StaleBlock {
  public:
    explicit LeftBlock(std::uint32_t number) : number_(number) {}
    LeftBlock(LeftBlock&& other) noexcept : number_(std::exchange(other.number_, std::nullopt)) {}
    LeftBlock& operator=(LeftBlock&&) = delete;
    LeftBlock(const LeftBlock&) = delete;
    LeftBlock& operator=(const LeftBlock&) = delete;
    ~LeftBlock() override;  // NOLINT(bugprone-exception-escape)

    void leave() override { number_.reset(); }
    ike::Result<void, SystemError> take_over(const std::string& device) override;
    [[nodiscard]] std::optional<StaleDevice> device() const override;

  private:
    std::optional<std::uint32_t> number_;  // none: moved away, or taken over
};

}  // namespace agent

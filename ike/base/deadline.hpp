// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"

#include <algorithm>
#include <optional>

namespace ike {

/// The earlier of two deadlines, either of which may be missing.
inline std::optional<Instant> earlier(std::optional<Instant> left, std::optional<Instant> right) {
    if (!left || !right) {
        return left ? left : right;
    }
    return std::min(*left, *right);
}

}  // namespace ike

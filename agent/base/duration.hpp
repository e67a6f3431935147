// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace agent {

/// "90s", "10m", "4h", "1d": whole numbers with one unit, at most ten years.
std::optional<ike::Duration> parse_duration(std::string_view text);

/// The same for a person: "850 us", "12.3 ms", "1.4 s", "3 min 20 s", "4 h 5 min", "2 d 3 h".
std::string human(ike::Duration duration);

}  // namespace agent

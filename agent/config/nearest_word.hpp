// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace agent {

/// The one of the known words that somebody who wrote `word` most likely meant, if one is near.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> known);

/// "did you mean X?", or else "known: A, B, C".
std::string suggestion(std::string_view word, std::span<const std::string_view> known);

}  // namespace agent

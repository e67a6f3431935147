// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace agent {

/// What to write instead of a key that no tunnel file has, or not there: other programs call a
/// thing otherwise, and put it elsewhere. `object` is where it stands: "", "local" or "remote".
/// None where nobody is known to mean anything by it.
std::optional<std::string> key_advice(std::string_view object, std::string_view key);

}  // namespace agent

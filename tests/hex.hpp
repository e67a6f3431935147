// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"

#include <string_view>

namespace tests {

/// Bytes written as hex in a test; spaces and line breaks are skipped.
inline ike::Bytes hex(std::string_view text) {
    return ike::from_hex(text).value();
}

}  // namespace tests

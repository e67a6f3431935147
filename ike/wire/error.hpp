// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace ike::wire {

/// Why bytes are no IKEv2.
enum class WireError : std::uint8_t {
    truncated,                     // ends before a field does
    bad_length,                    // a length field contradicts its surroundings
    bad_value,                     // a field has a value the RFC does not allow
    too_many,                      // more payloads, proposals, ... than we are willing to hold
    duplicate,                     // a payload that may stand once stands twice
    invalid_major_version,         // RFC 7296 2.5
    unsupported_critical_payload,  // RFC 7296 2.5
};

/// A short phrase for logs.
std::string_view name(WireError error);

}  // namespace ike::wire

// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/error.hpp"

namespace ike::wire {

std::string_view name(WireError error) {
    switch (error) {
        case WireError::truncated:
            return "truncated";
        case WireError::bad_length:
            return "bad length";
        case WireError::bad_value:
            return "bad value";
        case WireError::too_many:
            return "too many elements";
        case WireError::duplicate:
            return "duplicate payload";
        case WireError::invalid_major_version:
            return "not IKE version 2";
        case WireError::unsupported_critical_payload:
            return "unsupported critical payload";
    }
    return "unknown error";
}

}  // namespace ike::wire

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/wire/error.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

// The common part of the tests of the wire formats.
namespace ike::wire::testing {

inline Bytes hex(std::string_view text) {
    return from_hex(text).value();
}

/// Why bytes are no T, or nothing if they are one.
template <class T>
std::optional<WireError> refusal(ByteView bytes) {
    const auto decoded = T::decode(bytes);
    return decoded ? std::nullopt : std::optional(decoded.error());
}

/// Whether a body decodes to this value, and the value encodes to this body.
template <class T>
bool means(std::string_view body, const T& value) {
    const Bytes bytes = hex(body);
    const auto decoded = T::decode(bytes);
    return decoded && *decoded == value && equal(value.encode(), bytes);
}

/// The number of proper beginnings of a body that a T can be decoded from.
template <class T>
std::size_t accepted_cuts(std::string_view body) {
    const Bytes bytes = hex(body);
    std::size_t accepted = 0;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        accepted += T::decode(ByteView(bytes).first(size)).ok() ? 1U : 0U;
    }
    return accepted;
}

}  // namespace ike::wire::testing

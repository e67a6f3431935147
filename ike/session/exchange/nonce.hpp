// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"

#include <algorithm>

namespace ike::session {

/// RFC 7296 2.10: at least half the key size of any prf we speak.
inline constexpr std::size_t nonce_size = 32;

/// RFC 7296 2.8.1: of the two nonces of an exchange, the lower decides a collision.
inline Bytes lower_nonce(const Bytes& left, const Bytes& right) {
    return std::min(left, right);
}

}  // namespace ike::session

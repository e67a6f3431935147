// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace ike::session {

/// One message as it leaves: one datagram, or its fragments in order (RFC 7383 2.5). They leave
/// together by one path, and leave again byte for byte.
using Datagrams = std::vector<Bytes>;

/// None is larger than this.
inline bool fits(const Datagrams& message, std::size_t largest) {
    return std::ranges::all_of(
        message, [largest](const Bytes& datagram) { return datagram.size() <= largest; });
}
/// Of all of them together.
inline std::size_t size_of(const Datagrams& message) {
    std::size_t size = 0;
    for (const Bytes& datagram : message) {
        size += datagram.size();
    }
    return size;
}

}  // namespace ike::session

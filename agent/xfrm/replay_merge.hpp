// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/xfrm/records.hpp"

#include <cstdint>

namespace agent::xfrm {

/// Whether `number` came in already, or is too old to tell (RFC 4303 3.4.3).
bool seen(const Replay& window, std::uint64_t number);

/// The window that has seen what either of two has. Both are of one SA and of one size.
Replay merge(const Replay& left, const Replay& right);

/// The window as if all numbers up to its highest had come in.
Replay seal(const Replay& window);

/// A window, and what it was when it was last set.
struct WindowSince {
    const Replay& now;
    const Replay& before;
};
/// How many numbers came in to each of two windows since then, and so were taken twice.
std::uint64_t taken_twice(const WindowSince& left, const WindowSince& right);

/// The window as if the `count` numbers behind its highest had come in, too.
Replay skip(const Replay& window, std::uint64_t count);

}  // namespace agent::xfrm

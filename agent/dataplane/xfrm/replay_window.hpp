// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/values.hpp"

#include <cstddef>
#include <cstdint>

namespace agent::xfrm {

/// Whether `number` came in already, or is too old to tell (RFC 4303 3.4.3).
bool seen(const Replay& window, std::uint64_t number);

/// The window that has seen this number, too; all that is too old for it then counts as seen.
Replay with(const Replay& window, std::uint64_t number);

/// The number whose low half came in, with extended numbers: the one nearest to the window (RFC
/// 4303 A2.2).
std::uint64_t whole_number(const Replay& window, std::uint32_t low);

/// A window that refuses every packet, also one that was let through to be decrypted before: with
/// extended numbers or without.
Replay closed_window(std::size_t packets);

}  // namespace agent::xfrm

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace agent {

/// SO_MARK of every socket that carries IKE and ESP. The rules that send traffic into a tunnel
/// leave out what bears it, so that a tunnel never carries its own outside.
inline constexpr std::uint32_t outer_mark = 0x726f616d;

}  // namespace agent

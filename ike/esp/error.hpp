// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace ike::esp {

/// Why a packet was not taken, by the order of the checks of RFC 4303 3.4.
enum class EspError : std::uint8_t {
    malformed,    // too short, a size no sender of this SA makes, bad padding or inner header
    replayed,     // refused by the anti-replay window
    unauthentic,  // the integrity check failed
    sequence_exhausted,  // RFC 4303 3.3.3: the SA has no sequence number left
};

}  // namespace ike::esp

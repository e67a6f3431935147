// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"

namespace agent {

/// How long one authentic packet proves that the gateway is there: after `dpd` of silence the
/// gateway is asked for a sign of life (RFC 7296 2.4), and its answer may need retransmissions.
/// A `dpd` of zero means that nobody asks; then a proof lasts as long as with the default.
inline ike::Duration proof_lasts(ike::Duration dpd) {
    constexpr ike::Duration unasked = std::chrono::seconds(30);
    constexpr ike::Duration retransmissions = std::chrono::seconds(15);
    return (dpd == ike::Duration{} ? unasked : dpd) + retransmissions;
}

}  // namespace agent

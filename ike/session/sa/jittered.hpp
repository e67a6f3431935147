// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/crypto/random.hpp"

namespace ike::session {

/// Up to a tenth less, so that clients that connected at once do not rekey at once, and two sides
/// that refuse each other do not do so in step for ever.
inline Duration jittered(Duration lifetime, crypto::Random& random) {
    return lifetime - Duration(static_cast<Duration::rep>(static_cast<double>(lifetime.count()) *
                                                          0.1 * random.jitter()));
}

}  // namespace ike::session

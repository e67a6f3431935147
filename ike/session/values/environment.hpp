// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/log.hpp"
#include "ike/base/strong.hpp"
#include "ike/crypto/random.hpp"

#include <functional>

namespace ike::session {

/// The things that a session needs from outside and does not own. The SPI of an inbound Child SA
/// comes from the data plane, which knows those in use.
struct Environment {
    crypto::Random& random;
    Log& log;
    std::function<ChildSpi()> allocate_spi;
};

}  // namespace ike::session

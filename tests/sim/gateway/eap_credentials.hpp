// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/eap/credentials.hpp"
#include "tests/sim/gateway/eap_server.hpp"

namespace sim::gateway {

/// What a client needs to log in to this account, by any method.
ike::eap::Credentials credentials_for(const EapConfig& config);

}  // namespace sim::gateway

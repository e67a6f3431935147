// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/gateway/eap_method.hpp"
#include "tests/sim/gateway/tls_server.hpp"

namespace sim::gateway {

/// EAP-TLS, PEAP or TTLS, the server's side.
std::unique_ptr<EapMethod> make_tls_method(const EapConfig& config, ike::crypto::Random& random);

}  // namespace sim::gateway

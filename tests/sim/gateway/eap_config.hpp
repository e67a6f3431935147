// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/eap/method_id.hpp"
#include "tests/sim/gateway/tls_server.hpp"

#include <optional>
#include <string>

namespace sim::gateway {

/// How the gateway lets a client log in by EAP (RFC 7296 2.16), and how it misbehaves.
struct EapConfig {
    std::string user_name = "alice";
    std::string password = "correct horse";
    ike::eap::MethodId method = ike::eap::MethodId::mschapv2;
    TlsServerConfig tls = {};  // of the methods that have one

    bool asks_identity = true;
    unsigned notifications = 0;                                 // that it sends first
    std::optional<ike::eap::Type> other_method = std::nullopt;  // that it wants before `method`
    bool only_other_method = false;                             // and ends if it does not get that
    /// RFC 2759 6: what it says to a wrong password.
    std::string refusal = "E=691 R=1 C=00112233445566778899aabbccddeeff V=3 M=Ask Bob";
    bool knows_password = true;  // it can show that

    /// After so many rounds it takes the client in, as if EAP were through.
    std::optional<unsigned> skips_after = std::nullopt;
    /// After so many rounds it says EAP-Success, whatever the method thinks.
    std::optional<unsigned> succeeds_after = std::nullopt;
    bool own_auth_wrong = false;  // that of the last answer
};

}  // namespace sim::gateway

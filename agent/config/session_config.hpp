// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/tunnel_config.hpp"
#include "ike/session/values/config.hpp"

#include <chrono>
#include <optional>

namespace agent {

/// Reads the keys and certificates that the configuration names and makes of it what a session
/// needs. `asked` is the password that a person was asked for; null: nobody was, and where one has
/// to be the session has none. `certificate_time` is left to the caller.
ike::Result<ike::session::SessionConfig, ConfigErrors> make_session_config(
    const TunnelConfig& config, const ike::crypto::SecretBytes* asked = nullptr);

/// The fault of our own certificate that a gateway is likely to refuse at that time. The file is
/// right: the gateway is the one to say, and may have another clock.
std::optional<ConfigError> own_certificate_fault(const TunnelConfig& config,
                                                 const ike::session::SessionConfig& session,
                                                 std::chrono::system_clock::time_point now);

}  // namespace agent

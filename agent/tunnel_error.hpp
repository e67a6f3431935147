// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config.hpp"
#include "agent/resolver.hpp"
#include "agent/retry_policy.hpp"
#include "agent/system_error.hpp"
#include "agent/tunnel_status.hpp"
#include "ike/session/event.hpp"

namespace agent {

/// The stable words for what keeps a tunnel from working besides the session's reasons.
inline constexpr const char* invalid_configuration = "invalid-configuration";
inline constexpr const char* system_error = "system-error";
inline constexpr const char* gateway_name_unresolved = "gateway-name-unresolved";

/// With the word and remedy of what unauthenticated answers said, where that is all there is.
TunnelError tunnel_error(const ike::session::Failure& failure);
TunnelError tunnel_error(const ike::session::AttemptHint& hint);
TunnelError tunnel_error(const SystemError& error);
TunnelError tunnel_error(const ConfigErrors& errors);
TunnelError tunnel_error(const ResolveError& error);

/// Who has to do something before the same attempt can succeed.
MendedBy mended_by(ike::session::Reason reason);

}  // namespace agent

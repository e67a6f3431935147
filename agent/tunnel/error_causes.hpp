// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "agent/config/tunnel_config.hpp"
#include "agent/dns/system_resolver.hpp"
#include "agent/status/tunnel_error.hpp"
#include "agent/wish/retry_policy.hpp"
#include "ike/session/values/event.hpp"

/// The error of a tunnel, from what caused it.
namespace agent {

/// With word and remedy of an unauthenticated answer, if the failure has no other cause.
TunnelError tunnel_error(const ike::session::Failure& failure);
TunnelError tunnel_error(const ike::session::AttemptHint& hint);
TunnelError tunnel_error(const SystemError& error);
TunnelError tunnel_error(const ConfigErrors& errors);
TunnelError tunnel_error(const ResolveError& error);

/// The end of a session that is no failure: the next one may begin at once.
bool is_planned_end(ike::session::Reason reason);

/// How a session that ended for this reason is mended.
MendedBy mended_by(ike::session::Reason reason);

}  // namespace agent

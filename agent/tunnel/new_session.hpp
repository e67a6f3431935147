// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/status/tunnel_error.hpp"
#include "agent/tunnel/installed_network.hpp"
#include "agent/tunnel/tunnel_environment.hpp"
#include "ike/session/session.hpp"

namespace agent {

/// A session that has not started, over `installed`, which is open and outlives the session: its
/// ports, its SPIs, its virtual addresses to ask for again, and of the wishes in `config` only what
/// its data plane can do. The plane gets ready for `path`.
ike::Result<ike::session::Session, TunnelError> session_on(InstalledNetwork& installed,
                                                           ike::session::SessionConfig config,
                                                           const ike::session::AddressPair& path,
                                                           const TunnelEnvironment& environment);

}  // namespace agent

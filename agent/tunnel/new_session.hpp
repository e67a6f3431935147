// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/status/tunnel_error.hpp"
#include "agent/tunnel/installed_network.hpp"
#include "agent/tunnel/tunnel_environment.hpp"
#include "ike/session/session.hpp"

namespace agent {

/// A session of `config` that has not started, over `installed`, which is open and must outlive the
/// session: with its ports and SPIs, asking for its virtual addresses again, restricted to its data
/// plane. The plane expects packets by `path`.
ike::Result<ike::session::Session, TunnelError> session_on(InstalledNetwork& installed,
                                                           ike::session::SessionConfig config,
                                                           const ike::session::AddressPair& path,
                                                           const TunnelEnvironment& environment);

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/recording/recording.hpp"
#include "agent/status/tunnel_status.hpp"
#include "agent/tunnel/tunnel_parts.hpp"

namespace agent {

class Connection;

/// The status of a tunnel, as a person sees it. `connection`: none while the tunnel is idle.
TunnelStatus shown_tunnel(const TunnelParts& tunnel, const Connection* connection);
/// The tunnel as a recording has it.
RecordedTunnel recorded_tunnel(const TunnelParts& tunnel, const Connection* connection);

}  // namespace agent

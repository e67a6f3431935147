// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/tunnel/roaming.hpp"

namespace agent {

/// Adds to `status`, which has the tunnel's state, what a person sees of its connection: IKE SA,
/// paths, hold, Child SAs, host and traffic.
void show_connection(const Roaming& roaming, const IkeSessions& sessions, const TunnelParts& tunnel,
                     TunnelStatus& status);

}  // namespace agent

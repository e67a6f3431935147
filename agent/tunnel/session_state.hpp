// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/status/tunnel_status.hpp"

#include <cstdint>

namespace agent {

/// How the session in use stands.
enum class SessionState : std::uint8_t {
    none,
    connecting,
    connected,  // also while it is impaired: TunnelState::no_data
    moving,
    stalled,
    holding,
    closing,  // because the wish has ended, or this run of the daemon
};

/// As a person sees it. None is shown as disconnected.
TunnelState shown_as(SessionState state);

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/session_state.hpp"

namespace agent {

TunnelState shown_as(SessionState state) {
    switch (state) {
        case SessionState::none:
            return TunnelState::disconnected;
        case SessionState::connecting:
            return TunnelState::connecting;
        case SessionState::connected:
            return TunnelState::connected;
        case SessionState::moving:
            return TunnelState::moving;
        case SessionState::stalled:
            return TunnelState::stalled;
        case SessionState::holding:
            return TunnelState::holding;
        case SessionState::closing:
            return TunnelState::disconnecting;
    }
    return TunnelState::disconnected;
}

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/tunnel/ike_sessions.hpp"
#include "agent/tunnel/peer_addresses.hpp"
#include "agent/tunnel/tunnel_environment.hpp"
#include "agent/tunnel/tunnel_protection.hpp"
#include "agent/tunnel/tunnel_report.hpp"
#include "agent/wish/asked_secret.hpp"
#include "agent/wish/attempts.hpp"
#include "agent/wish/standing_wish.hpp"

namespace agent {

/// The parts of a tunnel that outlive its connections, as a Connection uses them.
struct TunnelParts {
    const TunnelConfig& config;  // as it is at each use
    std::uint32_t number;        // in the kernel (kernel_ids.hpp)
    const TunnelEnvironment& env;
    const StandingWish& wish;
    PeerAddresses& peer;
    Attempts& attempts;
    AskedSecret& secret;
    TunnelProtection& protection;
    TunnelReport& report;
    SessionHistory& history;
};

}  // namespace agent

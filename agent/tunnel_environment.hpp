// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/event_loop.hpp"
#include "agent/gateway_memory.hpp"
#include "agent/resolved.hpp"
#include "agent/tunnel_status.hpp"
#include "ike/base/log.hpp"
#include "ike/crypto/random.hpp"
#include "netwatch/snapshot.hpp"

#include <functional>
#include <string>

namespace agent {

/// What all tunnels of a daemon share, and whom they tell. Must outlive them.
struct TunnelEnvironment {
    EventLoop& loop;
    ike::Log& log;
    ike::crypto::Random& random;
    const GatewayMemory& memory;
    Resolved& resolved;
    const netwatch::Snapshot* network;  // as it is now
    std::function<void(const std::string& name)> changed;
    std::function<void(const RoamRecord&)> roamed;
};

/// What to do when the very first attempt fails. One that was connected and is lost is always made
/// anew, unless a person has to change something first.
enum class Patience : std::uint8_t { give_up, keep_trying };

}  // namespace agent

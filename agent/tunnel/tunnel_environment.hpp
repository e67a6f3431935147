// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/scheduler.hpp"
#include "agent/config/tunnel_config.hpp"
#include "agent/dns/device_name_servers.hpp"
#include "agent/dns/name_service.hpp"
#include "agent/guard/leak_guard.hpp"
#include "agent/status/tunnel_status.hpp"
#include "agent/tunnel/tunnel_host.hpp"
#include "agent/wish/wish_memory.hpp"
#include "ike/base/log.hpp"
#include "ike/crypto/random.hpp"
#include "netwatch/snapshot.hpp"

#include <functional>
#include <string>

namespace agent {

/// The surroundings that all tunnels of a daemon share, and the callbacks for their news. Must
/// outlive the tunnels.
struct TunnelEnvironment {
    Scheduler& loop;
    ike::Log& log;
    ike::crypto::Random& random;
    TunnelHost& host;
    NameService& names;
    WishStore& memory;
    DeviceNameServers& name_servers;
    PacketFilter& guard;
    const netwatch::Snapshot* network;  // as it is now
    /// Another tunnel than this one has, or may have, an IKE SA with the same identities.
    std::function<bool(const TunnelConfig&)> shares_identities;
    std::function<void(const std::string& name)> changed;
    std::function<void(const RoamRecord&)> roamed;
};

}  // namespace agent

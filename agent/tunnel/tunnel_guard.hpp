// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/tunnel_config.hpp"
#include "agent/dns/resolv_conf.hpp"
#include "agent/guard/leak_guard.hpp"
#include "agent/guard/protection.hpp"
#include "agent/status/tunnel_status.hpp"
#include "netwatch/snapshot.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace agent {

/// The facts that the protection of a tunnel depends on.
struct GuardFacts {
    std::string device = {};  // empty: it has none
    bool kernel_ipsec = false;
    std::vector<ike::IpAddress> addresses = {};      // virtual ones
    std::optional<ike::IpAddress> own_address = {};  // that of the path, in their place
    std::array<std::uint16_t, 2> ports = {};         // of our sockets
    std::vector<ike::Prefix> granted = {};           // by the gateway
    bool carries = false;                            // the tunnel is connected
    const netwatch::Snapshot& network;
    std::vector<NameServer> servers = {};  // of the networks; empty while the tunnel carries
};

/// The rules that the packet filter is to hold. `guarded`: the networks that the tunnel covers are
/// reached by the tunnel, or not at all.
guard::Protection protection_for(const TunnelConfig& config, bool guarded, const GuardFacts& facts);

/// The protection of one tunnel, from when its wish is first fulfilled, or always, until the wish
/// ends. Failures, restarts and the end of the process end nothing.
class TunnelGuard {
  public:
    explicit TunnelGuard(PacketFilter& filter) : filter_(filter) {}

    /// The wish is fulfilled: the tunnel is connected, or was before this run of the daemon.
    void begin() { begun_ = true; }
    /// The packet filter follows these facts.
    void update(const TunnelConfig& config, const GuardFacts& facts);
    /// The wish has ended.
    void end(const TunnelConfig& config, const GuardFacts& facts);

    /// Nothing is guarded until resume(), also where the configuration says "always": somebody
    /// wants the plain network back.
    void suspend() { suspended_ = true; }
    void resume() { suspended_ = false; }

    /// The hole for a portal's login page, while one is open.
    [[nodiscard]] std::optional<guard::PortalHole> portal(const TunnelConfig& config) const;
    [[nodiscard]] bool guards(const TunnelConfig& config) const;
    [[nodiscard]] GuardStatus status(const TunnelConfig& config) const;

  private:
    PacketFilter& filter_;
    bool begun_ = false;
    bool suspended_ = false;
    std::vector<ike::Prefix> granted_;
};

}  // namespace agent

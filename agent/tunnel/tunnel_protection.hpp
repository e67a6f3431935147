// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/tunnel/installed_network.hpp"
#include "agent/tunnel/tunnel_environment.hpp"
#include "agent/tunnel/tunnel_guard.hpp"

namespace agent {

/// Has the packet filter and the routes beside the tunnel follow the tunnel and the network: it
/// collects the facts, and TunnelGuard says what they lead to.
class TunnelProtection {
  public:
    /// `config` is the tunnel's as it is at each call. Both must outlive this.
    TunnelProtection(const TunnelEnvironment& environment, const TunnelConfig& config)
        : env_(environment), config_(config), guard_(environment.guard) {}
    TunnelProtection(const TunnelProtection&) = delete;
    TunnelProtection& operator=(const TunnelProtection&) = delete;

    /// From the first connection of a wish on the covered networks are guarded, until end().
    void begin() { guard_.begin(); }
    void suspend() { guard_.suspend(); }
    void resume() { guard_.resume(); }
    /// The packet filter follows the tunnel and the network as they are now. `installed`: none
    /// while the tunnel is idle. `carries`: the tunnel is connected.
    void update(InstalledNetwork* installed, bool carries);
    /// The wish has ended: nothing is guarded but what is to be guarded always.
    void end(const InstalledNetwork* installed, bool carries);

    [[nodiscard]] bool is_guarded() const { return guard_.guards(config_); }
    /// The guard may keep NetworkManager's check of connectivity from working.
    [[nodiscard]] bool hides_checks() const;
    [[nodiscard]] GuardStatus status() const { return guard_.status(config_); }

  private:
    [[nodiscard]] GuardFacts facts(const InstalledNetwork* installed, bool carries) const;
    void tell_of_portal(const std::optional<guard::PortalHole>& portal,
                        InstalledNetwork* installed) const;

    const TunnelEnvironment& env_;
    const TunnelConfig& config_;
    TunnelGuard guard_;
};

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config.hpp"
#include "agent/data_plane.hpp"
#include "agent/routes.hpp"
#include "agent/tunnel_environment.hpp"
#include "agent/tunnel_sockets.hpp"
#include "ike/session/event.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace agent {

/// What one tunnel has of the system, from its first datagram until it is taken down: sockets, data
/// plane, device, addresses, routes and rules. It outlives a session that is lost, so that nothing
/// leaves in clear while a new one is made. Destroying it undoes all, or all but the block.
class TunnelSystem {
  public:
    /// `events` are called from the loop, those of the plane as well as IKE of the other sockets.
    static ike::Result<std::unique_ptr<TunnelSystem>, SystemError> open(
        const TunnelEnvironment& environment, const TunnelConfig& config, std::uint32_t table,
        const DataPlaneEvents& events);
    TunnelSystem(const TunnelSystem&) = delete;
    TunnelSystem& operator=(const TunnelSystem&) = delete;
    ~TunnelSystem();

    [[nodiscard]] ike::session::LocalPorts ports() const { return sockets_.ports(); }
    [[nodiscard]] DataPlane& plane() { return *plane_; }
    [[nodiscard]] const DataPlane& plane() const { return *plane_; }

    bool send(const ike::session::Transmit& transmit) {
        return sockets_.send_ike(transmit.path, transmit.datagram);
    }

    /// Carries this SA, and makes addresses, routes and rules what it needs.
    ike::Result<void, SystemError> take(ike::session::ChildSa sa, bool send, TunnelNetwork network,
                                        std::uint32_t uplink_mtu);
    /// IKE and ESP may go to these from now on.
    ike::Result<void, SystemError> use_gateways(std::vector<ike::IpAddress> gateways);
    /// Puts back what of the routes and rules somebody has taken away.
    ike::Result<void, SystemError> restore();
    /// The process ends while the tunnel is wanted: the destructor leaves the rules and unreachable
    /// routes, so that the kernel goes on blocking what the tunnel covers. The next run takes them
    /// over (LeftBlock).
    void leave_block() { routes_.leave_block(); }
    /// Data leaves by this path from now on, in UDP or bare.
    ike::Result<void, SystemError> move(const ike::Path& path, bool udp_encapsulated,
                                        std::uint32_t uplink_mtu);

  private:
    TunnelSystem(TunnelSockets sockets, std::uint32_t table)
        : sockets_(std::move(sockets)), routes_(table) {}

    ike::Result<void, SystemError> apply();

    TunnelSockets sockets_;
    std::unique_ptr<DataPlane> plane_;
    Routes routes_;
    std::optional<ike::crypto::CipherSuite> cipher_;
    TunnelNetwork wanted_;
    std::optional<TunnelNetwork> applied_;
    std::vector<EventSource> sources_;
};

}  // namespace agent

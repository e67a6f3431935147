// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/tunnel/tunnel_host.hpp"
#include "ike/base/log.hpp"
#include "ike/esp/overhead.hpp"
#include "ike/session/values/event.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace agent {

/// A tunnel's HostNetwork with the routes wanted of it, from the first datagram until the tunnel is
/// taken down. It outlives a session that is lost, so that nothing leaves in clear while a new one
/// is made. Destroying it undoes all, or all but the block.
class TunnelSystem {
  public:
    /// `events` are called from the loop. `restored` is called when somebody had touched the
    /// tunnel's objects in the kernel, and they were put back or there is a fault(); its argument
    /// says whether the device is another one now. It is called, too, when overridden() is another.
    static ike::Result<std::unique_ptr<TunnelSystem>, SystemError> open(
        TunnelHost& host, ike::Log& log, const TunnelConfig& config, std::uint32_t number,
        const DataPlaneEvents& events, std::function<void(bool)> restored);
    TunnelSystem(const TunnelSystem&) = delete;
    TunnelSystem& operator=(const TunnelSystem&) = delete;
    ~TunnelSystem() = default;

    [[nodiscard]] ike::session::LocalPorts ports() const { return host_->ports(); }
    [[nodiscard]] DataPlane& plane() { return host_->plane(); }
    [[nodiscard]] const DataPlane& plane() const { return std::as_const(*host_).plane(); }

    bool send(const ike::session::Transmit& transmit) {
        return host_->send_ike(transmit.path, transmit.datagram);
    }

    /// Carries this SA, with the addresses, routes and rules that it needs. After an error the SA
    /// is not carried.
    ike::Result<void, SystemError> take(ike::session::ChildSa sa, bool send, TunnelNetwork network,
                                        std::uint32_t uplink_mtu);
    /// Makes addresses, routes and rules as `network` says.
    ike::Result<void, SystemError> lead(TunnelNetwork network);
    /// IKE and ESP may go to these addresses from now on.
    ike::Result<void, SystemError> use_gateways(std::vector<ike::IpAddress> gateways);
    /// These networks, and the way to the portal's login page, are reached beside the tunnel, and
    /// NetworkManager's check leaves by the uplinks that it is about.
    ike::Result<void, SystemError> let_beside(std::vector<LocalRoute> local,
                                              std::optional<guard::PortalHole> portal,
                                              std::vector<std::string> checked);
    /// Why an object that somebody took away could not be put back; that is tried again, and there
    /// is no fault when it succeeds.
    [[nodiscard]] const std::optional<SystemError>& fault() const { return fault_; }
    /// Packets that the tunnel covers go into it: there is no fault, and no rule of somebody's that
    /// takes them all.
    [[nodiscard]] bool carries() const {
        return !fault_ && (!overridden() || overridden()->partly);
    }
    /// Somebody's rule comes before ours.
    [[nodiscard]] const std::optional<RouteOverride>& overridden() const {
        return host_->overridden();
    }
    /// Somebody takes objects of the tunnel away again and again.
    [[nodiscard]] bool fought() const { return host_->fought(); }
    /// The process ends while the tunnel is wanted: the destructor leaves the rules and unreachable
    /// routes, so that the kernel goes on blocking. The next run takes them over (StaleBlock).
    void leave_block() { host_->leave_block(); }
    /// Data leaves by this path from now on, in UDP or bare.
    ike::Result<void, SystemError> move(const ike::Path& path, bool udp_encapsulated,
                                        std::uint32_t uplink_mtu);

    /// The MTU of the uplink that data leaves by may be another now.
    ike::Result<void, SystemError> follow_uplink_mtu(std::uint32_t uplink_mtu);

  private:
    explicit TunnelSystem(ike::Log& log) : log_(log) {}

    ike::Result<void, SystemError> apply();
    void want(TunnelNetwork network);
    void set_mtu(const ike::crypto::CipherSuite& cipher, std::uint32_t uplink_mtu);
    bool look();

    ike::Log& log_;
    std::unique_ptr<HostNetwork> host_;
    std::optional<ike::crypto::CipherSuite> cipher_;
    ike::esp::Outer outer_;
    TunnelNetwork wanted_;
    std::optional<TunnelNetwork> applied_;
    bool lack_told_ = false;
    std::optional<SystemError> fault_;
    std::function<void(bool)> restored_;
};

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"
#include "agent/routing/uplink_route.hpp"
#include "ike/base/log.hpp"
#include "netwatch/snapshot.hpp"
#include "netwatch/uplink.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace agent {

/// The ways of a tunnel's outer packets, one for each uplink (UplinkRoute), kept as the network is:
/// by them they leave, and strict reverse path filtering (RFC 3704 2.2) takes what comes in by an
/// uplink that is not the preferred one. The log tells of each that does not work.
class UplinkRoutes {
  public:
    enum class Wanted {
        always,          // the kernel makes the packets, and routes them by their destination
        where_filtered,  // sockets say which way; only reverse path filtering asks the routes
    };

    /// `network` is as it is now, and all three outlive this. `table` is the tunnel's number
    /// (kernel_ids.hpp). `tunnel_device` is no uplink.
    UplinkRoutes(EventLoop& loop, ike::Log& log, const netwatch::Snapshot& network,
                 std::uint32_t table, std::string tunnel_device, Wanted wanted);

    /// Soon, for what is urgent comes first: the ways to this address are there, and kept.
    void lead_to(const ike::IpAddress& gateway);
    /// Soon, they are as the network is now.
    void network_changed();
    /// Puts back the ways that somebody has removed.
    void restore();
    /// The tunnel's device has this name now.
    void exclude(std::string tunnel_device) { tunnel_device_ = std::move(tunnel_device); }
    /// At once, the way of this path. Where there is one uplink only, its packets find it without.
    void use(const ike::Path& path);
    /// Removes the ways of uplinks that are gone, but for this one.
    void tidy(const ike::Path& in_use);

    [[nodiscard]] UplinkRoute& route() { return route_; }

  private:
    [[nodiscard]] std::vector<netwatch::Uplink> uplinks() const;
    [[nodiscard]] bool filtered();
    void prepare();

    EventLoop& loop_;
    ike::Log& log_;
    const netwatch::Snapshot& network_;
    std::string tunnel_device_;
    bool wanted_;
    UplinkRoute route_;
    std::optional<ike::IpAddress> gateway_;
    std::vector<netwatch::Uplink> prepared_;
    std::set<std::string> filters_told_;  // of which uplinks it is said that they filter strictly
    Timer prepare_;
};

}  // namespace agent

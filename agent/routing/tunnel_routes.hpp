// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/guard/protection.hpp"
#include "agent/linux/kernel_ids.hpp"
#include "agent/linux/rtnetlink.hpp"

namespace agent {

/// A way to a network beside the tunnel that covers it.
struct LocalRoute {
    ike::Prefix destination;
    ike::InterfaceIndex device;
    std::optional<ike::IpAddress> next_hop = {};
    friend bool operator==(const LocalRoute&, const LocalRoute&) = default;
};

/// The addresses, routes and rules that the system is to have while a tunnel is up.
struct TunnelNetwork {
    std::string device;
    std::uint32_t mtu = 1280;
    std::vector<ike::IpAddress> addresses;  // virtual ones, each as a host
    std::vector<ike::Prefix> destinations;  // what is reached through the tunnel
    /// Without virtual ones: that of an uplink, from which packets go in. It is the uplink's.
    std::optional<ike::IpAddress> own_address = {};
    std::vector<ike::IpAddress> gateways;  // whose IKE and ESP stay outside
    std::vector<ike::Prefix> unreachable;  // what must go neither through nor beside it
    std::vector<LocalRoute> local = {};    // what goes beside it
    std::optional<guard::PortalHole> portal = {};
    /// Uplinks whose connectivity NetworkManager checks: it does so beside the tunnel.
    std::vector<std::string> checked = {};
    friend bool operator==(const TunnelNetwork&, const TunnelNetwork&) = default;
};

/// The addresses, routes and rules of one tunnel. apply() works out what differs from the kernel's,
/// so it may be called any number of times; clear() leaves nothing. The main table is not touched.
/// Beside each route into the device there is an unreachable route of a worse metric. It names no
/// device, so it blocks from the moment that the route into the device is gone for any reason: the
/// device is down or deleted, its address is gone, the process is dead.
class Routes {
  public:
    explicit Routes(std::uint32_t table) : table_(table) {}
    Routes(const Routes&) = delete;
    Routes& operator=(const Routes&) = delete;
    ~Routes();

    /// Blocks first, and also when it fails afterwards.
    ike::Result<void, SystemError> apply(TunnelNetwork desired);
    ike::Result<void, SystemError> clear();
    /// From now on the destructor leaves all in the kernel: the rules and unreachable routes go on
    /// blocking, the other routes go with the device.
    void leave_block() { leaves_block_ = true; }
    /// The last apply() found IPv6 switched off on the device, and could not switch it on: what the
    /// tunnel covers in IPv6 is blocked.
    [[nodiscard]] bool lacks_ipv6() const { return lacks_ipv6_; }
    /// The last apply() has led these into the device.
    [[nodiscard]] const std::vector<ike::Prefix>& led() const { return led_; }

  private:
    ike::Result<void, SystemError> open();
    ike::Result<void, SystemError> lead_into_device(TunnelNetwork desired,
                                                    std::vector<TunnelRoute> routes,
                                                    const std::vector<TunnelRule>& rules);

    std::uint32_t table_;
    bool leaves_block_ = false;
    bool lacks_ipv6_ = false;
    std::vector<ike::Prefix> led_;
    std::optional<Rtnetlink> netlink_;  // from the first apply() on
};

/// The families a tunnel for everything must block: asked for, but not granted by the gateway. Else
/// an IPv4-only gateway would let all IPv6 pass beside the tunnel.
std::vector<ike::Prefix> blocked_beside(const std::vector<ike::Prefix>& wanted,
                                        const std::vector<ike::Prefix>& granted);

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/rtnetlink.hpp"

namespace agent {

/// Tunnel number n of a daemon has table first_table + n for itself, outside what
/// /etc/iproute2/rt_tables and NetworkManager use.
inline constexpr std::uint32_t first_table = 29280;
inline constexpr std::uint32_t max_tunnels = 64;
/// Tunnel n has rules of this priority plus n for its gateway, before all others of ours.
inline constexpr std::uint32_t first_gateway_priority = 29200;
/// Before the rules for the tables main and default (32766 on), behind those of an administrator,
/// which begin at 0 and count up. A tunnel for everything comes after those for something.
inline constexpr std::uint32_t rule_priority = 29280;
inline constexpr std::uint32_t default_rule_priority = rule_priority + 1;

/// What the system is to look like while a tunnel is up.
struct TunnelNetwork {
    std::string device;
    std::uint32_t mtu = 1280;
    std::vector<ike::IpAddress> addresses;  // virtual ones, each as a host
    std::vector<ike::Prefix> destinations;  // what is reached through the tunnel
    std::vector<ike::IpAddress> gateways;   // whose IKE and ESP stay outside
    std::vector<ike::Prefix> unreachable;   // what must go neither through nor beside it
    friend bool operator==(const TunnelNetwork&, const TunnelNetwork&) = default;
};

/// The addresses, routes and rules of one tunnel. apply() works out what differs from the kernel's,
/// so it may be called any number of times; clear() leaves nothing. The main table is not touched.
class Routes {
  public:
    explicit Routes(std::uint32_t table) : table_(table) {}
    Routes(const Routes&) = delete;
    Routes& operator=(const Routes&) = delete;
    ~Routes();

    ike::Result<void, SystemError> apply(TunnelNetwork desired);
    ike::Result<void, SystemError> clear();

  private:
    std::uint32_t table_;
    std::optional<Rtnetlink> netlink_;  // from the first apply() on
};

/// The families a tunnel for everything must block: asked for, but not granted by the gateway. Else
/// an IPv4-only gateway would let all IPv6 pass beside the tunnel.
std::vector<ike::Prefix> blocked_beside(const std::vector<ike::Prefix>& wanted,
                                        const std::vector<ike::Prefix>& granted);

}  // namespace agent

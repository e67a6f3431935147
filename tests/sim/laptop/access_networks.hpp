// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "netwatch/snapshot.hpp"
#include "tests/sim/network/network.hpp"

#include <map>
#include <optional>
#include <string>

namespace sim {

/// An uplink as the laptop sees it. The network does with its packets as `Uplink` says.
struct Access {
    std::string name;
    std::uint32_t metric = 0;
    bool routed = true;  // a default route leads out
    std::uint32_t mtu = 1500;
    netwatch::Connectivity connectivity = netwatch::Connectivity::full;
    bool weak = false;                      // Wi-Fi that is about to fade
    std::optional<ike::Prefix> nat64 = {};  // as it was found
};

/// The laptop's two uplinks, wlan0 and wwan0: what they do with packets, and what netwatch sees of
/// them. Each has IPv4 behind a NAT and IPv6 without; the kernel prefers wlan0.
class AccessNetworks {
  public:
    /// `network_manager`: there is one, and it checks connectivity.
    AccessNetworks(Dice& dice, bool network_manager);

    [[nodiscard]] Network& packets() { return packets_; }
    [[nodiscard]] Uplink& uplink(ike::InterfaceIndex interface) {
        return packets_.uplink(interface);
    }
    [[nodiscard]] Access& access(ike::InterfaceIndex interface) { return accesses_.at(interface); }
    /// Replaces the address of that family.
    void give_address(ike::InterfaceIndex interface, const ike::IpAddress& address);
    [[nodiscard]] bool any_up();
    [[nodiscard]] bool up(ike::InterfaceIndex interface) { return uplink(interface).up; }

    [[nodiscard]] netwatch::Snapshot snapshot();

  private:
    static void add_routes(netwatch::Snapshot& snapshot, const Uplink& uplink,
                           const Access& access);
    [[nodiscard]] static netwatch::ManagedDevice managed(const Access& access);

    Network packets_;
    std::map<ike::InterfaceIndex, Access> accesses_;
    bool network_manager_;
};

}  // namespace sim

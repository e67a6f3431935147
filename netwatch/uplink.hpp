// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "netwatch/snapshot.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace netwatch {

/// How good an uplink is: each field such that less is better. Behind what stands against it, it is
/// how much the routing table wants it, in the order in which the kernel asks: in there is what the
/// user and NetworkManager say of types of device and of single connections. Uplinks of one rank
/// are equally good.
struct Rank {
    Hindrance hindrance = Hindrance::none;
    bool weak = false;             // Wi-Fi that is about to fade
    bool tunnel = false;           // somebody else's: a VPN in a VPN, and it needs an uplink itself
    std::uint8_t table_order = 0;  // main before default
    std::uint8_t host_bits = 0;    // the longest prefix has the fewest
    std::uint32_t metric = 0;
    bool metered = false;
    RouterPreference preference = RouterPreference::medium;
    std::uint8_t source = 0;  // how ill the local address suits, after RFC 6724 5

    friend auto operator<=>(const Rank&, const Rank&) = default;
};

/// A usable way to one gateway address: out of this interface, from this address of ours.
struct Uplink {
    ike::InterfaceIndex interface;
    std::string name;  // "wlan0"
    ike::IpAddress local;
    std::optional<ike::IpAddress> next_hop;  // none: the gateway is on the link
    std::uint32_t mtu = 0;
    Rank rank;

    friend bool operator==(const Uplink&, const Uplink&) = default;
};

using DeviceNames = std::set<std::string, std::less<>>;

/// Every way to `gateway` that could carry a packet now, best first. A link counts if it is up and
/// running, not loopback and none of `own_devices`, with a route to the gateway over it that no
/// rejecting route hides, and an address that may be the source. To an address that a NAT64 gives a
/// meaning only the links of that NAT64 count. One link may give several, one for
/// each such address.
std::vector<Uplink> uplinks(const Snapshot& snapshot, const ike::IpAddress& gateway,
                            const DeviceNames& own_devices);

/// "wlan0 10.1.0.2 via 10.1.0.1 metric 600"
std::string text(const Uplink& uplink);

}  // namespace netwatch

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace agent::guard {

/// A network that may be reached beside the tunnel, by this device only, or by any that is not
/// ours.
struct LocalNetwork {
    ike::Prefix prefix;
    std::string interface;  // empty: any
    friend auto operator<=>(const LocalNetwork&, const LocalNetwork&) = default;
};

inline constexpr std::uint16_t dns_port = 53;
inline constexpr std::uint16_t check_port = 80;  // of NetworkManager's check
inline constexpr std::array<std::uint16_t, 2> portal_ports{80, 443};

/// The way to the login page of one network's portal.
struct PortalHole {
    std::string interface;
    std::vector<ike::IpAddress> resolvers;  // of that network
    friend bool operator==(const PortalHole&, const PortalHole&) = default;
};

/// A tunnel without a virtual address: what comes from its networks to this address of an uplink
/// has come through it.
struct OwnAddress {
    ike::IpAddress address;
    std::vector<ike::Prefix> networks;        // behind the gateway
    std::array<std::uint16_t, 2> ports = {};  // of our sockets, for IKE and ESP in UDP
    friend bool operator==(const OwnAddress&, const OwnAddress&) = default;
};

/// The rules that the kernel's packet filter is to hold for one tunnel. The virtual addresses are
/// protected always, what the tunnel covers only if `covered` has something.
struct Protection {
    std::string device = {};    // of the tunnel; empty: it has none yet
    bool kernel_ipsec = false;  // the kernel decrypts; there may be no XFRM interface
    std::vector<ike::IpAddress> addresses = {};  // virtual ones
    std::optional<OwnAddress> own_address = {};  // in their place
    std::vector<ike::Prefix> covered = {};       // as covered_by() says; empty: no leak guard
    std::vector<LocalNetwork> local = {};        // let through
    bool connectivity_check = false;             // of NetworkManager: let through
    std::optional<PortalHole> portal = {};       // let through
    friend bool operator==(const Protection&, const Protection&) = default;
};

}  // namespace agent::guard

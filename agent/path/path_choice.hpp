// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/session.hpp"
#include "netwatch/policy.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace agent {

/// The reason of a path that the session chose itself: the gateway answered by this path, and not
/// by the one before.
inline constexpr const char* path_dead = "path-dead";

struct KeepPath {
    friend bool operator==(const KeepPath&, const KeepPath&) = default;
};

struct TakePath {
    ike::session::AddressPair addresses;
    std::string interface;
    ike::session::MoveKind kind = ike::session::MoveKind::forced;
    std::string reason;  // a stable word: "link-down"
    friend bool operator==(const TakePath&, const TakePath&) = default;
};
struct HoldPath {
    std::string reason;
    friend bool operator==(const HoldPath&, const HoldPath&) = default;
};
/// Stay on the path in use; take this path; or there is no path to take.
using PathChoice = std::variant<KeepPath, TakePath, HoldPath>;

/// `addresses` as a path to take at once.
TakePath forced_path(const netwatch::Snapshot& snapshot, const ike::session::AddressPair& addresses,
                     std::string reason);

/// A tunnel's knowledge of its paths that no snapshot shows.
struct Experience {
    bool answered = true;           // the gateway has answered by the current path
    bool tries_restricted = false;  // a portal or limited connectivity is no reason to hold
    std::vector<ike::session::AddressPair> suspected{};  // they come last of their device
};

/// `own_devices`, and the devices of the avoided links except that of `current`: no path goes by
/// these while another one exists.
netwatch::DeviceNames avoided_devices(const netwatch::Snapshot& snapshot,
                                      const std::vector<ike::InterfaceIndex>& avoided,
                                      const std::optional<ike::session::AddressPair>& current,
                                      const netwatch::DeviceNames& own_devices);

/// The path to use. The gateway's address is the one that the uplink of the best PathRank leads to,
/// so Wi-Fi with IPv4 alone comes before cellular with both families; of equals the address in use,
/// else the first one (the resolver's order is RFC 6724's). netwatch's policy chooses the uplink to
/// that address. A move to another address of the gateway is forced only if the current path is
/// gone. The first path, and a path after none, is taken at once. Where every uplink is restricted,
/// a tunnel that tries restricted uplinks goes by the rest of their ranks, and any other holds.
PathChoice choose_path(const netwatch::Snapshot& snapshot,
                       const std::vector<ike::IpAddress>& gateways,
                       const std::optional<ike::session::AddressPair>& current,
                       const netwatch::DeviceNames& own_devices, const Experience& experience = {});

/// The addresses of a gateway: the addresses of its name, and its additional ones (RFC 4555 3.4).
struct PeerAddressSet {
    std::vector<ike::IpAddress> named;
    std::vector<ike::IpAddress> additional;
};

/// choose_path() among the addresses of the gateway's name. An additional address is used only
/// where no uplink leads to an address of the name; once in use, it is kept until a better path
/// appears.
PathChoice choose_path_among(const netwatch::Snapshot& snapshot, const PeerAddressSet& gateway,
                             const std::optional<ike::session::AddressPair>& current,
                             const netwatch::DeviceNames& own_devices,
                             const Experience& experience = {});

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/session.hpp"
#include "netwatch/policy.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace agent {

struct KeepPath {
    friend bool operator==(const KeepPath&, const KeepPath&) = default;
};
/// The reason of a path that the session chose itself: by it the gateway answered, by the old one
/// it did not.
inline constexpr const char* path_dead = "path-dead";

struct TakePath {
    ike::session::AddressPair addresses;
    std::string interface;
    ike::session::MoveKind kind = ike::session::MoveKind::forced;
    std::string reason;  // a stable word: "link-down"
    friend bool operator==(const TakePath&, const TakePath&) = default;
};
/// `addresses` as a path to take at once.
TakePath forced_path(const netwatch::Snapshot& snapshot, const ike::session::AddressPair& addresses,
                     std::string reason);
struct HoldPath {
    std::string reason;
    friend bool operator==(const HoldPath&, const HoldPath&) = default;
};
using PathChoice = std::variant<KeepPath, TakePath, HoldPath>;

/// What a tunnel knows of its paths and no snapshot shows.
struct Experience {
    bool answered = true;         // the gateway has, by the current path
    bool tries_hindered = false;  // what stands against an uplink was heeded for long enough
    std::vector<ike::session::AddressPair> suspected{};  // the last of their device
};

/// `own_devices`, and those of the avoided links but the one in use: what is not gone to while
/// there is anything else.
netwatch::DeviceNames avoided_devices(const netwatch::Snapshot& snapshot,
                                      const std::vector<ike::InterfaceIndex>& avoided,
                                      const std::optional<ike::session::AddressPair>& current,
                                      const netwatch::DeviceNames& own_devices);

/// The path to go by. Of the gateway's addresses the one that the uplink of the least metric leads
/// to, of those that nothing stands against, is taken, so that Wi-Fi with IPv4 alone comes before
/// cellular with both; of equals the one in use, else the first (their order is RFC 6724's, by the
/// resolver). Which uplink to it is netwatch's policy. A move to another address of the gateway is
/// forced only if the current path is gone. The first path, and the one after none, is taken at
/// once. Where something stands against every uplink, a tunnel that tries the hindered goes by the
/// rest of their ranks.
PathChoice choose_path(const netwatch::Snapshot& snapshot,
                       const std::vector<ike::IpAddress>& gateways,
                       const std::optional<ike::session::AddressPair>& current,
                       const netwatch::DeviceNames& own_devices, const Experience& experience = {});

/// The addresses of the gateway: those of its name, and the additional ones that it told itself
/// (RFC 4555 3.4).
struct PeerAddressSet {
    std::vector<ike::IpAddress> named;
    std::vector<ike::IpAddress> additional;
};

/// choose_path() among the addresses of the gateway's name; what it told is gone to where nothing
/// leads to one of these, and stays in use while nothing better does.
PathChoice choose_path_among(const netwatch::Snapshot& snapshot, const PeerAddressSet& gateway,
                             const std::optional<ike::session::AddressPair>& current,
                             const netwatch::DeviceNames& own_devices,
                             const Experience& experience = {});

}  // namespace agent

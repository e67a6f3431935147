// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "netwatch/uplink.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace netwatch {

/// Why the path changes: the first six say what happened to the one in use.
enum class RoamReason : std::uint8_t {
    link_gone,         // the device no longer exists
    link_down,         // taken down
    carrier_lost,      // up, but cable out or Wi-Fi not associated
    address_removed,   // no longer on the link
    address_unusable,  // there, but tentative again or a duplicate
    route_removed,     // link and address are well; nothing leads to the gateway
    better_path,       // the current one works; the routing table prefers another
    first_path,        // there was none
    no_path,           // there was none, and there is none
};

/// A word that stays the same: in logs, on D-Bus, in roamctl. "link-down"
std::string_view name(RoamReason reason);

/// What is in use.
struct Current {
    ike::InterfaceIndex interface;
    ike::IpAddress local;

    friend bool operator==(const Current&, const Current&) = default;
};

struct Keep {
    friend bool operator==(const Keep&, const Keep&) = default;
};
/// Forced: the current path is gone, so leave it at once. Else it still carries.
struct Move {
    Uplink to;
    bool forced = false;
    RoamReason reason = RoamReason::first_path;

    friend bool operator==(const Move&, const Move&) = default;
};
/// Nothing to go by: hold the session until an uplink appears.
struct NoPath {
    RoamReason reason = RoamReason::no_path;

    friend bool operator==(const NoPath&, const NoPath&) = default;
};
using Decision = std::variant<Keep, Move, NoPath>;

/// What to do about `current`, given the uplinks to the gateway (best first) and the snapshot they
/// were taken from. The current path stays as long as it is as good as the best, so equals never
/// flap. After NoPath hand in no current: when the same path comes back it is a Move, since the NAT
/// before it may be another.
Decision decide(const Snapshot& snapshot, const std::vector<Uplink>& candidates,
                const std::optional<Current>& current);

/// Why a path that is no uplink any more is none.
RoamReason why_gone(const Snapshot& snapshot, const Current& current);

}  // namespace netwatch

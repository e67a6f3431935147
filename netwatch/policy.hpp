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
    weak_signal,       // the Wi-Fi in use is about to fade, another path is not
    better_path,       // the current one works; the routing table prefers another
    portal,            // a captive portal stands before what there is
    limited,           // connectivity beyond the local network was looked for and not found
    first_path,        // there was none
    no_path,           // there was none, and there is none
};

/// A word that stays the same: in logs, on D-Bus, in roamctl. "link-down"
std::string_view name(RoamReason reason);

/// The path in use. The gateway answering on it proves more than a connectivity check.
struct Current {
    ike::InterfaceIndex interface;
    ike::IpAddress local;
    bool answered = true;

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
/// Nothing to go by, or to be gone to: hold the session until that changes.
struct NoPath {
    RoamReason reason = RoamReason::no_path;

    friend bool operator==(const NoPath&, const NoPath&) = default;
};
using Decision = std::variant<Keep, Move, NoPath>;

/// Decides what to do about `current`, given the uplinks to the gateway (best first) and the
/// snapshot they were taken from. The current path stays as long as it is as good as the best, so
/// equals never flap. An uplink that something stands against is not moved to, and left as soon as
/// there is another; but only one before which there is a portal, and by which the gateway has not
/// answered, is left for nothing. After NoPath hand in no current: when the same path comes back it
/// is a Move, since the NAT before it may be another.
Decision decide(const Snapshot& snapshot, const std::vector<Uplink>& candidates,
                const std::optional<Current>& current);

/// Whether the current path, although still an uplink, is no better than gone: there is a portal
/// before it, and the gateway has not answered by it.
bool shut_in(const Uplink& mine, const Current& current);

/// Why a path that still works is left for a better one.
RoamReason why_better(const Rank& better, const Rank& mine);

/// The reason that a hindrance is.
RoamReason reason_of(Hindrance hindrance);

/// Why a path that is no uplink any more is none.
RoamReason why_gone(const Snapshot& snapshot, const Current& current);

}  // namespace netwatch

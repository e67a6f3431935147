// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/guard/protection.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace agent::guard {

inline constexpr std::string_view table_name = "roamd";

/// Each tunnel has chains of its own, by its name. A packet passes the chains of all tunnels, and
/// what one of them drops is dropped.
struct Chains {
    std::string out;  // hook postrouting: what leaves, from here or forwarded
    std::string in;   // hook prerouting: what comes for a virtual address
    std::string arp;  // hook input of family arp
};
/// Characters that nftables takes in no name are written as /HH.
Chains chains_of(std::string_view tunnel);
/// The tunnel of a chain; none: no chain of ours.
std::optional<std::string> tunnel_of(std::string_view chain);

/// One transaction of libnftables' JSON (libnftables-json(5)) after which the table `inet roamd`
/// holds this for the tunnel, whatever it held before, and nothing else has changed.
std::string transaction_to_protect(std::string_view tunnel, const Protection& protection);
/// The same of the table `arp roamd`; for kernels that have no such family it is by itself.
std::string arp_transaction_to_protect(std::string_view tunnel, const Protection& protection);

/// One transaction that removes the chains of these tunnels, in this family ("inet", "arp").
std::string transaction_to_release(std::string_view family, const std::set<std::string>& tunnels);
/// One that removes the whole table, there or not.
std::string transaction_to_remove(std::string_view family);

}  // namespace agent::guard

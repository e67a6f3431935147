// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace agent {

// The numbers by which what we put into the kernel is told from what others did, also after a
// crash. Tunnel n of a daemon has `first_table + n`, and that one number is its routing table, its
// device's group, the if_id of its IPsec states, and what their reqid is made of.

/// Each device of ours has a name that begins so.
inline constexpr std::string_view device_prefix = "roamd";

/// The rtm_protocol and FRA_PROTOCOL of all we add. Not one of /etc/iproute2/rt_protos.
inline constexpr std::uint8_t route_protocol = 114;

/// Outside what /etc/iproute2/rt_tables and NetworkManager use.
inline constexpr std::uint32_t first_table = 29280;
inline constexpr std::uint32_t max_tunnels = 64;
/// Behind them, the tables for the paths of a tunnel's outer packets.
inline constexpr std::uint32_t first_egress_table = first_table + max_tunnels;
inline constexpr std::uint32_t paths_per_tunnel = 8;
inline constexpr std::uint32_t end_of_tables = first_egress_table + max_tunnels * paths_per_tunnel;

/// Lower ones come first. All are before the rules for the tables main and default (32766 on) and
/// behind those of an administrator, which begin at 0 and count up.
inline constexpr std::uint32_t egress_priority = 29100;
/// Tunnel n has rules of this priority plus n for its gateway.
inline constexpr std::uint32_t first_gateway_priority = 29200;
/// A tunnel for everything comes after those for something.
inline constexpr std::uint32_t rule_priority = 29280;
inline constexpr std::uint32_t default_rule_priority = rule_priority + 1;

/// Of the states and policies of one Child SA policy, of those that the tunnel's session has.
inline constexpr std::uint32_t reqid_of(std::uint32_t tunnel_number, std::size_t child_policy) {
    return static_cast<std::uint32_t>(child_policy) << 16U | tunnel_number;
}
inline constexpr std::uint32_t tunnel_number_of(std::uint32_t reqid) {
    return reqid & 0xffffU;
}

inline constexpr bool is_number_of_tunnel(std::uint32_t number) {
    return number >= first_table && number < first_table + max_tunnels;
}

}  // namespace agent

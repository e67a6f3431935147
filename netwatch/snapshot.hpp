// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/base/strong.hpp"
#include "netwatch/nat64.hpp"
#include "netwatch/network_manager.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace netwatch {

/// A network device. `up` is what the administrator wants, `running` what the medium allows:
/// carrier is there and the link is not dormant (Wi-Fi without its key yet).
struct Link {
    ike::InterfaceIndex index;
    std::string name;
    std::string kind;  // "veth", "bridge", "tun", "wireguard" ...; empty for hardware
    std::uint32_t mtu = 0;
    bool up = false;
    bool running = false;
    bool loopback = false;
    bool point_to_point = false;
    std::optional<ike::InterfaceIndex> master;  // the bridge or bond it is a port of

    friend bool operator==(const Link&, const Link&) = default;
};

/// Whether its packets go on inside others, by its kind. PPP is none: modems have it.
bool is_tunnel(const Link& link);

/// The kernel's rtm_scope values; others exist and are kept.
enum class Scope : std::uint8_t { global = 0, site = 200, link = 253, host = 254 };

/// An address of a link. Tentative ones may not be used as a source yet, those that failed
/// duplicate address detection never (RFC 4862 5.4).
struct Address {
    ike::InterfaceIndex interface;
    ike::IpAddress address;
    std::uint8_t prefix_length = 0;
    std::optional<ike::IpAddress> peer;  // the other end, where the address is point-to-point
    Scope scope = Scope::global;
    bool tentative = false;
    bool dad_failed = false;
    bool deprecated = false;
    bool temporary = false;  // RFC 8981

    /// The network it stands in: that of the peer, if it has one.
    [[nodiscard]] ike::Prefix network() const;

    friend auto operator<=>(const Address&, const Address&) = default;
};

inline constexpr std::uint32_t main_table = 254;
inline constexpr std::uint32_t default_table = 253;  // asked after main

/// RFC 4191 2.1, as the order in which routes of one metric are taken.
enum class RouterPreference : std::uint8_t { high, medium, low };

/// One next hop of a unicast route, or a route that rejects. A route over several next hops is
/// several of these; dead next hops are left out, and that a next hop's link has no carrier is
/// said by the link alone.
struct Route {
    std::uint32_t table = main_table;
    ike::Prefix destination;
    std::optional<ike::Prefix> source;  // only for packets from there
    std::uint32_t metric = 0;
    RouterPreference preference = RouterPreference::medium;
    std::optional<ike::IpAddress> gateway;  // may be IPv6 in an IPv4 route (RFC 8950)
    ike::InterfaceIndex out;                // 0 in a route that rejects
    std::optional<ike::IpAddress> preferred_source;
    std::uint32_t mtu = 0;      // 0: that of the link
    std::uint8_t protocol = 0;  // who made it: the kernel's RTPROT_*
    bool rejects = false;       // unreachable, blackhole, prohibit

    friend auto operator<=>(const Route&, const Route&) = default;
};

/// The network as it was at one moment: a value, sorted, with the routes of the tables main
/// and default, with what NetworkManager says of it, where there is one, and with the NAT64s that
/// were found. Snapshots are equal when what they show is; the generation only counts them.
struct Snapshot {
    std::uint64_t generation = 0;
    std::vector<Link> links;         // by index
    std::vector<Address> addresses;  // by interface, then address
    std::vector<Route> routes;
    ManagedNetwork managed = {};
    std::vector<Nat64> nat64 = {};  // by interface

    [[nodiscard]] const Link* find_link(ike::InterfaceIndex index) const;

    friend bool operator==(const Snapshot& left, const Snapshot& right) {
        return left.links == right.links && left.addresses == right.addresses &&
               left.routes == right.routes && left.managed == right.managed &&
               left.nat64 == right.nat64;
    }
};

/// One line each, for logs and failing tests.
std::string text(const Link& link);
std::string text(const Address& address);
std::string text(const Route& route);
/// All lines.
std::string text(const Snapshot& snapshot);

}  // namespace netwatch

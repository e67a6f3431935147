// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/base/strong.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// A name server. One with a zone (RFC 4007 11: "fe80::1%wlan0", "fe80::1%3") is asked by the link
/// of that name or number only.
struct NameServer {
    ike::IpAddress address;
    std::string zone;  // "wlan0", "3", or empty

    [[nodiscard]] bool is_asked_by(ike::InterfaceIndex link, std::string_view name) const;
    friend bool operator==(const NameServer&, const NameServer&) = default;
};

inline constexpr std::size_t max_name_servers = 8;

/// The name servers of a resolv.conf(5), in their order, each once, as the C library reads the
/// file: '#' and
/// ';' end an address, and one with a port is none. A server on this machine is left out: it asks
/// others, and by which link is its own choice.
std::vector<NameServer> parse_name_servers(std::string_view resolv_conf);

/// The name servers of the networks this machine is in: from where systemd-resolved and
/// NetworkManager write them when /etc/resolv.conf names a server on this machine, and from there.
/// Without those inside our tunnels, which systemd-resolved lists as well: outside they are nobody.
std::vector<NameServer> network_name_servers(const std::vector<ike::IpAddress>& of_tunnels);

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/tunnel_config.hpp"
#include "agent/routing/tunnel_network.hpp"

#include <string>
#include <vector>

namespace agent {

/// The name servers that are asked while a tunnel is up, and the names that they are asked for.
struct NameServers {
    std::vector<ike::IpAddress> addresses;
    std::vector<std::string> domains;   // asked of these alone, and tried for names without a dot
    bool all_names = false;             // every other name, too, of these alone
    std::vector<std::string> left_out;  // domains the gateway has no right to
    friend bool operator==(const NameServers&, const NameServers&) = default;
};

/// The name servers that the gateway assigned (INTERNAL_IP4_DNS, INTERNAL_IP6_DNS,
/// INTERNAL_DNS_DOMAIN, RFC 8598) as the configuration wants it: no addresses, nothing to set up. A
/// tunnel for everything is for all names; one for some networks is not, whatever the gateway says:
/// that could have all the names of a top-level domain come to it (RFC 8598 9).
NameServers name_servers_for(const ike::session::AssignedConfig& assigned, const DnsConfig& config,
                             const TunnelNetwork& network);

/// The domains of other links that a tunnel for all names claims for itself, too: systemd-resolved
/// asks the link with the longest domain that a name ends with, so a Wi-Fi with the search domain
/// "com" would draw all of its names out of the tunnel. Of equals it asks both, and the answer from
/// inside comes even where nothing may leave outside. A bounded number, in order, each once.
std::vector<std::string> claimed_domains(const NameServers& servers,
                                         std::vector<std::string> of_other_links);

}  // namespace agent

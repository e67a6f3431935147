// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/name_servers.hpp"

#include "agent/config/host_name.hpp"

#include <algorithm>

namespace agent {

namespace {

constexpr std::size_t max_servers = 8;
constexpr std::size_t max_domains = 32;

/// A domain of one label is a whole top-level domain.
bool may_be_claimed(const std::string& domain) {
    return is_host_name(domain) && domain.find('.') < domain.size() - 1;
}

void take_domains(const std::vector<std::string>& told, NameServers& servers) {
    for (const std::string& domain : told) {
        const bool taken = may_be_claimed(domain) && servers.domains.size() < max_domains;
        (taken ? servers.domains : servers.left_out).push_back(domain);
    }
}

}  // namespace

NameServers name_servers_for(const ike::session::AssignedConfig& assigned, const DnsConfig& config,
                             const TunnelNetwork& network) {
    NameServers servers;
    if (!config.enabled || assigned.dns.empty()) {
        return servers;
    }
    servers.addresses = assigned.dns;
    servers.addresses.resize(std::min(servers.addresses.size(), max_servers));
    servers.domains = config.domains;
    if (config.domains.empty()) {
        take_domains(assigned.dns_domains, servers);
    }
    servers.all_names = std::ranges::any_of(
        network.destinations, [](const ike::Prefix& prefix) { return prefix.length == 0; });
    return servers;
}

std::vector<std::string> claimed_domains(const NameServers& servers,
                                         std::vector<std::string> of_other_links) {
    std::vector<std::string>& claimed = of_other_links;
    std::ranges::sort(claimed);
    claimed.erase(std::unique(claimed.begin(), claimed.end()), claimed.end());
    std::erase_if(claimed, [&](const std::string& domain) {
        return !is_host_name(domain) ||
               std::ranges::find(servers.domains, domain) != servers.domains.end();
    });
    claimed.resize(std::min(claimed.size(), max_domains));
    return std::move(claimed);
}

}  // namespace agent

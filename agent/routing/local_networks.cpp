// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/local_networks.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace agent {

using guard::LocalNetwork;
using ike::Prefix;

namespace {

struct PrivateRange {
    std::string_view prefix;
    std::uint8_t shortest;  // a network in it that is wider is none
};
constexpr std::array<PrivateRange, 7> private_ranges{{{"10.0.0.0/8", 16},
                                                      {"172.16.0.0/12", 16},
                                                      {"192.168.0.0/16", 16},
                                                      {"100.64.0.0/10", 16},
                                                      {"169.254.0.0/16", 16},
                                                      {"fc00::/7", 48},
                                                      {"fe80::/10", 64}}};

// mDNS (RFC 6762), LLMNR (RFC 4795) and the rest of what stays on a link; SSDP.
constexpr std::array<std::string_view, 4> of_each_link{"224.0.0.0/24", "239.255.255.250/32",
                                                       "ff02::/16", "fe80::/10"};

bool is_private(const Prefix& network) {
    return std::ranges::any_of(private_ranges, [&](const PrivateRange& range) {
        return network.length >= range.shortest &&
               Prefix::parse(range.prefix)->contains(network.address);
    });
}

bool may_be_local(const netwatch::Link& link) {
    return link.up && !link.loopback && !link.name.starts_with("roamd") &&
           !netwatch::is_tunnel(link);
}

bool is_sent_to_a_device(const LocalNetwork& network) {
    return network.prefix.address.is_multicast() ||
           (network.prefix.address.is_ipv6() && network.prefix.address.is_link_local());
}

/// The best route of the table main, by uplinks only, that all of the prefix goes by.
const netwatch::Route* route_to(const Prefix& prefix, const netwatch::Snapshot& network) {
    const netwatch::Route* best = nullptr;
    for (const netwatch::Route& route : network.routes) {
        const netwatch::Link* const link = network.find_link(route.out);
        const bool leads = route.table == netwatch::main_table && !route.rejects &&
                           link != nullptr && may_be_local(*link) &&
                           route.destination.length <= prefix.length &&
                           route.destination.contains(prefix.address);
        if (leads && (best == nullptr || route.destination.length > best->destination.length ||
                      (route.destination.length == best->destination.length &&
                       route.metric < best->metric))) {
            best = &route;
        }
    }
    return best;
}

}  // namespace

std::vector<LocalNetwork> local_networks(const LocalNetworkConfig& config,
                                         const netwatch::Snapshot& network) {
    std::set<LocalNetwork> local;
    for (const Prefix& prefix : config.networks) {
        local.insert({prefix, ""});
    }
    for (const netwatch::Address& address : network.addresses) {
        const netwatch::Link* const link = network.find_link(address.interface);
        if (!config.connected || link == nullptr || !may_be_local(*link) ||
            local.size() > max_local_networks) {
            continue;
        }
        if (const Prefix connected = address.network(); is_private(connected)) {
            local.insert({connected, link->name});
            for (const std::string_view multicast : of_each_link) {
                local.insert({*Prefix::parse(multicast), link->name});
            }
        }
    }
    return {local.begin(), local.end()};
}

std::vector<LocalRoute> local_routes(const std::vector<LocalNetwork>& local,
                                     const netwatch::Snapshot& network) {
    std::vector<LocalRoute> routes;
    for (const LocalNetwork& each : local) {
        if (is_sent_to_a_device(each)) {
            continue;
        }
        if (each.interface.empty()) {
            if (const netwatch::Route* const route = route_to(each.prefix, network)) {
                routes.push_back({each.prefix, route->out, route->gateway});
            }
            continue;
        }
        const auto link = std::ranges::find(network.links, each.interface, &netwatch::Link::name);
        if (link != network.links.end()) {
            routes.push_back({each.prefix, link->index});
        }
    }
    return routes;
}

}  // namespace agent

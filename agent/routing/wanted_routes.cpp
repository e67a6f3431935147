// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/wanted_routes.hpp"

#include "ike/base/path.hpp"

#include <linux/rtnetlink.h>

#include <netinet/in.h>

#include <algorithm>
#include <limits>

namespace agent {

using ike::Family;

namespace {

constexpr std::uint32_t worst_metric = std::numeric_limits<std::uint32_t>::max();

/// The virtual address of this family, so that the kernel chooses it for what goes inside; without
/// any, the uplink's.
std::optional<ike::IpAddress> source_for(const TunnelNetwork& desired, Family family) {
    if (desired.own_address && desired.own_address->family() == family) {
        return desired.own_address;
    }
    const auto found =
        std::find_if(desired.addresses.begin(), desired.addresses.end(),
                     [&](const auto& address) { return address.family() == family; });
    return found == desired.addresses.end() ? std::nullopt : std::optional(*found);
}

/// Into the table goes what is not IKE or ESP of ours.
std::vector<TunnelRule> rules_for(const std::vector<TunnelRoute>& routes, std::uint32_t table) {
    std::vector<TunnelRule> rules;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const auto ours = [&](const TunnelRoute& route) {
            return route.destination.address.family() == family;
        };
        const auto everything = [&](const TunnelRoute& route) {
            return ours(route) && route.destination.length == 0;
        };
        if (std::any_of(routes.begin(), routes.end(), ours)) {
            const bool last = std::any_of(routes.begin(), routes.end(), everything);
            const auto priority = last ? default_rule_priority : rule_priority;
            rules.push_back({family, priority, table, Marked::no});
        }
    }
    return rules;
}

/// Where the tunnel's own routes cover the gateway, strict reverse path filtering (RFC 3704 2.2,
/// Linux has it for IPv4) would drop what comes from it: the filter asks for the way back, without
/// our mark, and would be shown the tunnel. Only UDP to its two ports, for anything more would
/// leave in clear.
void add_gateway_rules(std::vector<TunnelRule>& rules, const TunnelNetwork& desired,
                       std::uint32_t priority) {
    for (const ike::IpAddress& gateway : desired.gateways) {
        const bool covered = std::any_of(
            desired.destinations.begin(), desired.destinations.end(),
            [&](const ike::Prefix& destination) { return destination.contains(gateway); });
        if (gateway.is_ipv4() && covered) {
            for (const std::uint16_t port : {ike::ike_port, ike::nat_t_port}) {
                rules.push_back({.family = Family::ipv4,
                                 .priority = priority,
                                 .table = RT_TABLE_MAIN,
                                 .destination = gateway,
                                 .protocol = IPPROTO_UDP,
                                 .port = port});
            }
        }
    }
}

/// A browser on its way to the login page: what it sends is looked up as without the tunnel.
void add_portal_rules(std::vector<TunnelRule>& rules, const TunnelNetwork& desired,
                      std::uint32_t priority) {
    if (!desired.portal) {
        return;
    }
    for (const std::uint16_t port : guard::portal_ports) {
        for (const Family family : {Family::ipv4, Family::ipv6}) {
            rules.push_back({.family = family,
                             .priority = priority,
                             .table = RT_TABLE_MAIN,
                             .protocol = IPPROTO_TCP,
                             .port = port});
        }
    }
    for (const ike::IpAddress& resolver : desired.portal->resolvers) {
        for (const auto protocol : {std::uint8_t{IPPROTO_UDP}, std::uint8_t{IPPROTO_TCP}}) {
            rules.push_back({.family = resolver.family(),
                             .priority = priority,
                             .table = RT_TABLE_MAIN,
                             .destination = resolver,
                             .protocol = protocol,
                             .port = guard::dns_port});
        }
    }
}

/// NetworkManager binds the socket of its check to the uplink, and asks by HTTP. The unreachable
/// routes would keep it from that uplink, and every network would be taken for a limited one.
void add_check_rules(std::vector<TunnelRule>& rules, const TunnelNetwork& desired,
                     std::uint32_t priority) {
    for (const std::string& uplink : desired.checked) {
        for (const Family family : {Family::ipv4, Family::ipv6}) {
            rules.push_back({.family = family,
                             .priority = priority,
                             .table = RT_TABLE_MAIN,
                             .protocol = IPPROTO_TCP,
                             .port = guard::check_port,
                             .output = uplink});
        }
    }
}

}  // namespace

std::vector<TunnelRoute> blocking_routes(const TunnelNetwork& desired, std::uint32_t table) {
    std::vector<TunnelRoute> routes;
    for (const auto* prefixes : {&desired.destinations, &desired.unreachable}) {
        for (const ike::Prefix& destination : *prefixes) {
            routes.push_back({.table = table,
                              .destination = destination,
                              .device = {},
                              .source = {},
                              .metric = worst_metric});
        }
    }
    return routes;
}

void add_device_routes(std::vector<TunnelRoute>& routes, const TunnelNetwork& desired,
                       std::uint32_t table, ike::InterfaceIndex device) {
    for (const ike::Prefix& destination : desired.destinations) {
        routes.push_back(
            {table, destination, device, source_for(desired, destination.address.family())});
    }
}

void add_local_routes(std::vector<TunnelRoute>& routes, const TunnelNetwork& desired,
                      std::uint32_t table) {
    for (const LocalRoute& local : desired.local) {
        routes.push_back({table, local.destination, local.device, std::nullopt, local.next_hop});
    }
}

std::uint32_t gateway_priority(std::uint32_t table) {
    return first_gateway_priority + (table - first_table);
}

std::vector<TunnelRule> wanted_rules(const TunnelNetwork& desired,
                                     const std::vector<TunnelRoute>& routes, std::uint32_t table) {
    auto rules = rules_for(routes, table);
    add_gateway_rules(rules, desired, gateway_priority(table));
    add_portal_rules(rules, desired, gateway_priority(table));
    add_check_rules(rules, desired, gateway_priority(table));
    return rules;
}

}  // namespace agent

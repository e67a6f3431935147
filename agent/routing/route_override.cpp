// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/route_override.hpp"

#include "agent/linux/kernel_ids.hpp"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace agent {

using ike::Family;
using ike::IpAddress;
using ike::Prefix;

namespace {

constexpr std::size_t most_networks = 16;  // of a family, one destination each
constexpr std::size_t most_rules = 64;     // of a family

bool is_ours(std::uint32_t table) {
    return table >= first_table && table < end_of_tables;
}

/// One of its hosts. A network that has addresses for benchmarks (RFC 2544, RFC 5180) is asked
/// about these: no other network has them.
IpAddress host_in(const Prefix& network) {
    for (const char* text : {"198.18.0.1", "2001:2::1"}) {
        const IpAddress host = *IpAddress::parse(text);
        if (host.family() == network.address.family() && network.contains(host)) {
            return host;
        }
    }
    const IpAddress first = network.first();
    const auto bytes = first.bytes();
    std::vector<std::uint8_t> next(bytes.begin(), bytes.end());
    if (network.length < Prefix::host(first).length) {
        next.back() |= 1U;
    }
    return *IpAddress::from_bytes(next);
}

/// The addresses that lie in both.
std::optional<Prefix> common(const Prefix& left, const Prefix& right) {
    const Prefix& longer = left.length < right.length ? right : left;
    const Prefix& shorter = left.length < right.length ? left : right;
    return longer.address.family() == shorter.address.family() && shorter.contains(longer.address)
               ? std::optional(longer)
               : std::nullopt;
}

/// A destination that the tunnel covers, and how long the prefix of the network is that has it.
struct Covered {
    IpAddress host;
    std::uint8_t length = 0;
};

std::vector<Covered> destinations(const TunnelNetwork& network, Family family,
                                  const std::vector<ForeignRule>& rules) {
    std::vector<Covered> hosts;
    for (const Prefix& destination : network.destinations) {
        if (destination.address.family() != family) {
            continue;
        }
        if (hosts.size() < most_networks) {
            hosts.push_back({host_in(destination), destination.length});
        }
        for (const ForeignRule& rule : rules) {
            const auto both =
                rule.destination ? common(*rule.destination, destination) : std::nullopt;
            if (both && hosts.size() < most_networks + most_rules) {
                hosts.push_back({host_in(*both), destination.length});
            }
        }
    }
    return hosts;
}

/// None, and each of the tunnel's of this family.
std::vector<std::optional<IpAddress>> sources(const TunnelNetwork& network, Family family) {
    std::vector<std::optional<IpAddress>> found{std::nullopt};
    for (const IpAddress& address : network.addresses) {
        if (address.family() == family) {
            found.emplace_back(address);
        }
    }
    if (network.own_address && network.own_address->family() == family) {
        found.push_back(network.own_address);
    }
    return found;
}

RouteOverride describe(const Covered& covered, const ForeignRule& rule) {
    const std::string ip = rule.family == Family::ipv4 ? "ip" : "ip -6";
    return {covered.host, rule.text(),
            "remove that rule (" + ip + " rule del priority " + std::to_string(rule.priority) +
                "), or give it a priority above " + std::to_string(default_rule_priority),
            rule.destination && rule.destination->length > covered.length};
}

/// The first rule that takes a packet which the tunnel covers, if one does. Without such a rule the
/// tunnel's own come first, and whatever is wrong has another reason.
std::optional<RouteOverride> find_override(RouteQuery& kernel, const Covered& covered,
                                           const std::optional<IpAddress>& source,
                                           const std::vector<ForeignRule>& rules) {
    const RouteQuestion question{covered.host, source};
    if (std::ranges::none_of(rules, [&](const auto& rule) { return rule.matches(question); })) {
        return std::nullopt;
    }
    const auto table = kernel.table_for(question);
    if (table && (is_ours(*table) || *table == RT_TABLE_LOCAL)) {
        return std::nullopt;
    }
    const auto taken_by = std::ranges::find_if(rules, [&](const ForeignRule& rule) {
        return rule.matches(question) && (!table || !rule.table || rule.table == table);
    });
    return taken_by == rules.end() ? std::nullopt : std::optional(describe(covered, *taken_by));
}

/// The first override of a whole network, else the last of a part.
std::optional<RouteOverride> override_of(RouteQuery& kernel, const TunnelNetwork& network,
                                         Family family, const std::vector<ForeignRule>& rules) {
    std::optional<RouteOverride> partly;
    for (const Covered& covered : destinations(network, family, rules)) {
        for (const auto& source : sources(network, family)) {
            auto found = find_override(kernel, covered, source, rules);
            if (found && !found->partly) {
                return found;
            }
            partly = found ? found : partly;
        }
    }
    return partly;
}

}  // namespace

ike::Result<Precedence, SystemError> precedence_of(const TunnelNetwork& network) {
    auto kernel = RouteQuery::open();
    if (!kernel) {
        return ike::Fail{kernel.error()};
    }
    Precedence precedence;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const auto rules = kernel->foreign_rules(family, default_rule_priority);
        if (!rules) {
            return ike::Fail{rules.error()};
        }
        for (const ForeignRule& rule : *rules) {
            precedence.tables_before.insert(rule.table.value_or(RT_TABLE_UNSPEC));
        }
        auto& known = precedence.overridden;
        if (!known || known->partly) {
            const auto found = override_of(*kernel, network, family, *rules);
            known = found ? found : known;
        }
    }
    return precedence;
}

bool may_override(const std::set<std::uint32_t>& tables_before, const nlmsghdr& message) {
    auto* const whole = const_cast<nlmsghdr*>(&message);  // libnl only reads it
    if (message.nlmsg_type == RTM_NEWRULE || message.nlmsg_type == RTM_DELRULE) {
        std::array<nlattr*, FRA_MAX + 1> attributes{};
        return ::nlmsg_parse(whole, sizeof(fib_rule_hdr), attributes.data(), FRA_MAX, nullptr) >=
                   0 &&
               (attributes[FRA_PROTOCOL] == nullptr ||
                ::nla_get_u8(attributes[FRA_PROTOCOL]) != route_protocol);
    }
    if (message.nlmsg_type == RTM_NEWROUTE || message.nlmsg_type == RTM_DELROUTE) {
        std::array<nlattr*, RTA_MAX + 1> attributes{};
        if (::nlmsg_parse(whole, sizeof(rtmsg), attributes.data(), RTA_MAX, nullptr) < 0) {
            return false;
        }
        const auto* const header = static_cast<const rtmsg*>(::nlmsg_data(&message));
        return tables_before.contains(attributes[RTA_TABLE] != nullptr
                                          ? ::nla_get_u32(attributes[RTA_TABLE])
                                          : header->rtm_table);
    }
    return false;
}

}  // namespace agent

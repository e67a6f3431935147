// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/tunnel_network.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace agent {

namespace {

void append(std::vector<ike::Prefix>& prefixes, const std::vector<ike::Prefix>& more) {
    prefixes.insert(prefixes.end(), more.begin(), more.end());
}

bool contains(const ike::Prefix& outer, const ike::Prefix& inner) {
    return outer.length <= inner.length && outer.contains(inner.address);
}

bool any_contains(const std::vector<ike::Prefix>& prefixes, const ike::Prefix& inner) {
    return std::ranges::any_of(prefixes,
                               [&](const ike::Prefix& each) { return contains(each, inner); });
}

/// Both halves of a prefix that is no host.
std::array<ike::Prefix, 2> halves(const ike::Prefix& prefix) {
    const auto length = static_cast<std::uint8_t>(prefix.length + 1);
    return {{{prefix.first(), length}, {ike::Prefix{prefix.last(), length}.first(), length}}};
}

/// By several prefixes together, too. As deep as a prefix is long, and as wide as they are many.
bool covered(const std::vector<ike::Prefix>& covers, const ike::Prefix& prefix) {
    if (any_contains(covers, prefix)) {
        return true;
    }
    std::vector<ike::Prefix> within;
    std::ranges::copy_if(covers, std::back_inserter(within),
                         [&](const ike::Prefix& each) { return contains(prefix, each); });
    return !within.empty() && std::ranges::all_of(halves(prefix), [&](const ike::Prefix& half) {
        return covered(within, half);
    });
}

}  // namespace

TunnelNetwork network_for(const GrantedSelectors& granted,
                          const ike::session::AssignedConfig& assigned,
                          const std::vector<std::vector<ike::Prefix>>& wanted) {
    TunnelNetwork network;
    for (const ike::Prefix& address : assigned.addresses) {
        network.addresses.push_back(address.address);
    }
    std::vector<ike::Prefix> all;
    for (std::size_t number = 0; number < wanted.size(); ++number) {
        append(all, wanted[number]);
        const auto selectors = granted.find(number);
        if (selectors == granted.end()) {
            append(network.unreachable, wanted[number]);
            continue;
        }
        for (const auto& selector : selectors->second) {
            append(network.destinations, selector.prefixes());
        }
    }
    append(network.unreachable, blocked_beside(all, network.destinations));
    return network;
}

void use_own_address(TunnelNetwork& network, const ike::IpAddress& local,
                     const std::vector<std::vector<ike::Prefix>>& wanted) {
    network.own_address = local;
    for (const auto& prefixes : wanted) {
        std::ranges::copy_if(prefixes, std::back_inserter(network.unreachable),
                             [&](const ike::Prefix& prefix) {
                                 return prefix.address.family() != local.family() &&
                                        !any_contains(network.unreachable, prefix);
                             });
    }
}

void keep_blocked(TunnelNetwork& next, const TunnelNetwork& before) {
    for (const auto* prefixes : {&before.destinations, &before.unreachable}) {
        for (const ike::Prefix& prefix : *prefixes) {
            if (!any_contains(next.destinations, prefix) &&
                !any_contains(next.unreachable, prefix)) {
                next.unreachable.push_back(prefix);
            }
        }
    }
}

std::vector<ike::Prefix> outside(const TunnelNetwork& network,
                                 const std::vector<std::vector<ike::Prefix>>& wanted) {
    std::vector<ike::Prefix> covers = network.destinations;
    append(covers, network.unreachable);
    std::vector<ike::Prefix> found;
    for (const auto& prefixes : wanted) {
        std::ranges::copy_if(prefixes, std::back_inserter(found),
                             [&](const ike::Prefix& prefix) { return !covered(covers, prefix); });
    }
    for (const auto& [family, other] : {std::pair(ike::Family::ipv4, ike::Family::ipv6),
                                        std::pair(ike::Family::ipv6, ike::Family::ipv4)}) {
        const ike::Prefix rest{ike::IpAddress::any(other), 0};
        if (covered(network.destinations, {ike::IpAddress::any(family), 0}) &&
            !covered(covers, rest) && std::ranges::count(found, rest) == 0) {
            found.push_back(rest);
        }
    }
    return found;
}

}  // namespace agent

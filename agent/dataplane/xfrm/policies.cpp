// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/policies.hpp"

#include <algorithm>
#include <bit>

namespace agent::xfrm {

namespace {

using ike::wire::TrafficSelector;

/// Ours come before the policies of other IPsec daemons for the same packets (above 100000), and
/// the more specific of ours first.
constexpr std::uint32_t base_priority = 20000;

std::uint32_t priority(const Selector& selector) {
    const auto bits = [](std::uint16_t mask) { return std::popcount(mask); };
    const auto specific = selector.source.length + selector.destination.length +
                          bits(selector.source_port_mask) + bits(selector.destination_port_mask) +
                          (selector.protocol != 0 ? 1 : 0);
    return base_priority - static_cast<std::uint32_t>(specific);
}

struct Ports {
    std::uint16_t port = 0;
    std::uint16_t mask = 0;
};

/// The fewest aligned blocks that cover the range.
std::vector<Ports> port_masks(std::uint16_t first, std::uint16_t last) {
    constexpr std::uint32_t all = 0x10000;
    std::vector<Ports> blocks;
    std::uint32_t begin = first;
    const std::uint32_t end = std::uint32_t{last} + 1;
    while (begin < end) {
        std::uint32_t size = begin == 0 ? all : begin & (~begin + 1);
        while (size > end - begin) {
            size /= 2;
        }
        blocks.push_back(
            {static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(all - size)});
        begin += size;
    }
    return blocks;
}

bool is_opaque(const TrafficSelector& selector) {
    return selector.first_port > selector.last_port;
}

/// The protocol that both ends agree on: each may leave it open.
std::optional<std::uint8_t> protocol_of(const TrafficSelector& source,
                                        const TrafficSelector& destination) {
    if (source.protocol != 0 && destination.protocol != 0 &&
        source.protocol != destination.protocol) {
        return std::nullopt;
    }
    return std::max(source.protocol, destination.protocol);
}

/// The selectors of one pair of prefixes.
void append_ports(const Selector& prefixes, const TrafficSelector& source,
                  const TrafficSelector& destination, std::vector<Selector>& selectors) {
    for (const Ports& from : port_masks(source.first_port, source.last_port)) {
        for (const Ports& to : port_masks(destination.first_port, destination.last_port)) {
            Selector& selector = selectors.emplace_back(prefixes);
            selector.source_port = from.port;
            selector.source_port_mask = from.mask;
            selector.destination_port = to.port;
            selector.destination_port_mask = to.mask;
        }
    }
}

/// False: too many.
bool append_between(const TrafficSelector& source, const TrafficSelector& destination,
                    std::vector<Selector>& selectors) {
    const auto protocol = protocol_of(source, destination);
    if (source.first.family() != destination.first.family() || !protocol) {
        return true;
    }
    for (const ike::Prefix& from : source.prefixes()) {
        for (const ike::Prefix& to : destination.prefixes()) {
            append_ports({from, to, *protocol}, source, destination, selectors);
            if (selectors.size() > max_policy_selectors) {
                return false;
            }
        }
    }
    return true;
}

Policy policy(const Selector& selector, Direction direction, const Owner& owner,
              const Template& protect_by) {
    return {.key = {.selector = selector, .direction = direction, .if_id = owner.if_id},
            .priority = priority(selector),
            .protect_by = protect_by};
}

}  // namespace

std::optional<std::vector<Selector>> selectors_between(
    std::span<const TrafficSelector> sources, std::span<const TrafficSelector> destinations) {
    if (std::ranges::any_of(sources, is_opaque) || std::ranges::any_of(destinations, is_opaque)) {
        return std::nullopt;
    }
    std::vector<Selector> selectors;
    for (const TrafficSelector& source : sources) {
        for (const TrafficSelector& destination : destinations) {
            if (!append_between(source, destination, selectors)) {
                return std::nullopt;
            }
        }
    }
    std::sort(selectors.begin(), selectors.end());
    selectors.erase(std::unique(selectors.begin(), selectors.end()), selectors.end());
    return selectors;
}

std::vector<Policy> outbound_policies(std::span<const Selector> selectors,
                                      const EncapsulatedPath& way, const Owner& owner) {
    Template by_way;
    by_way.source = way.path.local.address;
    by_way.destination = way.path.remote.address;
    by_way.reqid = owner.reqid;
    std::vector<Policy> policies;
    for (const Selector& selector : selectors) {
        policies.push_back(policy(selector, Direction::out, owner, by_way));
    }
    return policies;
}

std::vector<Policy> inbound_policies(std::span<const Selector> selectors, const Owner& owner) {
    Template any_path;
    any_path.reqid = owner.reqid;
    std::vector<Policy> policies;
    for (const Selector& selector : selectors) {
        for (const Direction direction : {Direction::in, Direction::forward}) {
            policies.push_back(policy(selector, direction, owner, any_path));
        }
    }
    return policies;
}

Policy blocking_policy(const PolicyKey& key) {
    return {.key = key, .priority = priority(key.selector), .protect_by = {}};
}

}  // namespace agent::xfrm

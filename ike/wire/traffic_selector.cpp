// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/traffic_selector.hpp"

#include <algorithm>
#include <utility>

namespace ike::wire {

namespace {

using Ports = std::pair<std::uint16_t, std::uint16_t>;

// RFC 7296 3.13.1, after RFC 4301 4.4.1.1: ANY includes OPAQUE, nothing else does.
constexpr Ports any_port{0, 65535};
constexpr Ports opaque_port{65535, 0};

std::optional<Ports> intersect_ports(Ports left, Ports right) {
    if (left == any_port || left == right) {
        return right;
    }
    if (right == any_port) {
        return left;
    }
    if (left == opaque_port || right == opaque_port) {
        return std::nullopt;
    }
    const Ports both{std::max(left.first, right.first), std::min(left.second, right.second)};
    return both.first <= both.second ? std::optional(both) : std::nullopt;
}

IpAddress successor(const IpAddress& address) {
    Bytes bytes(address.bytes().begin(), address.bytes().end());
    for (auto byte = bytes.rbegin(); byte != bytes.rend() && ++*byte == 0; ++byte) {
    }
    return *IpAddress::from_bytes(bytes);
}

/// The largest prefix that begins with `first` and does not reach beyond `last`.
Prefix largest_prefix(const IpAddress& first, const IpAddress& last) {
    Prefix prefix = Prefix::host(first);
    while (prefix.length > 0) {
        const Prefix wider{first, static_cast<std::uint8_t>(prefix.length - 1)};
        if (wider.first() != first || wider.last() > last) {
            break;
        }
        prefix = wider;
    }
    return prefix;
}

}  // namespace

TrafficSelector TrafficSelector::from(const Prefix& prefix) {
    return {.first = prefix.first(), .last = prefix.last()};
}

bool TrafficSelector::contains(const IpAddress& address) const {
    return address.family() == first.family() && first <= address && address <= last;
}

bool TrafficSelector::contains(const TrafficSelector& inner) const {
    return intersect(inner) == inner;
}

std::optional<TrafficSelector> TrafficSelector::intersect(const TrafficSelector& other) const {
    if (first.family() != other.first.family()) {
        return std::nullopt;
    }
    if (protocol != 0 && other.protocol != 0 && protocol != other.protocol) {
        return std::nullopt;
    }
    const auto ports =
        intersect_ports({first_port, last_port}, {other.first_port, other.last_port});
    const IpAddress low = std::max(first, other.first);
    const IpAddress high = std::min(last, other.last);
    if (!ports || low > high) {
        return std::nullopt;
    }
    return TrafficSelector{.first = low,
                           .last = high,
                           .protocol = protocol != 0 ? protocol : other.protocol,
                           .first_port = ports->first,
                           .last_port = ports->second};
}

std::string TrafficSelector::text() const {
    const Prefix prefix = largest_prefix(first, last);
    std::string text = prefix.last() == last ? prefix.text() : first.text() + "-" + last.text();
    if (protocol != 0) {
        text += " protocol " + std::to_string(protocol);
    }
    const Ports ports{first_port, last_port};
    if (ports == opaque_port) {
        text += " ports OPAQUE";
    } else if (ports != any_port) {
        text += " ports " + std::to_string(first_port) + "-" + std::to_string(last_port);
    }
    return text;
}

std::vector<Prefix> TrafficSelector::prefixes() const {
    std::vector<Prefix> cover;
    for (IpAddress next = first; contains(next); next = successor(cover.back().last())) {
        cover.push_back(largest_prefix(next, last));
        if (cover.back().last() == last) {
            break;  // the successor of the highest address there is would be the lowest
        }
    }
    return cover;
}

std::vector<TrafficSelector> narrow(std::span<const TrafficSelector> offered,
                                    std::span<const TrafficSelector> allowed) {
    std::vector<TrafficSelector> narrowed;
    const auto add = [&narrowed](const TrafficSelector& selector) {
        const auto covers = [&](const TrafficSelector& other) { return other.contains(selector); };
        if (std::ranges::any_of(narrowed, covers)) {
            return;
        }
        std::erase_if(narrowed, [&](const auto& other) { return selector.contains(other); });
        if (narrowed.size() < max_selectors) {
            narrowed.push_back(selector);
        }
    };
    for (const TrafficSelector& offer : offered) {
        for (const TrafficSelector& policy : allowed) {
            if (const auto both = offer.intersect(policy)) {
                add(*both);
            }
        }
    }
    return narrowed;
}

bool is_narrowed_from(std::span<const TrafficSelector> chosen,
                      std::span<const TrafficSelector> offered) {
    return !chosen.empty() && std::ranges::all_of(chosen, [&](const TrafficSelector& selector) {
        return std::ranges::any_of(
            offered, [&](const TrafficSelector& offer) { return offer.contains(selector); });
    });
}

}  // namespace ike::wire

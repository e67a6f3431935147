// SPDX-License-Identifier: Apache-2.0
#include "netwatch/nat64.hpp"

#include "netwatch/snapshot.hpp"

#include <algorithm>
#include <array>

namespace netwatch {

using ike::IpAddress;
using ike::Prefix;

namespace {

constexpr std::array<std::uint8_t, 6> prefix_lengths{32, 40, 48, 56, 64, 96};
constexpr std::size_t reserved_byte = 8;  // bits 64 to 71, zero: RFC 6052 2.2

void add_once(std::vector<IpAddress>& addresses, const IpAddress& address) {
    if (std::ranges::find(addresses, address) == addresses.end()) {
        addresses.push_back(address);
    }
}

/// The places of the four bytes behind a prefix of this many bits.
std::array<std::size_t, 4> places(std::uint8_t length) {
    std::array<std::size_t, 4> found{};
    std::size_t at = length / 8U;
    for (std::size_t& place : found) {
        at += at == reserved_byte ? 1 : 0;
        place = at++;
    }
    return found;
}

bool is_allowed(const Prefix& prefix) {
    return prefix.address.is_ipv6() &&
           std::ranges::find(prefix_lengths, prefix.length) != prefix_lengths.end();
}

/// 192.0.0.170 and 192.0.0.171, RFC 7050 2.2.
bool is_well_known(const IpAddress& address) {
    const ike::ByteView bytes = address.bytes();
    return bytes[0] == 192 && bytes[1] == 0 && bytes[2] == 0 &&
           (bytes[3] == 170 || bytes[3] == 171);
}

bool has_prefix(const Snapshot& snapshot, ike::InterfaceIndex interface) {
    return std::ranges::find(snapshot.nat64, interface, &Nat64::interface) != snapshot.nat64.end();
}

}  // namespace

const Prefix& well_known_nat64() {
    static const Prefix prefix = *Prefix::parse("64:ff9b::/96");
    return prefix;
}

std::optional<IpAddress> synthesised(const Prefix& prefix, const IpAddress& address) {
    if (!is_allowed(prefix) || !address.is_ipv4()) {
        return std::nullopt;
    }
    const IpAddress first = prefix.first();
    ike::Bytes bytes(first.bytes().begin(), first.bytes().end());
    const auto at = places(prefix.length);
    for (std::size_t index = 0; index < at.size(); ++index) {
        bytes[at[index]] = address.bytes()[index];
    }
    return IpAddress::from_bytes(bytes);
}

std::optional<IpAddress> embedded(const Prefix& prefix, const IpAddress& address) {
    if (!is_allowed(prefix) || !prefix.contains(address)) {
        return std::nullopt;
    }
    ike::Bytes bytes;
    for (const std::size_t place : places(prefix.length)) {
        bytes.push_back(address.bytes()[place]);
    }
    return IpAddress::from_bytes(bytes);
}

std::vector<Prefix> nat64_prefixes(std::span<const IpAddress> answers) {
    std::vector<Prefix> prefixes;
    for (const IpAddress& answer : answers) {
        std::vector<Prefix> candidates;
        for (const std::uint8_t length : prefix_lengths) {
            const Prefix whole{answer, length};
            const auto inside = embedded(whole, answer);
            if (inside && is_well_known(*inside)) {
                candidates.push_back({whole.first(), length});
            }
        }
        if (candidates.size() == 1 &&
            std::ranges::find(prefixes, candidates.front()) == prefixes.end()) {
            prefixes.push_back(candidates.front());
        }
    }
    return prefixes;
}

bool ipv6_only(const Snapshot& snapshot, ike::InterfaceIndex interface) {
    const bool default_route = std::ranges::any_of(snapshot.routes, [&](const Route& route) {
        return route.out == interface && !route.rejects && route.destination.length == 0 &&
               route.destination.address.is_ipv6();
    });
    bool ipv6 = false;
    for (const Address& address : snapshot.addresses) {
        if (address.interface != interface || address.address.is_link_local()) {
            continue;
        }
        if (address.address.is_ipv4()) {
            return false;
        }
        ipv6 = ipv6 || (!address.tentative && !address.dad_failed);
    }
    return default_route && ipv6;
}

bool means_gateway_on(const Snapshot& snapshot, ike::InterfaceIndex interface,
                      const IpAddress& gateway) {
    bool synthetic = well_known_nat64().contains(gateway);
    for (const Nat64& nat64 : snapshot.nat64) {
        if (nat64.prefix.contains(gateway)) {
            if (nat64.interface == interface) {
                return true;
            }
            synthetic = true;
        }
    }
    const bool likely = well_known_nat64().contains(gateway) && !has_prefix(snapshot, interface) &&
                        ipv6_only(snapshot, interface);
    return !synthetic || likely;
}

std::vector<IpAddress> without_nat64(const Snapshot& snapshot,
                                     std::span<const IpAddress> addresses) {
    std::vector<IpAddress> real;
    for (const IpAddress& address : addresses) {
        std::optional<IpAddress> inside;
        for (const Nat64& nat64 : snapshot.nat64) {
            inside = inside ? inside : embedded(nat64.prefix, address);
        }
        if (const auto likely = embedded(well_known_nat64(), address); likely && !inside) {
            add_once(real, *likely);
        }
        add_once(real, inside.value_or(address));
    }
    return real;
}

std::vector<IpAddress> with_nat64(const Snapshot& snapshot, std::span<const IpAddress> addresses) {
    std::vector<IpAddress> all(addresses.begin(), addresses.end());
    for (const IpAddress& address : addresses) {
        for (const Nat64& nat64 : snapshot.nat64) {
            if (const auto made = synthesised(nat64.prefix, address)) {
                add_once(all, *made);
            }
        }
    }
    return all;
}

}  // namespace netwatch

// SPDX-License-Identifier: Apache-2.0
#include "agent/guard/coverage.hpp"

#include <algorithm>
#include <utility>

namespace agent::guard {

using ike::Family;
using ike::Prefix;

namespace {

constexpr unsigned bits_of_byte = 8;

std::pair<Prefix, Prefix> halves(const Prefix& whole) {
    const auto bytes = whole.address.bytes();
    std::vector<std::uint8_t> upper(bytes.begin(), bytes.end());
    upper[whole.length / bits_of_byte] |=
        static_cast<std::uint8_t>(1U << (bits_of_byte - 1 - whole.length % bits_of_byte));
    const auto length = static_cast<std::uint8_t>(whole.length + 1);
    return {{whole.address, length}, {*ike::IpAddress::from_bytes(upper), length}};
}

bool contains(const Prefix& outer, const Prefix& inner) {
    return outer.length <= inner.length && outer.contains(inner.address);
}

}  // namespace

std::vector<Prefix> without_overlaps(std::vector<Prefix> prefixes) {
    std::sort(prefixes.begin(), prefixes.end());
    prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
    const std::vector<Prefix> all = prefixes;
    std::erase_if(prefixes, [&](const Prefix& each) {
        return std::any_of(all.begin(), all.end(), [&](const Prefix& other) {
            return other != each && contains(other, each);
        });
    });
    return prefixes;
}

/// The recursion ends where no prefix is longer than `whole`, so it is as deep as a prefix is long.
bool cover(const std::vector<Prefix>& prefixes, const Prefix& whole) {
    std::vector<Prefix> inside;
    for (const Prefix& prefix : prefixes) {
        if (contains(prefix, whole)) {
            return true;
        }
        if (contains(whole, prefix)) {
            inside.push_back(prefix);
        }
    }
    if (inside.empty()) {
        return false;
    }
    const auto [lower, upper] = halves(whole);
    return cover(inside, lower) && cover(inside, upper);
}

bool cover_all(const std::vector<Prefix>& prefixes, Family family) {
    return cover(prefixes, {ike::IpAddress::any(family), 0});
}

std::vector<Prefix> covered_by(const std::vector<std::vector<Prefix>>& wanted,
                               const std::vector<Prefix>& granted) {
    std::vector<Prefix> covered = granted;
    for (const auto& child : wanted) {
        covered.insert(covered.end(), child.begin(), child.end());
    }
    if (cover_all(covered, Family::ipv4) || cover_all(covered, Family::ipv6)) {
        return {{ike::IpAddress::any(Family::ipv4), 0}, {ike::IpAddress::any(Family::ipv6), 0}};
    }
    return without_overlaps(std::move(covered));
}

}  // namespace agent::guard

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/base/strong.hpp"

#include <compare>
#include <string>

namespace ike {

inline constexpr std::uint16_t ike_port = 500;
inline constexpr std::uint16_t nat_t_port = 4500;

/// The way of a datagram: out of this interface, from this endpoint of ours to that of the gateway.
/// RFC 4555 calls the address pair a path; two paths are the same when all of it is.
struct Path {
    InterfaceIndex interface;
    Endpoint local;
    Endpoint remote;

    /// "10.1.0.2:4500 -> 192.0.2.1:4500 (if 3)"
    [[nodiscard]] std::string text() const;

    friend auto operator<=>(const Path&, const Path&) = default;
};

/// By whatever interface and ports.
inline bool same_addresses(const Path& left, const Path& right) {
    return left.local.address == right.local.address && left.remote.address == right.remote.address;
}
/// By whatever ports: a NAT, or the gateway, may choose others.
inline bool same_way(const Path& left, const Path& right) {
    return left.interface == right.interface && same_addresses(left, right);
}

}  // namespace ike

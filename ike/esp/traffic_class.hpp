// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace ike::esp {

// The TOS octet of IPv4 and the Traffic Class of IPv6: six bits DSCP, two bits ECN.

/// RFC 4301 5.1.2, RFC 6040 4.1 (normal mode): what the outer header of an outbound packet carries.
/// DSCP and ECN are copied; the inner packet stays as it is.
constexpr std::uint8_t outer_traffic_class(std::uint8_t inner) {
    return inner;
}

/// RFC 6040 4.2: brings the congestion mark of an outer header into the inner packet, whose headers
/// parse_inner() read before; an IPv4 checksum is kept right. False: drop the packet.
/// The inner DSCP stays (RFC 4301 5.1.2).
[[nodiscard]] bool combine_ecn(std::span<std::uint8_t> inner, std::uint8_t outer_traffic_class);

}  // namespace ike::esp

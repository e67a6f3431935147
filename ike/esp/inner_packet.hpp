// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/ip.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace ike::esp {

/// The fields of a packet that the policy looks at besides its addresses: the source and
/// destination port; of an ICMP message type and code as one number, twice (RFC 4301 4.4.1.1).
struct Ports {
    std::uint16_t source = 0;
    std::uint16_t destination = 0;
    friend bool operator==(const Ports&, const Ports&) = default;
};

/// The head of an IP packet that goes through the tunnel, as far as RFC 4301 asks for it.
struct InnerPacket {
    IpAddress source;
    IpAddress destination;
    std::size_t size = 0;            // by its own length field
    std::uint8_t traffic_class = 0;  // DSCP and ECN; the TOS octet of IPv4
    std::uint8_t protocol = 0;       // the upper layer's; of IPv6 behind its extension headers
    std::optional<Ports> ports;      // none in a later fragment, or where the protocol has none
    bool dont_fragment = false;      // IPv6 is never fragmented on its way
};

/// Reads an IPv4 or IPv6 packet's headers. Bytes behind the packet's own length are allowed, as
/// traffic flow confidentiality padding is (RFC 4303 2.7). None if it is no IP packet, or cut.
std::optional<InnerPacket> parse_inner(ByteView packet);

}  // namespace ike::esp

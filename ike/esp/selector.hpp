// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/esp/inner_packet.hpp"

#include <cstdint>
#include <vector>

namespace ike::esp {

/// One side of the traffic that an SA may carry (RFC 4301 4.4.1.1): addresses, a protocol, ports,
/// all ends included.
struct Selector {
    IpAddress first;
    IpAddress last;
    std::uint8_t protocol = 0;  // 0: any
    std::uint16_t first_port = 0;
    std::uint16_t last_port = 65535;  // below first_port: OPAQUE, only packets that show no port
};

enum class Direction : std::uint8_t { outbound, inbound };

/// The selectors of a Child SA, seen from our side.
struct Selectors {
    std::vector<Selector> local;
    std::vector<Selector> remote;

    /// RFC 4301 5.1 and 5.2: whether the SA may carry this packet in this direction.
    [[nodiscard]] bool match(const InnerPacket& packet, Direction direction) const;
};

}  // namespace ike::esp

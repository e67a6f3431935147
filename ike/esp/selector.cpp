// SPDX-License-Identifier: Apache-2.0
#include "ike/esp/selector.hpp"

#include <algorithm>

namespace ike::esp {

namespace {

/// One end of a packet: its address there and, where it shows one, its port.
struct End {
    const IpAddress& address;
    std::uint8_t protocol;
    std::optional<std::uint16_t> port;
};

bool selects_port(const Selector& selector, std::optional<std::uint16_t> port) {
    // RFC 4301 4.4.1.1: OPAQUE asks that no port can be seen; ANY takes a packet without one too.
    if (!port) {
        return selector.first_port > selector.last_port ||
               (selector.first_port == 0 && selector.last_port == 65535);
    }
    return selector.first_port <= *port && *port <= selector.last_port;
}

bool selects(const std::vector<Selector>& selectors, const End& end) {
    return std::ranges::any_of(selectors, [&](const Selector& selector) {
        return selector.first <= end.address && end.address <= selector.last &&
               (selector.protocol == 0 || selector.protocol == end.protocol) &&
               selects_port(selector, end.port);
    });
}

}  // namespace

bool Selectors::match(const InnerPacket& packet, Direction direction) const {
    const auto source_port = packet.ports ? std::optional(packet.ports->source) : std::nullopt;
    const auto destination_port =
        packet.ports ? std::optional(packet.ports->destination) : std::nullopt;
    const End source{packet.source, packet.protocol, source_port};
    const End destination{packet.destination, packet.protocol, destination_port};
    return direction == Direction::outbound
               ? selects(local, source) && selects(remote, destination)
               : selects(local, destination) && selects(remote, source);
}

}  // namespace ike::esp

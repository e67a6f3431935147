// SPDX-License-Identifier: Apache-2.0
#include "ike/esp/inner_packet.hpp"

namespace ike::esp {

namespace {

namespace protocol {
constexpr std::uint8_t hop_by_hop = 0, icmp = 1, tcp = 6, udp = 17, dccp = 33, routing = 43,
                       fragment = 44, authentication = 51, icmpv6 = 58, destination = 60,
                       sctp = 132, mobility = 135;
}

// A chain of extension headers as long as this is nothing a host sends.
constexpr int max_extension_headers = 8;

std::optional<Ports> read_ports(std::uint8_t upper, ByteView payload) {
    Reader reader(payload);
    Ports ports;
    switch (upper) {
        case protocol::tcp:
        case protocol::udp:
        case protocol::dccp:
        case protocol::sctp:
            ports.source = reader.u16();
            ports.destination = reader.u16();
            break;
        case protocol::icmp:
        case protocol::icmpv6:
            ports.source = ports.destination = reader.u16();
            break;
        case protocol::mobility:  // RFC 4301 4.4.1.1: the MH type, in the upper half
            reader.take(2);
            ports.source = ports.destination = static_cast<std::uint16_t>(reader.u8() << 8U);
            break;
        default:
            return std::nullopt;
    }
    return reader.ok() ? std::optional(ports) : std::nullopt;
}

std::optional<InnerPacket> parse_ipv4(ByteView packet) {
    Reader reader(packet);
    InnerPacket inner;
    const std::size_t header = (reader.u8() & 0x0fU) * std::size_t{4};
    inner.traffic_class = reader.u8();
    inner.size = reader.u16();
    reader.take(2);
    const std::uint16_t fragment = reader.u16();
    inner.dont_fragment = (fragment & 0x4000U) != 0;
    reader.take(1);
    inner.protocol = reader.u8();
    reader.take(2);
    const ByteView source = reader.take(4);
    const ByteView destination = reader.take(4);
    if (!reader.ok() || header < 20 || inner.size < header || inner.size > packet.size()) {
        return std::nullopt;
    }
    inner.source = *IpAddress::from_bytes(source);
    inner.destination = *IpAddress::from_bytes(destination);
    if ((fragment & 0x1fffU) == 0) {
        inner.ports = read_ports(inner.protocol, packet.first(inner.size).subspan(header));
    }
    return inner;
}

/// The size of an extension header of this kind with this second byte; none if it is no extension
/// header but the upper layer's (RFC 8200 4, RFC 4302 2).
std::optional<std::size_t> extension_size(std::uint8_t kind, std::uint8_t length) {
    switch (kind) {
        case protocol::hop_by_hop:
        case protocol::routing:
        case protocol::destination:
            return 8 + std::size_t{length} * 8;
        case protocol::authentication:
            return 8 + std::size_t{length} * 4;
        case protocol::fragment:
            return 8;
        default:
            return std::nullopt;
    }
}

/// Walks the extension headers of IPv6 to the upper layer's. False if they don't fit in the packet
/// or never end.
bool read_upper_layer(Reader& reader, InnerPacket& inner) {
    for (int count = 0; count < max_extension_headers; ++count) {
        Reader ahead = reader;
        ahead.take(1);
        const auto size = extension_size(inner.protocol, ahead.u8());
        if (!size) {
            inner.ports = read_ports(inner.protocol, reader.rest());
            return true;
        }
        const ByteView header = reader.take(*size);
        if (!reader.ok()) {
            return false;
        }
        const bool later_fragment = inner.protocol == protocol::fragment &&
                                    (Reader(header.subspan(2)).u16() & 0xfff8U) != 0;
        inner.protocol = header[0];
        if (later_fragment) {
            return true;
        }
    }
    return false;
}

std::optional<InnerPacket> parse_ipv6(ByteView packet) {
    constexpr std::size_t header = 40;
    Reader reader(packet);
    InnerPacket inner;
    inner.dont_fragment = true;
    inner.traffic_class = static_cast<std::uint8_t>(reader.u32() >> 20U & 0xffU);
    inner.size = header + reader.u16();
    inner.protocol = reader.u8();
    reader.take(1);
    const ByteView source = reader.take(16);
    const ByteView destination = reader.take(16);
    if (!reader.ok() || inner.size > packet.size()) {
        return std::nullopt;
    }
    inner.source = *IpAddress::from_bytes(source);
    inner.destination = *IpAddress::from_bytes(destination);
    Reader payload(packet.first(inner.size).subspan(header));
    return read_upper_layer(payload, inner) ? std::optional(inner) : std::nullopt;
}

}  // namespace

std::optional<InnerPacket> parse_inner(ByteView packet) {
    switch (packet.empty() ? 0 : packet[0] >> 4U) {
        case 4:
            return parse_ipv4(packet);
        case 6:
            return parse_ipv6(packet);
        default:
            return std::nullopt;
    }
}

}  // namespace ike::esp

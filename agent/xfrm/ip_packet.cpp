// SPDX-License-Identifier: Apache-2.0
#include "agent/xfrm/ip_packet.hpp"

#include "ike/esp/inner_packet.hpp"

#include <netinet/in.h>

namespace agent::xfrm {

using ike::ByteView;

namespace {

constexpr std::size_t ipv6_header = 40;
constexpr std::size_t udp_header = 8;

/// RFC 8200 8.1: that of UDP, over the addresses as well; UDP over IPv6 is not sent without.
std::uint16_t udp_checksum(ByteView header, ByteView udp) {
    std::uint32_t sum = static_cast<std::uint32_t>(udp.size()) + IPPROTO_UDP;
    for (ike::Reader reader(header.subspan(8, 32)); !reader.empty();) {
        sum += reader.u16();
    }
    ike::Reader reader(udp);
    while (reader.size() > 1) {
        sum += reader.u16();
    }
    sum += reader.empty() ? 0U : static_cast<std::uint32_t>(reader.u8()) << 8U;
    while (sum > 0xffff) {
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    const auto checksum = static_cast<std::uint16_t>(~sum);
    return checksum == 0 ? 0xffff : checksum;
}

ike::Bytes in_udp(const IpPacket& packet, const ike::Path& path) {
    ike::Writer writer;
    writer.u16(path.local.port).u16(path.remote.port);
    writer.u16(static_cast<std::uint16_t>(udp_header + packet.payload.size()));
    writer.u16(0);  // RFC 3948 2.1: none over IPv4
    writer.put(packet.payload);
    if (!packet.from.is_ipv4()) {
        writer.patch_u16(udp_header - 2, udp_checksum(packet.header, writer.view()));
    }
    return writer.release();
}

}  // namespace

std::optional<IpPacket> IpPacket::read(ByteView packet) {
    const auto head = ike::esp::parse_inner(packet);
    if (!head) {
        return std::nullopt;
    }
    const bool ipv4 = head->source.is_ipv4();
    const std::size_t header = ipv4 ? (packet[0] & 0x0fU) * std::size_t{4} : ipv6_header;
    // IPv4: more of them, or not the first; IPv6: a header that says so.
    const bool fragment = ipv4 ? (ike::Reader(packet.subspan(6)).u16() & 0x3fffU) != 0
                               : packet[6] == IPPROTO_FRAGMENT;
    return IpPacket{.from = head->source,
                    .to = head->destination,
                    .protocol = ipv4 ? head->protocol : packet[6],
                    .header = packet.first(header),
                    .payload = packet.first(head->size).subspan(header),
                    .fragment = fragment};
}

bool carries_esp(const IpPacket& packet) {
    if (packet.protocol != IPPROTO_UDP || packet.fragment) {
        return packet.protocol == IPPROTO_ESP || packet.fragment;
    }
    ike::Reader reader(packet.payload);
    reader.u16();
    const std::uint16_t port = reader.u16();
    reader.u32();
    return port == ike::nat_t_port && reader.u32() != 0 && reader.ok();
}

std::optional<ike::Bytes> reencapsulated(const IpPacket& packet, const ike::Path& path, bool udp) {
    const std::uint8_t other = udp ? IPPROTO_ESP : IPPROTO_UDP;
    if (packet.protocol != other || packet.fragment || !carries_esp(packet)) {
        return std::nullopt;
    }
    const ike::Bytes wrapped = udp ? in_udp(packet, path) : ike::Bytes{};
    const ByteView payload = udp ? ByteView(wrapped) : packet.payload.subspan(udp_header);
    const bool ipv4 = packet.from.is_ipv4();
    const std::size_t length = payload.size() + (ipv4 ? packet.header.size() : 0);
    ike::Writer writer;
    writer.put(packet.header);
    writer.patch_u16(ipv4 ? 2 : 4, static_cast<std::uint16_t>(length));
    writer.put(payload);
    ike::Bytes result = writer.release();
    result[ipv4 ? 9 : 6] = udp ? IPPROTO_UDP : IPPROTO_ESP;
    return result;
}

}  // namespace agent::xfrm

// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/ip_packet.hpp"

#include "ike/esp/inner_packet.hpp"

#include <netinet/in.h>

namespace agent::xfrm {

using ike::ByteView;

namespace {

constexpr std::size_t ipv4_header = 20;
constexpr std::size_t ipv6_header = 40;
constexpr std::size_t udp_header = 8;

constexpr std::uint8_t hop_limit = 64;

/// RFC 1071: 16-bit words, the last one filled up with zeros, added up.
std::uint32_t sum_of(ByteView bytes) {
    std::uint32_t sum = 0;
    ike::Reader reader(bytes);
    while (reader.size() > 1) {
        sum += reader.u16();
    }
    return sum + (reader.empty() ? 0U : static_cast<std::uint32_t>(reader.u8()) << 8U);
}

std::uint16_t checksum_of(std::uint32_t sum) {
    while (sum > 0xffff) {
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return static_cast<std::uint16_t>(~sum);
}

/// RFC 8200 8.1: that of UDP, over the addresses as well; UDP over IPv6 is not sent without.
std::uint16_t udp_checksum(const ike::IpAddress& from, const ike::IpAddress& to, ByteView udp) {
    const std::uint16_t checksum =
        checksum_of(static_cast<std::uint32_t>(udp.size()) + IPPROTO_UDP + sum_of(from.bytes()) +
                    sum_of(to.bytes()) + sum_of(udp));
    return checksum == 0 ? 0xffff : checksum;
}

ike::Bytes in_udp(const ike::Endpoint& from, const ike::Endpoint& to, ByteView esp) {
    ike::Writer writer;
    writer.u16(from.port).u16(to.port);
    writer.u16(static_cast<std::uint16_t>(udp_header + esp.size()));
    writer.u16(0);  // RFC 3948 2.1: none over IPv4
    writer.put(esp);
    if (!from.address.is_ipv4()) {
        writer.patch_u16(udp_header - 2, udp_checksum(from.address, to.address, writer.view()));
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
                    .traffic_class = head->traffic_class,
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
    const ike::Bytes wrapped = udp ? in_udp(path.local, path.remote, packet.payload) : ike::Bytes{};
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

ike::Bytes incoming_esp(const ike::Path& path, bool udp, std::uint8_t traffic_class, ByteView esp) {
    const ike::Bytes wrapped = udp ? in_udp(path.remote, path.local, esp) : ike::Bytes{};
    const ByteView payload = udp ? ByteView(wrapped) : esp;
    const std::uint8_t protocol = udp ? IPPROTO_UDP : IPPROTO_ESP;
    const ByteView from = path.remote.address.bytes();
    const ByteView to = path.local.address.bytes();
    ike::Writer writer;
    if (path.local.address.is_ipv4()) {
        writer.u8(0x45).u8(traffic_class);
        writer.u16(static_cast<std::uint16_t>(ipv4_header + payload.size()));
        writer.u32(0).u8(hop_limit).u8(protocol).u16(0).put(from).put(to);
        writer.patch_u16(10, checksum_of(sum_of(writer.view())));
    } else {
        writer.u32(0x60000000U | static_cast<std::uint32_t>(traffic_class) << 20U);
        writer.u16(static_cast<std::uint16_t>(payload.size()));
        writer.u8(protocol).u8(hop_limit).put(from).put(to);
    }
    return writer.put(payload).release();
}

}  // namespace agent::xfrm

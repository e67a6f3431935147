// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/ip.hpp"

#include <string_view>

namespace ike::esp::test {

inline IpAddress ip(std::string_view text) {
    return IpAddress::parse(text).value();
}

/// RFC 1071 over whole 16-bit words.
inline std::uint16_t internet_checksum(ByteView bytes) {
    std::uint32_t sum = 0;
    for (Reader reader(bytes); reader.size() >= 2;) {
        sum += reader.u16();
    }
    while (sum > 0xffffU) {
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return static_cast<std::uint16_t>(~sum);
}

struct Ipv4 {
    std::string_view source = "10.1.0.2";
    std::string_view destination = "10.20.0.1";
    std::uint8_t protocol = 17;
    std::uint8_t tos = 0;
    std::uint16_t flags_and_offset = 0x4000;  // DF
};

inline Bytes ipv4_packet(const Ipv4& header, ByteView payload) {
    Writer writer;
    writer.u8(0x45).u8(header.tos).u16(static_cast<std::uint16_t>(20 + payload.size())).u16(7);
    writer.u16(header.flags_and_offset).u8(64).u8(header.protocol).u16(0);
    writer.put(ip(header.source).bytes()).put(ip(header.destination).bytes());
    Bytes packet = writer.release();
    const std::uint16_t checksum = internet_checksum(packet);
    packet[10] = static_cast<std::uint8_t>(checksum >> 8U);
    packet[11] = static_cast<std::uint8_t>(checksum);
    packet.insert(packet.end(), payload.begin(), payload.end());
    return packet;
}

struct Ipv6 {
    std::string_view source = "fd10::2";
    std::string_view destination = "fd20::1";
    std::uint8_t next_header = 17;
    std::uint8_t traffic_class = 0;
};

inline Bytes ipv6_packet(const Ipv6& header, ByteView payload) {
    Writer writer;
    writer.u32(0x60000000U | static_cast<std::uint32_t>(header.traffic_class) << 20U | 0xabcdeU);
    writer.u16(static_cast<std::uint16_t>(payload.size())).u8(header.next_header).u8(64);
    writer.put(ip(header.source).bytes()).put(ip(header.destination).bytes()).put(payload);
    return writer.release();
}

inline Bytes udp_head(std::uint16_t source, std::uint16_t destination) {
    return Writer().u16(source).u16(destination).u16(8).u16(0).release();
}

}  // namespace ike::esp::test

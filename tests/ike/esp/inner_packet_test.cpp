// SPDX-License-Identifier: Apache-2.0
#include "ike/esp/inner_packet.hpp"

#include "tests/ike/esp/esp_fixture.hpp"
#include "tests/ike/esp/inner_packets.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::esp;
using namespace ike::esp::test;

TEST_CASE("an IPv4 packet shows addresses, protocol, ports, TOS and DF") {
    const auto inner = parse_inner(ipv4_packet({.tos = 0xb8}, udp_head(5353, 53)));
    REQUIRE(inner);
    CHECK(inner->source == ip("10.1.0.2"));
    CHECK(inner->destination == ip("10.20.0.1"));
    CHECK(inner->protocol == 17);
    CHECK(inner->ports == Ports{5353, 53});
    CHECK(inner->traffic_class == 0xb8);
    CHECK(inner->dont_fragment);
    CHECK(inner->size == 28);
    CHECK_FALSE(parse_inner(ipv4_packet({.flags_and_offset = 0}, udp_head(1, 2)))->dont_fragment);
}

TEST_CASE("an IPv6 packet shows addresses, protocol, ports and traffic class") {
    const auto inner = parse_inner(ipv6_packet({.traffic_class = 0x2e}, udp_head(5353, 53)));
    REQUIRE(inner);
    CHECK(inner->source == ip("fd10::2"));
    CHECK(inner->destination == ip("fd20::1"));
    CHECK(inner->protocol == 17);
    CHECK(inner->ports == Ports{5353, 53});
    CHECK(inner->traffic_class == 0x2e);
    CHECK(inner->dont_fragment);
    CHECK(inner->size == 48);
}

TEST_CASE("the upper layer of IPv6 is found behind its extension headers [RFC4301-4.4.1.1]") {
    Bytes payload =
        hex("3c00000000000000"                   // hop-by-hop, destination options next
            "2b01000000000000 0000000000000000"  // destination options of 16, routing next
            "3300000000000000"                   // routing, authentication next
            "2c01000000000000 00000000"          // authentication of 12, fragment next
            "1100000112345678");                 // the first fragment of UDP
    const Bytes udp = udp_head(1000, 2000);
    payload.insert(payload.end(), udp.begin(), udp.end());
    const auto inner = parse_inner(ipv6_packet({.next_header = 0}, payload));
    REQUIRE(inner);
    CHECK(inner->protocol == 17);
    CHECK(inner->ports == Ports{1000, 2000});
}

TEST_CASE("a later fragment shows no ports [RFC4301-7]") {
    const auto ipv4 = parse_inner(ipv4_packet({.flags_and_offset = 0x00b9}, udp_head(1, 2)));
    REQUIRE(ipv4);
    CHECK_FALSE(ipv4->ports);
    const auto ipv6 =
        parse_inner(ipv6_packet({.next_header = 44}, hex("11000008123456780001000200080000")));
    REQUIRE(ipv6);
    CHECK(ipv6->protocol == 17);
    CHECK_FALSE(ipv6->ports);
}

TEST_CASE("ICMP shows type and code in place of ports [RFC4301-4.4.1.1]") {
    CHECK(parse_inner(ipv4_packet({.protocol = 1}, hex("0301000000000000")))->ports ==
          Ports{0x0301, 0x0301});
    CHECK(parse_inner(ipv6_packet({.next_header = 58}, hex("8000000000000000")))->ports ==
          Ports{0x8000, 0x8000});
    CHECK(parse_inner(ipv6_packet({.next_header = 135}, hex("3b01050000000000")))->ports ==
          Ports{0x0500, 0x0500});
}

TEST_CASE("a protocol without ports, or cut before them, shows none") {
    CHECK_FALSE(parse_inner(ipv4_packet({.protocol = 47}, counted(8)))->ports);
    CHECK_FALSE(parse_inner(ipv4_packet({}, counted(3)))->ports);
}

TEST_CASE("bytes behind the packet's own length are no part of it [RFC4303-2.7]") {
    Bytes packet = ipv4_packet({}, udp_head(1, 2));
    packet.resize(100);
    CHECK(parse_inner(packet)->size == 28);
    Bytes shown_by_padding = ipv4_packet({}, counted(2));
    shown_by_padding.resize(100);
    CHECK_FALSE(parse_inner(shown_by_padding)->ports);
}

TEST_CASE("a packet cut anywhere is none") {
    for (const Bytes& packet :
         {ipv4_packet({}, udp_head(1, 2)), ipv6_packet({}, udp_head(1, 2)),
          ipv6_packet({.next_header = 0}, hex("1101000000000000 0000000000000000"))}) {
        for (std::size_t size = 0; size < packet.size(); ++size) {
            CHECK_FALSE(parse_inner(ByteView(packet).first(size)));
        }
        CHECK(parse_inner(packet));
    }
}

TEST_CASE("what is neither IPv4 nor IPv6, or lies about its lengths, is none") {
    Bytes packet = ipv4_packet({}, udp_head(1, 2));
    packet[0] = 0x55;
    CHECK_FALSE(parse_inner(packet));
    packet[0] = 0x44;  // a header of 16 bytes
    CHECK_FALSE(parse_inner(packet));
    packet[0] = 0x4f;  // a header longer than the packet
    CHECK_FALSE(parse_inner(packet));
    // an extension header that reaches behind the packet, and a chain without end
    CHECK_FALSE(parse_inner(ipv6_packet({.next_header = 0}, hex("11ff000000000000"))));
    CHECK_FALSE(parse_inner(ipv6_packet({.next_header = 60}, Bytes(800, 60))));
    Bytes chain;
    for (int count = 0; count < 20; ++count) {
        const Bytes header = hex("3c00000000000000");
        chain.insert(chain.end(), header.begin(), header.end());
    }
    CHECK_FALSE(parse_inner(ipv6_packet({.next_header = 60}, chain)));
}

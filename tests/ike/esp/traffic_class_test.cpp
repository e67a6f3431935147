// SPDX-License-Identifier: Apache-2.0
#include "ike/esp/traffic_class.hpp"

#include "ike/esp/inner_packet.hpp"
#include "tests/ike/esp/inner_packets.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace ike;
using namespace ike::esp;
using namespace ike::esp::test;

namespace {

constexpr std::uint8_t not_ect = 0, ect_1 = 1, ect_0 = 2, ce = 3, dropped = 0xff;

/// RFC 6040 figure 4: the inner ECN field across the outer one.
constexpr std::array<std::array<std::uint8_t, 4>, 4> figure_4{{
    // outer: not_ect, ect_1, ect_0, ce
    {not_ect, not_ect, not_ect, dropped},
    {ect_1, ect_1, ect_1, ce},
    {ect_0, ect_1, ect_0, ce},
    {ce, ce, ce, ce},
}};

/// The ECN field of a packet with DSCP 0xb8 after it came in behind such an outer header.
std::uint8_t combined(Bytes packet, std::uint8_t outer) {
    if (!combine_ecn(packet, outer)) {
        return dropped;
    }
    return parse_inner(packet)->traffic_class ^ 0xb8U;
}

}  // namespace

TEST_CASE("the outer header carries DSCP and ECN of the inner one [RFC4301-5.1.2] [RFC6040-4.1]") {
    for (std::uint8_t octet = 0; octet < 0xff; ++octet) {
        CHECK(outer_traffic_class(octet) == octet);
    }
}

TEST_CASE("congestion marks come in as figure 4 has it, in both families [RFC6040-4.2]") {
    for (std::uint8_t inner = 0; inner < 4; ++inner) {
        for (std::uint8_t outer = 0; outer < 4; ++outer) {
            CAPTURE(int{inner});
            CAPTURE(int{outer});
            const auto octet = static_cast<std::uint8_t>(0xb8U | inner);
            CHECK(combined(ipv4_packet({.tos = octet}, udp_head(1, 2)), outer) ==
                  figure_4[inner][outer]);
            CHECK(combined(ipv6_packet({.traffic_class = octet}, udp_head(1, 2)), outer) ==
                  figure_4[inner][outer]);
        }
    }
}

TEST_CASE("the checksum of an IPv4 packet that is marked stays right [RFC1624]") {
    for (unsigned id = 0; id < 300; ++id) {
        Bytes packet = ipv4_packet(
            {.tos = 2, .flags_and_offset = static_cast<std::uint16_t>(id * 211)}, udp_head(1, 2));
        REQUIRE(combine_ecn(packet, ce));
        CHECK(internet_checksum(ByteView(packet).first(20)) == 0);
    }
}

TEST_CASE("an outer DSCP stays outside [RFC4301-5.1.2]") {
    Bytes packet = ipv4_packet({.tos = 0x02}, udp_head(1, 2));
    REQUIRE(combine_ecn(packet, 0xb8 | ect_0));
    CHECK(packet[1] == 0x02);
}

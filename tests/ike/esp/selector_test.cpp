// SPDX-License-Identifier: Apache-2.0
#include "ike/esp/selector.hpp"

#include "tests/ike/esp/inner_packets.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::esp;
using namespace ike::esp::test;

namespace {

Selector between(std::string_view first, std::string_view last) {
    return {.first = ip(first), .last = ip(last)};
}

const Selectors office{.local = {between("10.1.0.2", "10.1.0.2"), between("fd10::2", "fd10::2")},
                       .remote = {between("10.20.0.0", "10.20.255.255"),
                                  between("fd20::", "fd20::ffff:ffff:ffff:ffff")}};

InnerPacket parsed(const Bytes& packet) {
    return parse_inner(packet).value();
}

}  // namespace

TEST_CASE("an SA carries what its selectors select, seen from our side [RFC4301-5.2]") {
    const auto out = parsed(ipv4_packet({}, udp_head(1, 2)));
    CHECK(office.match(out, Direction::outbound));
    CHECK_FALSE(office.match(out, Direction::inbound));

    const auto in =
        parsed(ipv4_packet({.source = "10.20.0.1", .destination = "10.1.0.2"}, udp_head(1, 2)));
    CHECK(office.match(in, Direction::inbound));
    CHECK_FALSE(office.match(in, Direction::outbound));
    CHECK(office.match(parsed(ipv6_packet({}, udp_head(1, 2))), Direction::outbound));
}

TEST_CASE("one address outside the selectors is enough to be outside") {
    CHECK_FALSE(office.match(parsed(ipv4_packet({.source = "10.1.0.3"}, udp_head(1, 2))),
                             Direction::outbound));
    CHECK_FALSE(office.match(parsed(ipv4_packet({.destination = "10.21.0.0"}, udp_head(1, 2))),
                             Direction::outbound));
    CHECK_FALSE(office.match(parsed(ipv6_packet({.source = "fe80::1"}, udp_head(1, 2))),
                             Direction::outbound));
}

TEST_CASE("a range of one family never selects an address of the other") {
    const Selectors all_ipv4{.local = {between("0.0.0.0", "255.255.255.255")},
                             .remote = {between("0.0.0.0", "255.255.255.255")}};
    CHECK(all_ipv4.match(parsed(ipv4_packet({}, udp_head(1, 2))), Direction::outbound));
    CHECK_FALSE(all_ipv4.match(parsed(ipv6_packet({}, udp_head(1, 2))), Direction::outbound));
}

TEST_CASE("protocol and ports select, each on its own side [RFC4301-4.4.1.1]") {
    Selectors dns = office;
    for (auto& selector : dns.remote) {
        selector.protocol = 17;
        selector.first_port = selector.last_port = 53;
    }
    CHECK(dns.match(parsed(ipv4_packet({}, udp_head(5000, 53))), Direction::outbound));
    CHECK_FALSE(dns.match(parsed(ipv4_packet({}, udp_head(53, 5000))), Direction::outbound));
    CHECK_FALSE(
        dns.match(parsed(ipv4_packet({.protocol = 6}, udp_head(5000, 53))), Direction::outbound));
    const Bytes answer =
        ipv4_packet({.source = "10.20.0.1", .destination = "10.1.0.2"}, udp_head(53, 5000));
    CHECK(dns.match(parsed(answer), Direction::inbound));
}

TEST_CASE("a fragment without ports goes by ANY and by OPAQUE, never by a port [RFC4301-7.2]") {
    const auto fragment = parsed(ipv4_packet({.flags_and_offset = 0x00b9}, udp_head(5000, 53)));
    const auto whole = parsed(ipv4_packet({}, udp_head(5000, 53)));
    CHECK(office.match(fragment, Direction::outbound));

    Selectors one_port = office;
    one_port.remote[0].first_port = one_port.remote[0].last_port = 53;
    CHECK_FALSE(one_port.match(fragment, Direction::outbound));
    CHECK(one_port.match(whole, Direction::outbound));

    Selectors opaque = office;
    opaque.remote[0].first_port = 65535;
    opaque.remote[0].last_port = 0;
    CHECK(opaque.match(fragment, Direction::outbound));
    CHECK_FALSE(opaque.match(whole, Direction::outbound));
}

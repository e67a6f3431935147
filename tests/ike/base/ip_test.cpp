// SPDX-License-Identifier: Apache-2.0
#include "ike/base/ip.hpp"

#include <doctest/doctest.h>

using namespace ike;

TEST_CASE("addresses of both families are read and printed") {
    CHECK(IpAddress::parse("192.0.2.1")->text() == "192.0.2.1");
    CHECK(IpAddress::parse("2001:DB8:0::1")->text() == "2001:db8::1");
    CHECK_FALSE(IpAddress::parse("192.0.2"));
    CHECK_FALSE(IpAddress::parse(""));
}

TEST_CASE("an address has 4 or 16 bytes and no other number") {
    CHECK(IpAddress::from_bytes(Bytes{192, 0, 2, 1}) == IpAddress::parse("192.0.2.1"));
    CHECK(IpAddress::from_bytes(Bytes(16))->is_unspecified());
    CHECK_FALSE(IpAddress::from_bytes(Bytes(5)));
}

TEST_CASE("0.0.0.0 and :: are different addresses") {
    CHECK(IpAddress::any(Family::ipv4) != IpAddress::any(Family::ipv6));
}

TEST_CASE("loopback, multicast and link-local addresses are known in both families") {
    CHECK(IpAddress::parse("127.3.2.1")->is_loopback());
    CHECK(IpAddress::parse("::1")->is_loopback());
    CHECK_FALSE(IpAddress::parse("::2")->is_loopback());
    CHECK(IpAddress::parse("224.0.0.1")->is_multicast());
    CHECK(IpAddress::parse("ff02::1")->is_multicast());
    CHECK(IpAddress::parse("169.254.1.1")->is_link_local());
    CHECK(IpAddress::parse("fe80::1")->is_link_local());
    CHECK_FALSE(IpAddress::parse("fec0::1")->is_link_local());
}

TEST_CASE("a prefix covers what its first bits cover") {
    const Prefix prefix = Prefix::parse("10.8.0.0/13").value();
    CHECK(prefix.contains(*IpAddress::parse("10.15.255.255")));
    CHECK_FALSE(prefix.contains(*IpAddress::parse("10.16.0.0")));
    CHECK_FALSE(prefix.contains(*IpAddress::parse("::")));
    CHECK(prefix.last().text() == "10.15.255.255");
    CHECK(Prefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("255.255.255.255")));
}

TEST_CASE("a prefix of any length covers its first and its last address and what is between") {
    for (const char* text : {"10.213.77.146", "2001:db8:77a5:1::c3f9"}) {
        const IpAddress inside = IpAddress::parse(text).value();
        for (std::uint8_t length = 0; length <= inside.size() * 8; ++length) {
            const Prefix prefix{inside, length};
            CAPTURE(prefix.text());
            CHECK(prefix.contains(prefix.first()));
            CHECK(prefix.contains(inside));
            CHECK(prefix.contains(prefix.last()));
            for (std::uint8_t bit = 0; bit < inside.size() * 8; ++bit) {
                Bytes bytes(inside.bytes().begin(), inside.bytes().end());
                bytes[bit / 8U] ^= static_cast<std::uint8_t>(0x80U >> (bit % 8U));
                CHECK(prefix.contains(*IpAddress::from_bytes(bytes)) == (bit >= length));
            }
        }
    }
}

TEST_CASE("a prefix with bits behind its length, or too long, is refused") {
    CHECK_FALSE(Prefix::parse("10.8.0.1/13"));
    CHECK_FALSE(Prefix::parse("10.8.0.0/33"));
    CHECK_FALSE(Prefix::parse("10.8.0.0/"));
    CHECK_FALSE(Prefix::parse("10.8.0.0/8x"));
    CHECK(Prefix::parse("2001:db8::/32").has_value());
    CHECK(Prefix::parse("192.0.2.1")->length == 32);
}

TEST_CASE("an IPv6 endpoint is printed in brackets") {
    CHECK(Endpoint{*IpAddress::parse("2001:db8::1"), 4500}.text() == "[2001:db8::1]:4500");
    CHECK(Endpoint{*IpAddress::parse("192.0.2.1"), 500}.text() == "192.0.2.1:500");
}

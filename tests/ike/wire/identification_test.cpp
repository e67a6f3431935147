// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/identification.hpp"

#include "tests/ike/wire/wire_testing.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::wire;
using namespace ike::wire::testing;

namespace {

Identification of(IdType type, std::string_view text) {
    const ByteView bytes = as_bytes(text);
    return {.type = type, .data = Bytes(bytes.begin(), bytes.end())};
}

}  // namespace

TEST_CASE("an identification is its type, three reserved bytes and data [RFC7296-3.5]") {
    CHECK(means("02 000000 612e6578", IdrPayload{of(IdType::fqdn, "a.ex")}));
    CHECK(means("03 000000 61406578", IdiPayload{of(IdType::rfc822_addr, "a@ex")}));
    CHECK(means("01 000000 c0000207",
                Identification{.type = IdType::ipv4_addr, .data = {192, 0, 2, 7}}));
}

TEST_CASE("reserved bytes of an identification are ignored and sent as zeros [RFC7296-3.5]") {
    const auto id = Identification::decode(hex("02 ffffff 61"));
    REQUIRE(id.ok());
    CHECK(to_hex(id->encode()) == "0200000061");
}

TEST_CASE("an identification cut within its head is refused as truncated") {
    for (const auto* cut : {"", "02", "0200", "020000"}) {
        CHECK(refusal<IdiPayload>(hex(cut)) == WireError::truncated);
        CHECK(refusal<IdrPayload>(hex(cut)) == WireError::truncated);
    }
}

TEST_CASE("an address of the wrong size identifies nobody [RFC7296-3.5]") {
    CHECK(refusal<Identification>(hex("01 000000 c00002")) == WireError::bad_length);
    CHECK(refusal<Identification>(hex("01 000000 c000020701")) == WireError::bad_length);
    CHECK(refusal<Identification>(hex("05 000000 c0000207")) == WireError::bad_length);
}

TEST_CASE("a name with a NUL in it is refused [RFC7296-3.5]") {
    CHECK(refusal<Identification>(hex("02 000000 6100")) == WireError::bad_value);
    CHECK(refusal<Identification>(hex("03 000000 6100 62")) == WireError::bad_value);
    CHECK_FALSE(refusal<Identification>(hex("0b 000000 6100")));  // a key ID is opaque
}

TEST_CASE("an identification reads as people write it") {
    CHECK(of(IdType::fqdn, "vpn.example.org").text() == "vpn.example.org");
    CHECK(of(IdType::rfc822_addr, "alice@example.org").text() == "alice@example.org");
    CHECK(Identification{.type = IdType::ipv4_addr, .data = {192, 0, 2, 7}}.text() == "192.0.2.7");
    CHECK(Identification{.type = IdType::ipv6_addr,
                         .data = hex("20010db8 00000000 00000000 00000007")}
              .text() == "2001:db8::7");
    CHECK(Identification{.type = IdType::der_asn1_dn, .data = {0x30, 0x00}}.text() ==
          "ID_DER_ASN1_DN:3000");
    CHECK(Identification{.type = IdType::null, .data = {}}.text() == "ID_NULL");
    CHECK(Identification{.type = IdType{99}, .data = {1}}.text() == "ID(99):01");
}

TEST_CASE("what a peer puts into a name can't steer a terminal or split a log line") {
    CHECK(of(IdType::fqdn, "a\x1b[2J\n b\\").text() == "a\\x1b[2J\\x0a\\x20b\\x5c");
}

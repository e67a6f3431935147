// SPDX-License-Identifier: Apache-2.0
#include "agent/config/identity.hpp"

#include <doctest/doctest.h>

using namespace agent;
using ike::wire::IdType;

namespace {

ike::wire::Identification id_of(std::string_view text) {
    auto id = parse_identity(text);
    REQUIRE(id.ok());
    return std::move(*id);
}

}  // namespace

TEST_CASE("an identity's type follows from how it is written [RFC7296-3.5]") {
    CHECK(id_of("vpn.example.org").type == IdType::fqdn);
    CHECK(id_of("alice@example.org").type == IdType::rfc822_addr);
    CHECK(id_of("192.0.2.1").type == IdType::ipv4_addr);
    CHECK(ike::to_hex(id_of("192.0.2.1").data) == "c0000201");
    CHECK(id_of("2001:db8::1").type == IdType::ipv6_addr);
    CHECK(id_of("CN=alice").type == IdType::der_asn1_dn);
    CHECK(id_of("C=DE, E=alice@example.org").type == IdType::der_asn1_dn);
}

TEST_CASE("a distinguished name is DER, one attribute after the other [RFC5280-4.1.2.4]") {
    CHECK(ike::to_hex(id_of("C=DE, cn=alice").data) ==
          "301d"
          "310b3009060355040613024445"
          "310e300c06035504030c05616c696365");
}

TEST_CASE("a long distinguished name has a long length [X.690-8.1.3]") {
    const auto data = id_of("CN=" + std::string(300, 'x')).data;
    CHECK(ike::to_hex(ike::ByteView(data).first(4)) == "3082013d");
    CHECK(data.size() == 4 + 0x13d);
}

TEST_CASE("what is no distinguished name is refused with what was meant") {
    CHECK(parse_identity("CN=alice, example").error().what ==
          "\"example\" at character 11 is no part of a distinguished name");
    CHECK(parse_identity("CNN=alice").error().remedy == "did you mean \"CN\"?");
    CHECK_FALSE(parse_identity("CN=").ok());
    CHECK_FALSE(parse_identity("").ok());
    CHECK_FALSE(parse_identity(std::string(2000, 'a')).ok());
}

TEST_CASE("a fault in a distinguished name says where it is") {
    CHECK(parse_identity("CN=alice, O=Ex\\ample").error().what.find(" at character 15 ") !=
          std::string::npos);
    CHECK(parse_identity("CN=C++, O=x").error().what.find("at character 6") != std::string::npos);
}

TEST_CASE("an identity as it is printed can be written") {
    using ike::wire::Identification;
    for (const auto& id : {Identification{IdType::key_id, {1, 2, 255}},
                           Identification{IdType::der_asn1_gn, {0x82, 0x01, 'a'}},
                           id_of("C=DE, CN=alice"), id_of("192.0.2.1"), id_of("2001:db8::1"),
                           id_of("alice@example.org"), id_of("vpn.example.org")}) {
        CAPTURE(id.text());
        CHECK(id_of(id.text()) == id);
    }
    CHECK(parse_identity("ID_KEY_ID:xyz")->type == IdType::fqdn);
}

// SPDX-License-Identifier: Apache-2.0
#include "ike/auth/identity.hpp"

#include "ike/crypto/distinguished_name.hpp"
#include "tests/pki/pki.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::auth;
using namespace ike::wire;

namespace {

Identification id_of(IdType type, ByteView data) {
    return {type, Bytes(data.begin(), data.end())};
}

Identification name_of(IdType type, std::string_view text) {
    return id_of(type, as_bytes(text));
}

Identification dn_of(std::string_view text) {
    return {IdType::der_asn1_dn, crypto::encode_dn(text).value()};
}

Identification address_of(std::string_view text) {
    const IpAddress address = IpAddress::parse(text).value();
    return id_of(address.is_ipv4() ? IdType::ipv4_addr : IdType::ipv6_addr, address.bytes());
}

}  // namespace

TEST_CASE("names are the same in upper and lower case, other identities byte by byte") {
    CHECK(same_identity(name_of(IdType::fqdn, "VPN.example.org"),
                        name_of(IdType::fqdn, "vpn.example.org")));
    CHECK(same_identity(name_of(IdType::rfc822_addr, "A@example.org"),
                        name_of(IdType::rfc822_addr, "a@example.org")));
    CHECK_FALSE(
        same_identity(name_of(IdType::key_id, "Office"), name_of(IdType::key_id, "office")));
    CHECK(same_identity(dn_of("O=Test, CN=gw"), dn_of("o=Test,cn=gw")));
    CHECK_FALSE(same_identity(dn_of("O=Test, CN=gw"), dn_of("O=test, CN=gw")));
    CHECK_FALSE(same_identity(dn_of("O=Test, CN=gw"), dn_of("CN=gw, O=Test")));
    CHECK(same_identity(address_of("192.0.2.1"), address_of("192.0.2.1")));
    CHECK_FALSE(same_identity(address_of("192.0.2.1"), address_of("192.0.2.2")));
}

TEST_CASE("identities of two types are never the same") {
    CHECK_FALSE(same_identity(name_of(IdType::fqdn, "a"), name_of(IdType::key_id, "a")));
}

TEST_CASE("a certificate certifies what stands in it, by type [RFC4945-3.1]") {
    const crypto::Certificate certificate =
        tests::self_signed(
            {.subject = "O=Test, CN=gw",
             .alt_names = "DNS:vpn.example.org,email:a@example.org,IP:192.0.2.1,IP:2001:db8::1"})
            .certificate();
    CHECK(certifies(certificate, name_of(IdType::fqdn, "vpn.example.org")));
    CHECK(certifies(certificate, name_of(IdType::rfc822_addr, "a@example.org")));
    CHECK(certifies(certificate, address_of("192.0.2.1")));
    CHECK(certifies(certificate, address_of("2001:db8::1")));
    CHECK(certifies(certificate, dn_of("O=Test, CN=gw")));

    CHECK_FALSE(certifies(certificate, name_of(IdType::fqdn, "gw")));
    CHECK_FALSE(certifies(certificate, name_of(IdType::fqdn, "192.0.2.1")));
    CHECK_FALSE(certifies(certificate, name_of(IdType::key_id, "vpn.example.org")));
    CHECK_FALSE(certifies(certificate, id_of(IdType::ipv4_addr, Bytes{192, 0, 2})));
    CHECK_FALSE(certifies(certificate, id_of(IdType::null, {})));
}

TEST_CASE("a pattern stands for exactly one label, a name before the @, or a whole value") {
    const auto fqdn = [](std::string_view text) { return name_of(IdType::fqdn, text); };
    const auto mail = [](std::string_view text) { return name_of(IdType::rfc822_addr, text); };
    CHECK(matches_pattern(fqdn("*.example.org"), fqdn("vpn.Example.org")));
    CHECK_FALSE(matches_pattern(fqdn("*.example.org"), fqdn("a.vpn.example.org")));
    CHECK_FALSE(matches_pattern(fqdn("*.example.org"), fqdn("example.org")));
    CHECK_FALSE(matches_pattern(fqdn("*.example.org"), fqdn(".example.org")));
    CHECK_FALSE(matches_pattern(fqdn("*.example.org"), fqdn("vpnexample.org")));
    CHECK_FALSE(matches_pattern(fqdn("*.example.org"), mail("vpn.example.org")));
    CHECK(matches_pattern(mail("*@example.org"), mail("vpn@example.org")));
    CHECK_FALSE(matches_pattern(mail("*@example.org"), mail("@example.org")));
    CHECK_FALSE(matches_pattern(mail("*@example.org"), mail("vpn@sub.example.org")));
    CHECK(matches_pattern(dn_of("O=Test, CN=*"), dn_of("O=Test, CN=gw")));
    for (const char* no : {"*", "*.org", "vpn.*.org", "v*.example.org", "*.*.example.org", "vpn"}) {
        CAPTURE(no);
        CHECK_FALSE(is_pattern(fqdn(no)));
        CHECK_FALSE(matches_pattern(fqdn(no), fqdn(no)));
    }
}

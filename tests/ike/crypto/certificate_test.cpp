// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/certificate.hpp"

#include "ike/crypto/distinguished_name.hpp"
#include "tests/pki/pki.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

using namespace ike;
using namespace ike::crypto;
using namespace std::chrono;
using tests::CertificateOrder;
using tests::issue;
using tests::Issued;
using tests::self_signed;

namespace {

constexpr sys_days today = year(2030) / 6 / 1;

const Issued& root() {
    static const Issued issued = self_signed({.subject = "C=CH, O=Test, CN=Root"});
    return issued;
}

std::optional<CertificateError> fault(const Issued& leaf, std::vector<Certificate> intermediates,
                                      std::vector<Certificate> trusted, sys_days at = today) {
    const auto verdict = verify_chain(leaf.certificate(), intermediates, trusted, at);
    return verdict ? std::nullopt : std::optional(verdict.error());
}

std::optional<CertificateError> fault_of_leaf(const CertificateOrder& order, sys_days at = today) {
    return fault(issue(root(), order), {}, {root().certificate()}, at);
}

}  // namespace

TEST_CASE("a certificate tells its subject, its validity and its DER") {
    const Certificate certificate = issue(root(), {.subject = "C=CH, O=Test, CN=gw"}).certificate();
    CHECK(certificate.subject() == "C=CH, O=Test, CN=gw");
    CHECK(certificate.subject_der() == encode_dn("C=CH, O=Test, CN=gw"));
    CHECK(certificate.not_before() == sys_days(year(2020) / 1 / 1));
    CHECK(certificate.not_after() == sys_days(year(2040) / 1 / 1));
    const auto again = Certificate::from_der(certificate.der());
    REQUIRE(again.ok());
    CHECK(again->der() == certificate.der());
}

TEST_CASE("DER that is cut, or goes on, is no certificate") {
    Bytes der = root().certificate().der();
    CHECK_FALSE(Certificate::from_der(ByteView(der).first(der.size() - 1)).ok());
    der.push_back(0);
    CHECK_FALSE(Certificate::from_der(der).ok());
    CHECK_FALSE(Certificate::from_der({}).ok());
}

TEST_CASE("all certificates of a PEM bundle are read, in their order") {
    const Issued other = self_signed({.subject = "CN=Other"});
    const auto bundle = Certificate::all_from_pem("a comment\n" + root().certificate_pem + "\n" +
                                                  other.certificate_pem);
    REQUIRE(bundle.ok());
    REQUIRE(bundle->size() == 2);
    CHECK(bundle->front().subject() == "C=CH, O=Test, CN=Root");
    CHECK(bundle->back().subject() == "CN=Other");
}

TEST_CASE("a bundle with nothing in it, or something broken, is refused whole") {
    CHECK(Certificate::all_from_pem("").error() == CryptoError::bad_encoding);
    CHECK(Certificate::all_from_pem("no PEM").error() == CryptoError::bad_encoding);
    std::string broken = root().certificate_pem + root().certificate_pem;
    broken[root().certificate_pem.size() + 100] = '!';
    CHECK(Certificate::all_from_pem(broken).error() == CryptoError::bad_encoding);
}

TEST_CASE("an identity is found in subjectAltName, by its type [RFC4945-3.1]") {
    const Certificate certificate =
        issue(root(),
              {.alt_names = "DNS:vpn.example.org,email:a@example.org,IP:192.0.2.1,IP:2001:db8::1"})
            .certificate();
    CHECK(certificate.has_dns_name("vpn.example.org"));
    CHECK(certificate.has_dns_name("VPN.example.ORG"));
    CHECK_FALSE(certificate.has_dns_name("example.org"));
    CHECK_FALSE(certificate.has_dns_name(".example.org"));
    CHECK_FALSE(certificate.has_dns_name(std::string_view("vpn.example.org\0", 16)));
    CHECK(certificate.has_email("a@example.org"));
    CHECK_FALSE(certificate.has_email("b@example.org"));
    CHECK(certificate.has_address(IpAddress::parse("192.0.2.1").value()));
    CHECK(certificate.has_address(IpAddress::parse("2001:db8::1").value()));
    CHECK_FALSE(certificate.has_address(IpAddress::parse("192.0.2.2").value()));
}

TEST_CASE("neither the CN nor a wildcard is an identity [RFC4945-3.1]") {
    const Certificate by_cn = issue(root(), {.subject = "CN=vpn.example.org"}).certificate();
    CHECK_FALSE(by_cn.has_dns_name("vpn.example.org"));
    const Certificate wildcard = issue(root(), {.alt_names = "DNS:*.example.org"}).certificate();
    CHECK_FALSE(wildcard.has_dns_name("vpn.example.org"));
}

TEST_CASE("the whole subject is an identity") {
    const Certificate certificate = issue(root(), {.subject = "O=Test, CN=gw"}).certificate();
    CHECK(certificate.has_subject(encode_dn("O=Test, CN=gw").value()));
    CHECK_FALSE(certificate.has_subject(encode_dn("CN=gw").value()));
    CHECK_FALSE(certificate.has_subject({}));
}

TEST_CASE("CERTREQ names a CA by the SHA-1 of its SubjectPublicKeyInfo [RFC7296-3.7]") {
    const auto fixed = Certificate::all_from_pem(R"(-----BEGIN CERTIFICATE-----
MIIBdzCCAR2gAwIBAgIUXSYw8m3SNcZlIkXXukCD+kViXbQwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFRml4ZWQwIBcNMjYxMTIyMDAyOTIxWhgPMjEyNjEwMjkwMDI5
MjFaMBAxDjAMBgNVBAMMBUZpeGVkMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
xCyojdmgHZn4NUAhtq0yzYjEfL8youvzTGwvMFg0I0KEVrpg8GnnmcLrBiE2Mv4Q
qqveLKKlVb3bc4NCtUl3MqNTMFEwHQYDVR0OBBYEFBb+NJFuRUuY1xMjirniBSZw
mQcGMB8GA1UdIwQYMBaAFBb+NJFuRUuY1xMjirniBSZwmQcGMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAJjtGJ2O3FRVYuA9zLi0QnvocB9o1B6F
qhOviy3qANFLAiAFM8bXyyEWe2XBZKPfrtaq2Lo5EfvLehxpT/8zy+DQqg==
-----END CERTIFICATE-----)");
    REQUIRE(fixed.ok());
    // source: openssl x509 -pubkey -noout | openssl pkey -pubin -outform DER | sha1sum
    CHECK(to_hex(fixed->front().key_hash()) == "1aef5c120910b80f3c3057bb43691f899ef5bd7e");
}

TEST_CASE("a certificate of a trusted CA is trusted, directly or over an intermediate one") {
    CHECK_FALSE(fault_of_leaf({}));
    const Issued middle = issue(root(), {.subject = "CN=Middle", .is_ca = true});
    const Issued leaf = issue(middle, {});
    CHECK_FALSE(fault(leaf, {middle.certificate()}, {root().certificate()}));
    CHECK_FALSE(fault(leaf, {}, {middle.certificate()}));
    CHECK(fault(leaf, {}, {root().certificate()}) == CertificateError::untrusted_ca);
}

TEST_CASE("a certificate of another CA is not trusted, even if that CA is sent along") {
    const Issued other = self_signed({.subject = "CN=Other"});
    const Issued leaf = issue(other, {});
    CHECK(fault(leaf, {}, {root().certificate()}) == CertificateError::untrusted_ca);
    CHECK(fault(leaf, {other.certificate()}, {root().certificate()}) ==
          CertificateError::untrusted_ca);
    CHECK(fault(leaf, {other.certificate()}, {}) == CertificateError::untrusted_ca);
    CHECK(fault(other, {}, {root().certificate()}) == CertificateError::untrusted_ca);
}

TEST_CASE("a CA of the same name with another key is another CA") {
    const Issued impostor = self_signed({.subject = "C=CH, O=Test, CN=Root"});
    const auto error = fault(issue(impostor, {}), {}, {root().certificate()});
    const bool refused =
        error == CertificateError::untrusted_ca || error == CertificateError::bad_signature;
    CHECK(refused);
}

TEST_CASE("validity is that of the time handed in") {
    const CertificateOrder order{.not_before = year(2025) / 1 / 1, .not_after = year(2026) / 1 / 1};
    CHECK_FALSE(fault_of_leaf(order, year(2025) / 6 / 1));
    CHECK(fault_of_leaf(order, year(2026) / 6 / 1) == CertificateError::expired);
    CHECK(fault_of_leaf(order, year(2024) / 6 / 1) == CertificateError::not_yet_valid);
    CHECK(fault_of_leaf({.not_after = year(2100) / 1 / 1}, year(2050) / 1 / 1) ==
          CertificateError::expired);  // the root has
}

TEST_CASE("keys and hashes below 112 bits are weak") {
    CHECK(fault_of_leaf({.key = "RSA-1024"}) == CertificateError::weak);
    CHECK(fault_of_leaf({.digest = "SHA1"}) == CertificateError::weak);
    CHECK_FALSE(fault_of_leaf({.key = "RSA-2048"}));
}

TEST_CASE("a certificate that may not sign proves nothing [RFC4945-5.1.3.2]") {
    CHECK(fault_of_leaf({.key_usage = "keyEncipherment"}) == CertificateError::wrong_purpose);
    CHECK_FALSE(fault_of_leaf({.key_usage = "digitalSignature"}));
    CHECK_FALSE(fault_of_leaf({.key_usage = "nonRepudiation"}));
}

TEST_CASE("an extended key usage has to allow a gateway [RFC5280-4.2.1.12, RFC4945-5.1.3.12]") {
    for (const char* fits : {"serverAuth", "critical,serverAuth", "clientAuth,serverAuth",
                             "1.3.6.1.5.5.7.3.17", "critical,1.3.6.1.5.5.7.3.17",
                             "anyExtendedKeyUsage", "codeSigning,anyExtendedKeyUsage"}) {
        CAPTURE(fits);
        CHECK_FALSE(fault_of_leaf({.extended_key_usage = fits}));
    }
    for (const char* other :
         {"clientAuth", "critical,clientAuth", "critical,codeSigning",
          "emailProtection,OCSPSigning", "ipsecEndSystem", "1.3.6.1.5.5.7.3.177"}) {
        CAPTURE(other);
        CHECK(fault_of_leaf({.extended_key_usage = other}) == CertificateError::wrong_purpose);
    }
}

TEST_CASE("a critical extension that is not known makes a certificate unusable [RFC5280-4.2]") {
    CHECK(fault_of_leaf({.unknown_critical = true}) == CertificateError::unknown_extension);
    const Issued odd =
        issue(root(), {.subject = "CN=Odd CA", .unknown_critical = true, .is_ca = true});
    CHECK(fault(issue(odd, {}), {odd.certificate()}, {root().certificate()}) ==
          CertificateError::unknown_extension);
}

TEST_CASE("who is no CA can't issue [RFC5280-4.2.1.9]") {
    const Issued no_ca = issue(root(), {.subject = "CN=Somebody"});
    CHECK(fault(issue(no_ca, {}), {no_ca.certificate()}, {root().certificate()}) ==
          CertificateError::no_issuer);
}

TEST_CASE("distinguished names go from text to DER and back") {
    const auto der = encode_dn("C=CH, O=Muster\\, Söhne, CN=gw");
    REQUIRE(der.has_value());
    CHECK(dn_text(*der) == "C=CH, O=Muster\\, Söhne, CN=gw");
    CHECK(same_dn(*der, encode_dn("C=CH,O=Muster\\, Söhne , CN=gw").value_or(Bytes{})));
    CHECK_FALSE(same_dn(*der, encode_dn("C=CH, CN=gw").value_or(Bytes{})));
    CHECK_FALSE(encode_dn("vpn.example.org"));
    CHECK_FALSE(encode_dn("XX=1"));
    CHECK_FALSE(encode_dn("CN="));
    CHECK_FALSE(encode_dn(""));
    CHECK_FALSE(dn_text(as_bytes("no DER")));
}

TEST_CASE("a distinguished name is read as RFC 4514 writes it") {
    const auto der = [](std::string_view text) { return encode_dn(text).value_or(Bytes{}); };
    const Bytes comma = der("CN=Alice, O=Example\\, Inc.");
    CHECK_FALSE(comma.empty());
    CHECK(der("CN=Alice, O=\"Example, Inc.\"") == comma);
    CHECK(der("CN=Alice,O=Example\\2C Inc.") == comma);
    CHECK(der("CN=Alice ; O = Example\\, Inc. ") == comma);
    CHECK(der("2.5.4.3=Alice, OID.2.5.4.10=Example\\, Inc.") == comma);
    CHECK(der("CN=Alice, 2.5.4.10=#0c0d4578616d706c652c20496e632e") == comma);
    CHECK(der("CN=A+OU=x") == der("OU=x + CN=A"));
    CHECK(der("CN=A+OU=x") != der("CN=A, OU=x"));
    CHECK(der("CN=A\\+OU=x") != der("CN=A+OU=x"));
    CHECK(der("CN=\\ a\\ ") == der("CN=\" a \""));
    CHECK(der("CN=Lu\\C4\\8Di\\C4\\87") == der("CN=Lu\xc4\x8di\xc4\x87"));
    CHECK(der("SN=Example") != der("serialNumber=Example"));
    CHECK(der("title=Dr.") == der("T=Dr."));
    for (const char* text : {"UID=alice, CN=Alice", "C=DE, GN=Alice, SN=Example", "CN=Alice, T=Dr.",
                             "DC=org, DC=example, CN=x", "emailAddress=a@example.org, CN=a"}) {
        CAPTURE(text);
        CHECK(encode_dn(text));
    }
}

TEST_CASE("the text of a distinguished name says the same when it is read") {
    for (const char* text :
         {"C=CH, O=Muster\\, S\xc3\xb6hne, CN=gw", "CN=A + OU=x, O=y", "UID=a, GN=b, SN=c, title=d",
          "serialNumber=7, emailAddress=a@example.org, DC=org", "CN=a\\+b\\=c\\\\d\\\"e\\;f\\<g\\>",
          "1.2.3.4=#0c0161, CN=\\#a", "CN=\\ a\\ "}) {
        CAPTURE(text);
        const auto first = encode_dn(text);
        REQUIRE(first);
        const auto again = encode_dn(dn_text(*first).value_or(""));
        REQUIRE(again);
        CHECK(same_dn(*first, *again));
    }
}

TEST_CASE("what is no distinguished name is refused where it goes wrong") {
    using Kind = DnFault::Kind;
    const auto fault_in = [](std::string_view text) {
        const auto parsed = parse_dn(text);
        REQUIRE_FALSE(parsed.ok());
        return std::pair(parsed.error().kind, parsed.error().at);
    };
    CHECK(fault_in("") == std::pair(Kind::no_part, std::size_t{0}));
    CHECK(fault_in("CN=a, b") == std::pair(Kind::no_part, std::size_t{6}));
    CHECK(fault_in("CN=a,") == std::pair(Kind::no_part, std::size_t{5}));
    CHECK(fault_in("CN=a, XX=b") == std::pair(Kind::unknown_attribute, std::size_t{6}));
    CHECK(fault_in("CN=a\\q").first == Kind::bad_escape);
    CHECK(fault_in("CN=\"a").first == Kind::bad_escape);
    CHECK(fault_in("CN=a\\").first == Kind::bad_escape);
    CHECK(fault_in("CN=\"a\" b").first == Kind::no_part);
    CHECK(fault_in("C=D\xc3\x96").first == Kind::bad_character);
    CHECK(fault_in("CN=#0").first == Kind::no_part);
    CHECK(fault_in("9.9.9=a").first == Kind::unknown_attribute);
    CHECK(fault_in("CN=" + std::string(5000, 'a')).first == Kind::no_part);
}

TEST_CASE("every difference tells two distinguished names apart, case as well") {
    const auto same = [](std::string_view left, std::string_view right) {
        return same_dn(encode_dn(left).value_or(Bytes{}), encode_dn(right).value_or(Bytes{}));
    };
    CHECK(same("O=Example, CN=gw", "o=Example,cn=gw"));
    CHECK(same("O=Example", "O=#0c074578616d706c65"));  // UTF8String and PrintableString
    CHECK(same("O=Example", "O=#13074578616d706c65"));
    CHECK_FALSE(same("O=Example, CN=gw", "O=example, CN=gw"));
    CHECK_FALSE(same("O=Example",
                     "O=Example "
                     "\\ "));
    CHECK_FALSE(same("O=Example", "OU=Example"));
    CHECK_FALSE(same("O=Example, CN=gw", "O=Examplf, CN=gw"));
    CHECK_FALSE(same("O=Example, CN=gw", "CN=gw, O=Example"));
    CHECK_FALSE(same("O=Example, CN=gw", "O=Example + CN=gw"));
}

TEST_CASE("in a pattern a whole value may be anything, and nothing else") {
    const auto matches = [](std::string_view pattern, std::string_view name) {
        return matches_dn(encode_dn(pattern).value(), encode_dn(name).value());
    };
    CHECK(matches("O=Example, CN=*", "O=Example, CN=gw-7"));
    CHECK_FALSE(matches("O=Example, CN=*", "O=example, CN=gw-7"));
    CHECK_FALSE(matches("O=Example, CN=*", "O=Example, OU=gw-7"));
    CHECK_FALSE(matches("O=Example, CN=*", "O=Example, CN=gw, OU=x"));
    CHECK_FALSE(matches("O=Example, CN=g*", "O=Example, CN=gw"));
    CHECK_FALSE(matches("O=Example, CN=gw", "O=Example, CN=*"));
}

TEST_CASE("a file of DER is one certificate, of PEM all of them") {
    const auto der = Certificate::all_from(tests::certificate_der(root()));
    REQUIRE(der.ok());
    CHECK(der->size() == 1);
    const std::string both = root().certificate_pem + root().certificate_pem;
    CHECK(Certificate::all_from(as_bytes(both))->size() == 2);
    CHECK_FALSE(Certificate::all_from(as_bytes("neither")).ok());
    CHECK_FALSE(Certificate::all_from({}).ok());
}

TEST_CASE("a path longer than a CA allows is refused [RFC5280-4.2.1.9]") {
    const Issued final_ca =
        issue(root(), {.subject = "CN=Last", .is_ca = true, .path_length = "0"});
    CHECK_FALSE(fault(issue(final_ca, {}), {final_ca.certificate()}, {root().certificate()}));
    const Issued below = issue(final_ca, {.subject = "CN=Below", .is_ca = true});
    CHECK(fault(issue(below, {}), {final_ca.certificate(), below.certificate()},
                {root().certificate()}) == CertificateError::no_issuer);
    CHECK(fault(issue(below, {}), {below.certificate()}, {final_ca.certificate()}) ==
          CertificateError::no_issuer);  // trusted by itself, and still no more than it may
}

TEST_CASE("a name that its CA may not give is refused [RFC5280-4.2.1.10]") {
    const auto leaf_of = [](const char* constraints, const char* names) {
        const Issued ca =
            issue(root(), {.subject = "CN=Bound", .is_ca = true, .name_constraints = constraints});
        return fault(issue(ca, {.alt_names = names}), {ca.certificate()}, {root().certificate()});
    };
    CHECK_FALSE(leaf_of("critical,permitted;DNS:example.org", "DNS:vpn.example.org"));
    CHECK(leaf_of("critical,permitted;DNS:example.org", "DNS:vpn.example.com") ==
          CertificateError::no_issuer);
    CHECK(leaf_of("critical,excluded;DNS:example.org", "DNS:vpn.example.org") ==
          CertificateError::no_issuer);
    CHECK(leaf_of("permitted;IP:192.0.2.0/255.255.255.0", "IP:198.51.100.1") ==
          CertificateError::no_issuer);
}

TEST_CASE("a CA whose key usage is without keyCertSign can't issue [RFC5280-4.2.1.3]") {
    const Issued mute = issue(
        root(), {.subject = "CN=Mute", .key_usage = "critical,digitalSignature", .is_ca = true});
    CHECK(fault(issue(mute, {}), {mute.certificate()}, {root().certificate()}).has_value());
    CHECK(fault(issue(mute, {}), {}, {mute.certificate()}).has_value());
}

TEST_CASE("an expired CA beside a good one of the same name and key does no harm") {
    const Issued old = tests::issue_again(
        root(),
        {.subject = "C=CH, O=Test, CN=Root", .is_ca = true, .not_after = year(2021) / 1 / 1},
        root());
    const Issued leaf = issue(root(), {});
    CHECK_FALSE(fault(leaf, {}, {old.certificate(), root().certificate()}));
    CHECK_FALSE(fault(leaf, {}, {root().certificate(), old.certificate()}));
    CHECK_FALSE(fault(leaf, {old.certificate()}, {root().certificate()}));
    CHECK(fault(leaf, {}, {old.certificate()}).has_value());
}

TEST_CASE("a CA that two roots have signed leads to the one that is trusted") {
    const Issued gone = self_signed({.subject = "CN=Gone", .not_after = year(2021) / 1 / 1});
    const Issued other = self_signed({.subject = "CN=Other"});
    const Issued middle = issue(root(), {.subject = "CN=Middle", .is_ca = true});
    const CertificateOrder crossed{.subject = "CN=Middle", .is_ca = true};
    const Issued by_gone = tests::issue_again(gone, crossed, middle);
    const Issued by_other = tests::issue_again(other, crossed, middle);
    const Issued leaf = issue(middle, {});
    const std::vector sent{by_gone.certificate(), by_other.certificate(), middle.certificate()};
    CHECK_FALSE(fault(leaf, sent, {root().certificate()}));
    CHECK_FALSE(fault(leaf, sent, {gone.certificate(), root().certificate()}));
    CHECK_FALSE(fault(leaf, {by_gone.certificate()},
                      {gone.certificate(), middle.certificate(), root().certificate()}));
}

TEST_CASE("a gateway's certificate that is trusted by itself still has to be valid") {
    const Issued old = issue(root(), {.not_after = year(2021) / 1 / 1});
    CHECK(fault(old, {}, {old.certificate()}) == CertificateError::expired);
    CHECK_FALSE(fault(issue(root(), {}), {}, {root().certificate(), old.certificate()}));
}

// SPDX-License-Identifier: Apache-2.0
#include "ike/auth/authenticate.hpp"

#include "ike/auth/own_certificate.hpp"
#include "tests/hex.hpp"
#include "tests/pki/pki.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace ike;
using namespace ike::auth;
using namespace ike::wire;
using namespace std::chrono;
using crypto::PrfId;
using crypto::SecretBytes;
using crypto::SignatureAlgorithm;
using crypto::SignatureHash;
using tests::hex;
using tests::Issued;

namespace {

constexpr sys_days today = year(2030) / 6 / 1;
const Bytes octets(100, 0x5a);
const std::vector<SignatureHash> all_hashes{SignatureHash::sha2_256, SignatureHash::sha2_384,
                                            SignatureHash::sha2_512, SignatureHash::identity};

Identification id_of(IdType type, std::string_view text) {
    const ByteView bytes = as_bytes(text);
    return {type, Bytes(bytes.begin(), bytes.end())};
}

const Identification gateway_id = id_of(IdType::fqdn, "vpn.example.org");

const Issued& root() {
    static const Issued issued = tests::self_signed({.subject = "CN=Root"});
    return issued;
}

/// A gateway with a key of this kind, certified as vpn.example.org.
const Issued& gateway(const std::string& key) {
    static std::map<std::string, Issued> made;
    const auto found = made.find(key);
    return found != made.end()
               ? found->second
               : made.emplace(key, tests::issue(root(),
                                                {.key = key, .alt_names = "DNS:vpn.example.org"}))
                     .first->second;
}

LocalCredentials credentials_of(const Issued& issued) {
    return {gateway_id, CertificateKey{{issued.certificate()}, issued.key()}};
}

LocalCredentials credentials_of(std::string_view secret) {
    return {gateway_id, PreSharedKey{SecretBytes::copy_of(as_bytes(secret))}};
}

GatewayTrust trust_in_root() {
    return {gateway_id, TrustedCas{{root().certificate()}}};
}

GatewayTrust trust_in_secret(std::string_view secret) {
    return {gateway_id, PreSharedKey{SecretBytes::copy_of(as_bytes(secret))}};
}

AuthPayload made(const LocalCredentials& credentials, std::vector<SignatureHash> hashes) {
    auto auth = make_auth(credentials, octets, PrfId::hmac_sha2_256, hashes);
    REQUIRE(auth.ok());
    return *std::move(auth);
}

PeerProof proof_of(const Issued& issued, std::vector<SignatureHash> hashes) {
    return {.id = gateway_id,
            .auth = made(credentials_of(issued), std::move(hashes)),
            .certificates = {issued.certificate()},
            .octets = octets,
            .prf = PrfId::hmac_sha2_256};
}

PeerProof proof_of(const Issued& issued) {
    return proof_of(issued, all_hashes);
}

std::optional<AuthError> fault(const GatewayTrust& trust, const PeerProof& proof,
                               sys_days at = today) {
    const auto verdict = verify_auth(trust, proof, at);
    return verdict ? std::nullopt : std::optional(verdict.error());
}

/// The algorithm in the data of a digital signature.
std::optional<SignatureAlgorithm> algorithm_in(const AuthPayload& auth) {
    Reader reader(auth.data);
    return crypto::algorithm_of(reader.take(reader.u8()));
}

}  // namespace

TEST_CASE(
    "the signed octets are message, nonce of the other side and prf of the ID [RFC7296-2.15]") {
    // source: Python's hmac
    Bytes message(40);
    std::uint8_t next = 0;
    std::ranges::generate(message, [&] { return next++; });
    const Bytes signed_by_us =
        signed_octets(PrfId::hmac_sha2_256, message, Bytes(32, 0xaa), Bytes(32, 0x0b), gateway_id);
    CHECK(to_hex(signed_by_us) ==
          "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "9c5cdd02c76ff6b699aa4a2589d5ddb365030db4b66e190ff75adfca3f991fbf");
    const auto auth =
        make_auth(credentials_of("swordfish"), signed_by_us, PrfId::hmac_sha2_256, all_hashes);
    REQUIRE(auth.ok());
    CHECK(auth->method == AuthMethod::shared_key_mic);
    CHECK(to_hex(auth->data) == "d1ec252a32c8a6884fdd53751f6bbbcf03040d78c9a194c354cac168ed4f6b1a");
}

TEST_CASE("who knows the pre-shared key is believed, who does not is not [RFC7296-2.15]") {
    PeerProof proof{.id = gateway_id,
                    .auth = made(credentials_of("swordfish"), {}),
                    .certificates = {},
                    .octets = octets,
                    .prf = PrfId::hmac_sha2_256};
    CHECK_FALSE(fault(trust_in_secret("swordfish"), proof));
    CHECK(fault(trust_in_secret("sword"), proof) == AuthError::authentication_failed);
    proof.auth.data.pop_back();
    CHECK(fault(trust_in_secret("swordfish"), proof) == AuthError::authentication_failed);
    proof.auth.data.clear();
    CHECK(fault(trust_in_secret("swordfish"), proof) == AuthError::authentication_failed);
}

TEST_CASE("a pre-shared key says nothing for messages other than these") {
    PeerProof proof{.id = gateway_id,
                    .auth = made(credentials_of("swordfish"), {}),
                    .certificates = {},
                    .octets = Bytes(100, 0x5b),
                    .prf = PrfId::hmac_sha2_256};
    CHECK(fault(trust_in_secret("swordfish"), proof) == AuthError::authentication_failed);
}

TEST_CASE(
    "a peer with SIGNATURE_HASH_ALGORITHMS gets a digital signature it can read [RFC7427-3]") {
    const struct {
        const char* key;
        std::vector<SignatureHash> hashes;
        SignatureAlgorithm expected;
    } cases[] = {
        {"RSA-2048", all_hashes, SignatureAlgorithm::rsa_pkcs1_sha2_256},
        {"RSA-2048", {SignatureHash::sha2_512}, SignatureAlgorithm::rsa_pkcs1_sha2_512},
        {"P-256", all_hashes, SignatureAlgorithm::ecdsa_sha2_256},
        {"P-384", all_hashes, SignatureAlgorithm::ecdsa_sha2_384},
        {"P-521", all_hashes, SignatureAlgorithm::ecdsa_sha2_512},
        {"P-384", {SignatureHash::sha2_256}, SignatureAlgorithm::ecdsa_sha2_256},
        {"ED25519", all_hashes, SignatureAlgorithm::ed25519},
    };
    for (const auto& expectation : cases) {
        CAPTURE(expectation.key);
        const PeerProof proof = proof_of(gateway(expectation.key), expectation.hashes);
        CHECK(proof.auth.method == AuthMethod::digital_signature);
        CHECK(algorithm_in(proof.auth) == expectation.expected);
        CHECK_FALSE(fault(trust_in_root(), proof));
    }
}

TEST_CASE("a peer without hashes we have gets the method of old of ECDSA [RFC4754]") {
    const std::map<std::string, AuthMethod> methods{{"P-256", AuthMethod::ecdsa_p256},
                                                    {"P-384", AuthMethod::ecdsa_p384},
                                                    {"P-521", AuthMethod::ecdsa_p521}};
    for (const auto& entry : methods) {
        const auto& [key, method] = entry;
        CAPTURE(entry.first);
        for (const std::vector<SignatureHash>& hashes :
             {std::vector<SignatureHash>{}, std::vector{SignatureHash::sha1}}) {
            const PeerProof proof = proof_of(gateway(key), hashes);
            CHECK(proof.auth.method == method);
            CHECK_FALSE(fault(trust_in_root(), proof));
        }
    }
}

TEST_CASE("RSA and Ed25519 sign nothing for a peer without their hashes [RFC8247-3.2, RFC8420-2]") {
    for (const char* key : {"RSA-2048", "ED25519"}) {
        CAPTURE(key);
        for (const std::vector<SignatureHash>& hashes :
             {std::vector<SignatureHash>{}, std::vector{SignatureHash::sha1}}) {
            const auto auth =
                make_auth(credentials_of(gateway(key)), octets, PrfId::hmac_sha2_256, hashes);
            REQUIRE_FALSE(auth.ok());
            CHECK(auth.error() == AuthError::no_signature_hash);
        }
    }
}

TEST_CASE(
    "method 1 is verified with whichever hash of SHA-2 the gateway chose [RFC7296-3.8, "
    "RFC8247-3.2]") {
    const auto verdict = [](SignatureAlgorithm algorithm) {
        PeerProof proof = proof_of(gateway("RSA-2048"));
        proof.auth = {AuthMethod::rsa_signature,
                      *gateway("RSA-2048").key().sign(algorithm, octets)};
        return fault(trust_in_root(), proof);
    };
    CHECK_FALSE(verdict(SignatureAlgorithm::rsa_pkcs1_sha2_256));
    CHECK_FALSE(verdict(SignatureAlgorithm::rsa_pkcs1_sha2_384));
    CHECK_FALSE(verdict(SignatureAlgorithm::rsa_pkcs1_sha2_512));
    CHECK(verdict(SignatureAlgorithm::rsa_pkcs1_sha1) == AuthError::weak_signature);
}

TEST_CASE("SHA-1 signs and is believed by method 1 where somebody has asked for it [RFC7296-3.8]") {
    LocalCredentials ours = credentials_of(gateway("RSA-2048"));
    std::get<CertificateKey>(ours.proof).sha1 = true;
    GatewayTrust trust = trust_in_root();
    trust.sha1 = true;
    PeerProof proof = proof_of(gateway("RSA-2048"));
    SUBCASE("for a peer that announces no hash") {
        proof.auth = made(ours, {});
        CHECK(proof.auth.method == AuthMethod::rsa_signature);
        CHECK_FALSE(fault(trust, proof));
        CHECK(fault(trust_in_root(), proof) == AuthError::weak_signature);
    }
    SUBCASE("not for one that announces a better one") {
        proof.auth = made(ours, all_hashes);
        CHECK(proof.auth.method == AuthMethod::digital_signature);
        CHECK_FALSE(fault(trust, proof));
    }
    SUBCASE("nor by RFC 7427, which rules it out") {
        const Bytes signature =
            *gateway("RSA-2048").key().sign(SignatureAlgorithm::rsa_pkcs1_sha1, octets);
        proof.auth.data =
            Writer().u8(15).put(hex("300d06092a864886f70d0101050500")).put(signature).release();
        CHECK(fault(trust, proof) == AuthError::weak_signature);
    }
}

TEST_CASE("a gateway may sign with RSASSA-PSS [RFC7427-A.4]") {
    for (const auto algorithm :
         {SignatureAlgorithm::rsa_pss_sha2_256, SignatureAlgorithm::rsa_pss_sha2_512}) {
        PeerProof proof = proof_of(gateway("RSA-2048"));
        const ByteView identifier = crypto::algorithm_identifier(algorithm);
        proof.auth.data = Writer()
                              .u8(static_cast<std::uint8_t>(identifier.size()))
                              .put(identifier)
                              .put(*gateway("RSA-2048").key().sign(algorithm, octets))
                              .release();
        CHECK_FALSE(fault(trust_in_root(), proof));
    }
}

TEST_CASE("a digital signature with SHA-1 is too weak [RFC8247-3]") {
    PeerProof proof = proof_of(gateway("RSA-2048"));
    const Bytes signature =
        *gateway("RSA-2048").key().sign(SignatureAlgorithm::rsa_pkcs1_sha1, octets);
    proof.auth.data =
        Writer().u8(15).put(hex("300d06092a864886f70d0101050500")).put(signature).release();
    CHECK(fault(trust_in_root(), proof) == AuthError::weak_signature);
}

TEST_CASE("a signature over something else, or by another key, is refused") {
    PeerProof other_octets = proof_of(gateway("P-256"));
    other_octets.octets[0] ^= 0x01U;
    CHECK(fault(trust_in_root(), other_octets) == AuthError::authentication_failed);
    PeerProof other_key = proof_of(gateway("P-256"));
    other_key.auth = proof_of(gateway("P-384")).auth;
    CHECK(fault(trust_in_root(), other_key) == AuthError::authentication_failed);
    PeerProof other_kind = proof_of(gateway("P-256"));
    other_kind.auth = proof_of(gateway("RSA-2048")).auth;
    CHECK(fault(trust_in_root(), other_kind) == AuthError::authentication_failed);
}

TEST_CASE("a digital signature cut anywhere is refused") {
    const PeerProof whole = proof_of(gateway("P-256"));
    for (std::size_t size = 0; size < whole.auth.data.size(); ++size) {
        PeerProof cut = whole;
        cut.auth.data.resize(size);
        CHECK(fault(trust_in_root(), cut).has_value());
    }
}

TEST_CASE("certificates are checked for CA, validity and strength, each with its own error") {
    const tests::CertificateOrder order{.alt_names = "DNS:vpn.example.org",
                                        .not_before = year(2025) / 1 / 1,
                                        .not_after = year(2035) / 1 / 1};
    const PeerProof proof = proof_of(tests::issue(root(), order));
    CHECK_FALSE(fault(trust_in_root(), proof));
    CHECK(fault(trust_in_root(), proof, year(2036) / 1 / 1) == AuthError::certificate_expired);
    CHECK(fault(trust_in_root(), proof, year(2024) / 1 / 1) ==
          AuthError::certificate_not_yet_valid);

    const Issued other = tests::self_signed({.subject = "CN=Other"});
    CHECK(fault(trust_in_root(), proof_of(tests::issue(other, order))) == AuthError::untrusted_ca);
    const Issued weak =
        tests::issue(root(), {.key = "RSA-1024", .alt_names = "DNS:vpn.example.org"});
    CHECK(fault(trust_in_root(), proof_of(weak)) == AuthError::weak_signature);
}

TEST_CASE("certificates behind the first are intermediates, in any order [RFC7296-3.6]") {
    const Issued upper = tests::issue(root(), {.subject = "CN=Upper", .is_ca = true});
    const Issued lower = tests::issue(upper, {.subject = "CN=Lower", .is_ca = true});
    PeerProof proof = proof_of(tests::issue(lower, {.alt_names = "DNS:vpn.example.org"}));
    CHECK(fault(trust_in_root(), proof) == AuthError::untrusted_ca);
    proof.certificates.push_back(upper.certificate());
    proof.certificates.push_back(lower.certificate());
    CHECK_FALSE(fault(trust_in_root(), proof));
}

TEST_CASE("without a certificate there is nothing to believe a signature by") {
    PeerProof proof = proof_of(gateway("P-256"));
    proof.certificates.clear();
    CHECK(fault(trust_in_root(), proof) == AuthError::no_certificate);
}

TEST_CASE("IDr has to be the configured identity, and to stand in the certificate") {
    PeerProof proof = proof_of(gateway("P-256"));
    proof.id = id_of(IdType::fqdn, "other.example.org");
    CHECK(fault(trust_in_root(), proof) == AuthError::wrong_identity);

    GatewayTrust trust = trust_in_root();
    trust.id = proof.id;  // configured and claimed, but not certified
    CHECK(fault(trust, proof) == AuthError::wrong_identity);

    proof.id = id_of(IdType::rfc822_addr, "vpn.example.org");  // the same text of another type
    CHECK(fault(trust_in_root(), proof) == AuthError::wrong_identity);
}

TEST_CASE("with a pre-shared key too the identity has to be the configured one") {
    const PeerProof proof{.id = id_of(IdType::fqdn, "other.example.org"),
                          .auth = made(credentials_of("swordfish"), {}),
                          .certificates = {},
                          .octets = octets,
                          .prf = PrfId::hmac_sha2_256};
    CHECK(fault(trust_in_secret("swordfish"), proof) == AuthError::wrong_identity);
}

TEST_CASE("a gateway that proves itself by another method than agreed is refused") {
    PeerProof secret = proof_of(gateway("P-256"));
    secret.auth = made(credentials_of("swordfish"), {});
    CHECK(fault(trust_in_root(), secret) == AuthError::unsupported_method);
    CHECK(fault(trust_in_secret("swordfish"), proof_of(gateway("P-256"))) ==
          AuthError::unsupported_method);
    PeerProof null = proof_of(gateway("P-256"));
    null.auth = {AuthMethod::null, {}};
    CHECK(fault(trust_in_root(), null) == AuthError::unsupported_method);
    PeerProof unknown = proof_of(gateway("P-256"));
    unknown.auth = {static_cast<AuthMethod>(99), Bytes(32)};
    CHECK(fault(trust_in_root(), unknown) == AuthError::unsupported_method);
}

TEST_CASE("a gateway's certificate that is made for something else has a reason of its own") {
    const auto verdict = [](tests::CertificateOrder order) {
        order.alt_names = "DNS:vpn.example.org";
        return fault(trust_in_root(), proof_of(tests::issue(root(), order)));
    };
    CHECK_FALSE(verdict({.extended_key_usage = "serverAuth"}));
    CHECK(verdict({.extended_key_usage = "critical,clientAuth"}) == AuthError::certificate_purpose);
    CHECK(verdict({.key_usage = "keyEncipherment"}) == AuthError::certificate_purpose);
    CHECK(verdict({.unknown_critical = true}) == AuthError::unknown_extension);
}

TEST_CASE("our own certificate's faults are told, as far as they can be seen from here") {
    const auto told = [](const tests::CertificateOrder& order, const Identification& id) {
        const Issued own = tests::issue(root(), order);
        return own_certificate_fault({id, CertificateKey{{own.certificate()}, own.key()}}, today)
            .value_or("");
    };
    CHECK(told({.alt_names = "DNS:vpn.example.org"}, gateway_id) == "");
    CHECK(
        told({.alt_names = "DNS:vpn.example.org", .not_after = year(2030) / 5 / 31}, gateway_id) ==
        "our certificate O=Test, CN=vpn.example.org has expired on 2030-05-31");
    CHECK(
        told({.alt_names = "DNS:vpn.example.org", .not_before = year(2030) / 7 / 1}, gateway_id) ==
        "our certificate O=Test, CN=vpn.example.org is not valid before 2030-07-01");
    CHECK(told({}, gateway_id) ==
          "our certificate O=Test, CN=vpn.example.org does not hold local.id vpn.example.org");
    CHECK_FALSE(own_certificate_fault(credentials_of("swordfish"), today));
}

TEST_CASE(
    "a gateway may have any name that its certificate holds where any, or a pattern, is wanted") {
    GatewayTrust trust = trust_in_root();
    PeerProof proof = proof_of(gateway("P-256"));
    SUBCASE("any") {
        trust.id = {.type = wire::IdType::fqdn, .data = {}};
        trust.rule = IdentityRule::any;
    }
    SUBCASE("a pattern") {
        const ByteView pattern = as_bytes("*.example.org");
        trust.id.data.assign(pattern.begin(), pattern.end());
        CHECK(fault(trust, proof) == AuthError::wrong_identity);  // as it stands it is no name
        trust.rule = IdentityRule::wildcard;
    }
    CHECK_FALSE(fault(trust, proof));
    const ByteView other = as_bytes("web.example.org");
    proof.id.data.assign(other.begin(), other.end());
    CHECK(fault(trust, proof) == AuthError::wrong_identity);  // not in the certificate
}

TEST_CASE(
    "our certificates leave in the order of the chain, whatever the order of the file "
    "[RFC7296-3.6]") {
    const Issued middle = tests::issue(root(), {.subject = "CN=Middle", .is_ca = true});
    const Issued own = tests::issue(middle, {.subject = "CN=alice"});
    const Issued other = tests::self_signed({.subject = "CN=Other"});
    const auto subjects = [&](std::vector<crypto::Certificate> file) {
        std::string text;
        for (const auto& certificate : in_chain_order(std::move(file), own.key())) {
            text += certificate.subject() + " ";
        }
        return text;
    };
    CHECK(subjects({root().certificate(), middle.certificate(), own.certificate()}) ==
          "CN=alice CN=Middle CN=Root ");
    CHECK(subjects({other.certificate(), middle.certificate(), own.certificate(),
                    root().certificate()}) == "CN=alice CN=Middle CN=Root CN=Other ");
    CHECK(subjects({other.certificate(), middle.certificate()}) == "CN=Other CN=Middle ");
    CHECK(subjects({}).empty());
}

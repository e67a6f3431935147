// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/signature.hpp"

#include "tests/hex.hpp"
#include "tests/pki/pki.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace ike;
using namespace ike::crypto;
using tests::hex;
using tests::Issued;

namespace {

using enum SignatureAlgorithm;

const std::vector<SignatureAlgorithm> every_algorithm{rsa_pkcs1_sha1,
                                                      rsa_pkcs1_sha2_256,
                                                      rsa_pkcs1_sha2_384,
                                                      rsa_pkcs1_sha2_512,
                                                      rsa_pss_sha2_256,
                                                      rsa_pss_sha2_384,
                                                      rsa_pss_sha2_512,
                                                      ecdsa_sha2_256,
                                                      ecdsa_sha2_384,
                                                      ecdsa_sha2_512,
                                                      ecdsa_p256,
                                                      ecdsa_p384,
                                                      ecdsa_p521,
                                                      ed25519,
                                                      ed448};

using KeyAlgorithms = std::pair<std::string, std::vector<SignatureAlgorithm>>;
const std::vector<KeyAlgorithms> algorithms_of_key{
    {"RSA-2048",
     {rsa_pkcs1_sha1, rsa_pkcs1_sha2_256, rsa_pkcs1_sha2_384, rsa_pkcs1_sha2_512, rsa_pss_sha2_256,
      rsa_pss_sha2_384, rsa_pss_sha2_512}},
    {"P-256", {ecdsa_sha2_256, ecdsa_sha2_384, ecdsa_sha2_512, ecdsa_p256}},
    {"P-384", {ecdsa_sha2_256, ecdsa_sha2_384, ecdsa_sha2_512, ecdsa_p384}},
    {"P-521", {ecdsa_sha2_256, ecdsa_sha2_384, ecdsa_sha2_512, ecdsa_p521}},
    {"ED25519", {ed25519}},
    {"ED448", {ed448}},
    {"PSS", {rsa_pss_sha2_256, rsa_pss_sha2_384, rsa_pss_sha2_512}},
};

const Bytes message{'a', 'b', 'c'};

const Issued& owner_of(const std::string& key) {
    static std::map<std::string, Issued> made;
    const auto found = made.find(key);
    return found != made.end()
               ? found->second
               : made.emplace(key, tests::self_signed({.subject = "CN=x", .key = key}))
                     .first->second;
}

Result<PrivateKey, CryptoError> read_key(std::string_view pem) {
    return PrivateKey::decode(SecretBytes::copy_of(as_bytes(pem)));
}

}  // namespace

TEST_CASE("what a key signs, its certificate verifies, and nothing else") {
    for (const KeyAlgorithms& entry : algorithms_of_key) {
        const std::string& key = entry.first;
        const Issued& owner = owner_of(key);
        for (const SignatureAlgorithm algorithm : entry.second) {
            CAPTURE(key);
            CAPTURE(name(algorithm));
            const auto made = owner.key().sign(algorithm, message);
            REQUIRE(made.ok());
            Bytes signature = *made;
            CHECK(verify(owner.certificate(), algorithm, message, signature));
            CHECK_FALSE(verify(owner.certificate(), algorithm, as_bytes("abd"), signature));
            CHECK_FALSE(verify(owner.certificate(), algorithm, message,
                               ByteView(signature).first(signature.size() - 1)));
            CHECK_FALSE(verify(owner.certificate(), algorithm, message, {}));
            signature[signature.size() / 2] ^= 0x01U;
            CHECK_FALSE(verify(owner.certificate(), algorithm, message, signature));
        }
    }
}

TEST_CASE("a key makes and verifies only the signatures of its kind") {
    for (const KeyAlgorithms& entry : algorithms_of_key) {
        const std::string& key = entry.first;
        const Issued& owner = owner_of(key);
        std::vector<SignatureAlgorithm> worked;
        for (const SignatureAlgorithm algorithm : every_algorithm) {
            const auto signature = owner.key().sign(algorithm, message);
            if (signature) {
                worked.push_back(algorithm);
            } else {
                CHECK(signature.error() == CryptoError::wrong_key);
                CHECK_FALSE(verify(owner.certificate(), algorithm, message, Bytes(64)));
            }
        }
        CAPTURE(key);
        CHECK(worked == entry.second);
    }
}

TEST_CASE("ECDSA of method 9 is r and s, the published pair verifies [RFC4754-8.1]") {
    // The public key of RFC 4754 8.1 in a certificate, self-signed with the private key given
    // there.
    const auto certificates = Certificate::all_from_pem(R"(-----BEGIN CERTIFICATE-----
MIIBHTCBw6ADAgECAgEBMAoGCCqGSM49BAMCMBcxFTATBgNVBAMMDFJGQyA0NzU0
IDguMTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFzEVMBMGA1UE
AwwMUkZDIDQ3NTQgOC4xMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEJEKlzA7N
AV+jyjHcjiu8cL9C1gy8ogCF4IIssEI16XBvyYvX5QIRpKJxAvo1Sd9568tL8ka4
CUXN3+fVCbv9fTAKBggqhkjOPQQDAgNJADBGAiEAiKOo+evTa4MgeoDW7Q3hi6pX
TKDBf96MPmAHZasgTgoCIQCGZg0Wx7UBzU/wEzkkX8Bm0Cpgpeop582t3VEl91O1
ww==
-----END CERTIFICATE-----)");
    REQUIRE(certificates.ok());
    const Bytes pair =
        hex("CB28E099 9B9C7715 FD0A80D8 E47A7707 9716CBBF 917DD72E 97566EA1 C066957C"
            "86FA3BB4 E26CAD5B F90B7F81 899256CE 7594BB1E A0C89212 748BFF3B 3D5B0315");
    CHECK(verify(certificates->front(), ecdsa_p256, message, pair));
}

TEST_CASE("the halves of r and s are padded to the size of the order [RFC4754-7]") {
    const std::map<std::string, std::pair<SignatureAlgorithm, std::size_t>> sizes{
        {"P-256", {ecdsa_p256, 64}}, {"P-384", {ecdsa_p384, 96}}, {"P-521", {ecdsa_p521, 132}}};
    for (const auto& [key, expected] : sizes) {
        for (int round = 0; round < 8; ++round) {
            CHECK(owner_of(key).key().sign(expected.first, message)->size() == expected.second);
        }
    }
}

TEST_CASE("Ed25519 makes the published signature [RFC8032-7.1, test 2]") {
    // the seed 4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb in PKCS #8
    const auto key = read_key(R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7
-----END PRIVATE KEY-----)");
    REQUIRE(key.ok());
    CHECK(key->kind() == KeyKind::ed25519);
    CHECK(to_hex(*key->sign(ed25519, hex("72"))) ==
          "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
          "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST_CASE(
    "AlgorithmIdentifiers are those of the appendix, and read back as themselves [RFC7427-A]") {
    CHECK(to_hex(algorithm_identifier(rsa_pkcs1_sha2_256)) == "300d06092a864886f70d01010b0500");
    CHECK(to_hex(algorithm_identifier(ecdsa_sha2_384)) == "300a06082a8648ce3d040303");
    CHECK(to_hex(algorithm_identifier(ed25519)) == "300506032b6570");  // RFC 8420 A
    CHECK(to_hex(algorithm_identifier(rsa_pss_sha2_256)) ==
          "304106092a864886f70d01010a3034a00f300d06096086480165030402010500"
          "a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120");
    for (const SignatureAlgorithm algorithm : every_algorithm) {
        CAPTURE(name(algorithm));
        const ByteView identifier = algorithm_identifier(algorithm);
        if (!identifier.empty()) {
            CHECK(algorithm_of(identifier) == algorithm);
        }
    }
}

TEST_CASE(
    "absent and NULL parameters are the same, and any salt of PSS will do [RFC4055-2.1, 3.1]") {
    CHECK(algorithm_of(hex("300b06092a864886f70d01010b")) == rsa_pkcs1_sha2_256);
    CHECK(algorithm_of(hex("300c06082a8648ce3d0403020500")) == ecdsa_sha2_256);
    // hashes without their NULL, and a salt of 20 bytes left to be the default
    CHECK(algorithm_of(hex("303806092a864886f70d01010a302b"
                           "a00d300b0609608648016503040202"
                           "a11a301806092a864886f70d010108300b0609608648016503040202")) ==
          rsa_pss_sha2_384);
}

TEST_CASE("the RSA with SHA-1 that some still announce is known as what it is") {
    CHECK(algorithm_of(hex("300d06092a864886f70d0101050500")) == rsa_pkcs1_sha1);
    CHECK(hash_of(rsa_pkcs1_sha1) == SignatureHash::sha1);
}

TEST_CASE("identifiers that are cut, go on, or stand for something else are none of ours") {
    const ByteView pss = algorithm_identifier(rsa_pss_sha2_512);
    for (std::size_t size = 0; size < pss.size(); ++size) {
        CHECK_FALSE(algorithm_of(pss.first(size)));
    }
    CHECK_FALSE(algorithm_of(hex("300506032b657000")));                // something behind it
    CHECK_FALSE(algorithm_of(hex("300906072a8648ce3d0401")));          // ECDSA with SHA-1
    CHECK_FALSE(algorithm_of(hex("300d06092a864886f70d01010a3000")));  // PSS, all defaults: SHA-1
    CHECK_FALSE(algorithm_of(hex("300b06092a864886f70d01010a")));      // PSS without parameters
    CHECK_FALSE(algorithm_of(hex("300c06082a8648ce3d0403020101")));    // malformed parameters
    // PSS that hashes with SHA2-256 and masks with SHA2-384
    CHECK_FALSE(algorithm_of(
        hex("304106092a864886f70d01010a3034a00f300d06096086480165030402010500"
            "a11c301a06092a864886f70d010108300d06096086480165030402020500a203020120")));
}

TEST_CASE("a private key knows its kind and its certificate") {
    const std::map<std::string, KeyKind> kinds{
        {"RSA-2048", KeyKind::rsa},     {"P-256", KeyKind::ecdsa_p256},
        {"P-384", KeyKind::ecdsa_p384}, {"P-521", KeyKind::ecdsa_p521},
        {"ED25519", KeyKind::ed25519},  {"ED448", KeyKind::ed448},
        {"PSS", KeyKind::rsa_pss}};
    for (const auto& entry : kinds) {
        const auto& [key, kind] = entry;
        CAPTURE(entry.first);
        const Issued& owner = owner_of(key);
        CHECK(owner.key().kind() == kind);
        CHECK(key_kind(owner.certificate()) == kind);
        CHECK(owner.key().belongs_to(owner.certificate()));
        CHECK_FALSE(owner.key().belongs_to(tests::self_signed({.key = "P-256"}).certificate()));
    }
}

TEST_CASE("a private key behind a passphrase is told from one that is broken") {
    // source: openssl genpkey -algorithm ED25519 -aes256 -pass pass:secret
    CHECK(read_key(R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAi8dI8rcxa2pwICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAy3EVl/9gXEIkzmkk9tW5YEQM9B
QUUcB58SvwsnkDIiS0ewp9DfQYt9+W1LkGluMdCxj2aEJm1KL6A1bgNPvnR4zd23
Hx5rNfrZJQszSn7LqHg=
-----END ENCRYPTED PRIVATE KEY-----)")
              .error() == CryptoError::encrypted_key);
    CHECK(read_key("").error() == CryptoError::bad_encoding);
    CHECK(read_key(owner_of("P-256").certificate_pem).error() == CryptoError::bad_encoding);
}

TEST_CASE("private keys of kinds we don't sign with are refused as unsupported") {
    // source: openssl genpkey -algorithm X25519
    CHECK(read_key(R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VuBCIEIIgLkQuDhjHIgKdrj4IBlImS8W5ooeOx9YbnXj+veyRx
-----END PRIVATE KEY-----)")
              .error() == CryptoError::unsupported);
}

TEST_CASE("a private key is read as DER as well as PEM") {
    for (const char* key : {"RSA-2048", "P-256", "ED25519", "PSS"}) {
        CAPTURE(key);
        const Issued& owner = owner_of(key);
        const auto decoded = PrivateKey::decode(SecretBytes::copy_of(tests::key_der(owner)));
        REQUIRE(decoded.ok());
        CHECK(decoded->belongs_to(owner.certificate()));
    }
    CHECK(PrivateKey::decode(SecretBytes::copy_of(tests::certificate_der(owner_of("P-256"))))
              .error() == CryptoError::bad_encoding);
}

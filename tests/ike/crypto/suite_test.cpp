// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/suite.hpp"

#include <doctest/doctest.h>

using namespace ike::crypto;

namespace {

constexpr CipherSuite aes_gcm{EncryptionId::aes_gcm_16, 256, IntegrityId::none};
constexpr CipherSuite chacha{EncryptionId::chacha20_poly1305, 256, IntegrityId::none};
constexpr CipherSuite aes_cbc{EncryptionId::aes_cbc, 128, IntegrityId::hmac_sha2_384_192};

}  // namespace

TEST_CASE("AES-GCM has a salt of 4, an IV of 8 and an ICV of 16 bytes [RFC4106-3, 4, 8.1]") {
    CHECK(aes_gcm.key_size() == 36);
    CHECK(aes_gcm.iv_size() == 8);
    CHECK(aes_gcm.icv_size() == 16);
    CHECK(aes_gcm.block_size() == 1);
    CHECK(aes_gcm.integrity_key_size() == 0);
}

TEST_CASE("ChaCha20-Poly1305 has a key of 36 bytes with its salt [RFC7634-2]") {
    CHECK(chacha.key_size() == 36);
    CHECK(chacha.icv_size() == 16);
}

TEST_CASE("HMAC-SHA2 keys are as long as the hash, its ICV half of that [RFC4868-2.1.1]") {
    CHECK(aes_cbc.key_size() == 16);
    CHECK(aes_cbc.integrity_key_size() == 48);
    CHECK(aes_cbc.icv_size() == 24);
    CHECK(aes_cbc.iv_size() == 16);
    CHECK(aes_cbc.block_size() == 16);
}

TEST_CASE("a suite has an integrity algorithm exactly if it is no AEAD [RFC7296-3.3.3]") {
    CHECK(supported(aes_gcm));
    CHECK(supported(chacha));
    CHECK(supported(aes_cbc));
    CHECK_FALSE(supported(CipherSuite{EncryptionId::aes_cbc, 128, IntegrityId::none}));
    CHECK_FALSE(
        supported(CipherSuite{EncryptionId::aes_gcm_16, 128, IntegrityId::hmac_sha2_256_128}));
}

TEST_CASE("key sizes and numbers that we don't have are refused") {
    CHECK_FALSE(supported(CipherSuite{EncryptionId::aes_gcm_16, 0, IntegrityId::none}));
    CHECK_FALSE(supported(CipherSuite{EncryptionId::aes_gcm_16, 192, IntegrityId::none}));
    CHECK_FALSE(supported(CipherSuite{EncryptionId::chacha20_poly1305, 128, IntegrityId::none}));
    CHECK_FALSE(supported(static_cast<EncryptionId>(3)));
    CHECK_FALSE(supported(static_cast<PrfId>(1)));
    CHECK_FALSE(supported(static_cast<IntegrityId>(1)));
    CHECK_FALSE(supported(static_cast<GroupId>(1)));
    CHECK(supported(GroupId::modp_4096));
}

TEST_CASE("HMAC-SHA1-96 has a key of 20 bytes and an ICV of 12 [RFC2404-2, 3]") {
    constexpr CipherSuite sha1{EncryptionId::aes_cbc, 128, IntegrityId::hmac_sha1_96};
    CHECK(supported(sha1));
    CHECK(sha1.integrity_key_size() == 20);
    CHECK(sha1.icv_size() == 12);
    CHECK(name(sha1) == "AES-CBC-128/HMAC-SHA1-96");
}

TEST_CASE("insecure is what is given up, and nothing else [RFC8247-2]") {
    CHECK(insecure(PrfId::hmac_sha1));
    CHECK_FALSE(insecure(PrfId::hmac_sha2_256));
    CHECK(insecure(IntegrityId::hmac_sha1_96));
    CHECK_FALSE(insecure(IntegrityId::hmac_sha2_256_128));
    CHECK(insecure(GroupId::modp_1024));
    CHECK(insecure(GroupId::modp_1536));
    CHECK(insecure(GroupId::modp_2048_256));
    CHECK_FALSE(insecure(GroupId::modp_2048));
}

TEST_CASE("suites have names that a person can read") {
    CHECK(name(aes_gcm) == "AES-GCM-16-256");
    CHECK(name(chacha) == "CHACHA20-POLY1305");
    CHECK(name(aes_cbc) == "AES-CBC-128/HMAC-SHA2-384-192");
    CHECK(name(IkeSuite{aes_gcm, PrfId::hmac_sha2_384, GroupId::curve25519}) ==
          "AES-GCM-16-256/PRF-HMAC-SHA2-384/CURVE25519");
}

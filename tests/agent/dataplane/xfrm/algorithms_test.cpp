// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/algorithms.hpp"

#include <doctest/doctest.h>

using namespace agent::xfrm;
using ike::Family;
using ike::crypto::CipherSuite;
using ike::crypto::EncryptionId;
using ike::crypto::IntegrityId;

TEST_CASE("algorithms have the names that the kernel's crypto gives them") {
    CHECK(kernel_name(EncryptionId::aes_gcm_16) == "rfc4106(gcm(aes))");
    CHECK(kernel_name(EncryptionId::chacha20_poly1305) == "rfc7539esp(chacha20,poly1305)");
    CHECK(kernel_name(EncryptionId::aes_cbc) == "cbc(aes)");
    CHECK(kernel_name(IntegrityId::hmac_sha2_256_128) == "hmac(sha256)");
    CHECK(kernel_name(IntegrityId::hmac_sha2_384_192) == "hmac(sha384)");
    CHECK(kernel_name(IntegrityId::hmac_sha2_512_256) == "hmac(sha512)");
}

TEST_CASE("the modules of ESP, of its cipher and of its integrity algorithm are named") {
    const CipherSuite gcm{EncryptionId::aes_gcm_16, 256, IntegrityId::none};
    CHECK(modules(gcm, Family::ipv4) == "esp4, gcm, seqiv");
    CHECK(modules(gcm, Family::ipv6) == "esp6, gcm, seqiv");
    const CipherSuite chacha{EncryptionId::chacha20_poly1305, 256, IntegrityId::none};
    CHECK(modules(chacha, Family::ipv4) == "esp4, chacha20poly1305, seqiv");
    const CipherSuite cbc{EncryptionId::aes_cbc, 128, IntegrityId::hmac_sha2_384_192};
    CHECK(modules(cbc, Family::ipv4) == "esp4, authenc, cbc, echainiv, hmac, sha512_generic");
}

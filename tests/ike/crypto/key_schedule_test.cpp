// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/key_schedule.hpp"

#include "ike/crypto/digest.hpp"
#include "tests/hex.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ike;
using namespace ike::crypto;
using tests::hex;

namespace {

// source: NIST CAVS 14.4, SP 800-135 samples, IKEv2 with SHA-256, 64-bit nonces, DKM of 1056 bits.
// Where a test needs more than NIST gives, the rest was computed with Python's hmac, which gives
// all of NIST's numbers as well.
const Bytes ni = hex("3f302be1abcb28e1");
const Bytes nr = hex("8c332ee006064c9b");
constexpr IkeSpi spi_i{0x40dac39e1e1a8640};
constexpr IkeSpi spi_r{0x8619a1cf9a6e4c07};
const Bytes shared = hex("0f4d257d7a58fc4545c7d7a88119eee5d5c9690c5b4c989171d3abbfd99d1d29");
const Bytes shared_new = hex("25f3b12d6f282739256e39bf54eda53b60ffcf379bb7bcc90c27b4c4c578616c");
const Bytes sk_d = hex("0b137d669b0947d7d026d593f0305ad401ff0c471357d695778a9c7f4b4869ec");

constexpr CipherSuite aes_gcm_128{EncryptionId::aes_gcm_16, 128, IntegrityId::none};

std::string all(const IkeKeys& keys) {
    std::string text;
    for (const SecretBytes* key : {&keys.sk_d, &keys.sk_ai, &keys.sk_ar, &keys.sk_ei, &keys.sk_er,
                                   &keys.sk_pi, &keys.sk_pr}) {
        text += to_hex(key->view());
    }
    return text;
}

std::string all(const ChildKeys& keys) {
    return to_hex(keys.initiator_encryption.view()) + to_hex(keys.initiator_integrity.view()) +
           to_hex(keys.responder_encryption.view()) + to_hex(keys.responder_integrity.view());
}

}  // namespace

TEST_CASE("the keys of an IKE SA are those of the NIST sample, in their order [RFC7296-2.14]") {
    const IkeSuite suite{aes_gcm_128, PrfId::hmac_sha2_256, GroupId::curve25519};
    const IkeKeys keys = derive_ike_keys(suite, shared, ni, nr, spi_i, spi_r);
    CHECK(all(keys) ==
          "0b137d669b0947d7d026d593f0305ad401ff0c471357d695778a9c7f4b4869ec"
          "e98aca531188d16041b3bb936d2dbb3b4993a6e7"
          "68a809160de45d0283f273a6cdf6854379e31be7"
          "2b8d3d1fa990cf9c5b015ca9f918a7df6253c958114a09d4e1c19bdcd4db14b2"
          "9d98db1a74ad405c588662c14a04d0d36aa4ab55e90f8986d12d4aad"
          "5ce032b9");  // the last four bytes are beyond NIST's sample
    CHECK(keys.sk_ai.empty());
    CHECK(to_hex(keys.sk_er.view()) == "68a809160de45d0283f273a6cdf6854379e31be7");
    CHECK(keys.sk_pr.size() == 32);
}

TEST_CASE("a cipher without AEAD takes its integrity keys before the encryption keys") {
    const CipherSuite cbc{EncryptionId::aes_cbc, 128, IntegrityId::hmac_sha2_256_128};
    const IkeSuite suite{cbc, PrfId::hmac_sha2_256, GroupId::curve25519};
    const IkeKeys keys = derive_ike_keys(suite, shared, ni, nr, spi_i, spi_r);
    CHECK(to_hex(keys.sk_ai.view()) ==
          "e98aca531188d16041b3bb936d2dbb3b4993a6e768a809160de45d0283f273a6");
    CHECK(to_hex(keys.sk_ar.view()) ==
          "cdf6854379e31be72b8d3d1fa990cf9c5b015ca9f918a7df6253c958114a09d4");
    CHECK(to_hex(keys.sk_ei.view()) == "e1c19bdcd4db14b29d98db1a74ad405c");
}

TEST_CASE(
    "a rekeyed IKE SA starts from the old SK_d and prf, and goes on with its own [RFC7296-2.18]") {
    const CipherSuite cbc{EncryptionId::aes_cbc, 128, IntegrityId::hmac_sha2_384_192};
    // NIST: SKEYSEED(Rekey) = 2d63f6debc92048b4fef3889c4c99ca67d6496e0fac14a2bca9a2d6566ff2398
    const IkeKeys keys = derive_rekeyed_ike_keys({
        .suite = {cbc, PrfId::hmac_sha2_384, GroupId::ecp_384},
        .old_prf = PrfId::hmac_sha2_256,
        .old_sk_d = sk_d,
        .shared_secret = shared_new,
        .ni = ni,
        .nr = nr,
        .initiator = spi_i,
        .responder = spi_r,
    });
    CHECK(keys.sk_d.size() == 48);
    CHECK(to_hex(sha1(hex(all(keys)))) == "09ed05c8169a1096ee775199ee55c4fd2a88abfa");
}

TEST_CASE("Child SA keys come from SK_d and the nonces, the initiator's first [RFC7296-2.17]") {
    const ChildKeys keys = derive_child_keys(PrfId::hmac_sha2_256, sk_d, {}, ni, nr, aes_gcm_128);
    CHECK(to_hex(keys.initiator_encryption.view()) == "7d808e2b44635300e7025f1b640c431b13a9b3b8");
    CHECK(to_hex(keys.responder_encryption.view()) == "91cd45a15261f4f3c4a7e39b3a3c8017ccc2b746");
    CHECK(keys.initiator_integrity.empty());
}

TEST_CASE(
    "with PFS the new shared secret goes in front, and integrity keys behind encryption's "
    "[RFC7296-2.17]") {
    const CipherSuite cbc{EncryptionId::aes_cbc, 256, IntegrityId::hmac_sha2_512_256};
    const ChildKeys keys = derive_child_keys(PrfId::hmac_sha2_256, sk_d, shared_new, ni, nr, cbc);
    CHECK(keys.initiator_encryption.size() == 32);
    CHECK(keys.initiator_integrity.size() == 64);
    CHECK(all(keys) ==
          "67edd256e64542436173e3ca39ef1fdec3c8240b860df26f84caf5258578ff35"
          "df40ddc31ea210e0523988b7531c9dc3207e0e98e256214999c7712f73ff044a"
          "9cf6e3a5e421862b9ba140862f460ea5236527cf8346db9ac23feb6636e21fc7"
          "a18a94a2e9d4ad95356e278f46ac3fa53a75a058c87293cf38dd863e879f84d0"
          "e0935da3fe920a578c52877595fa2ec462cf78fb8de428817f74fae05311ae06"
          "89c743be1e0c01d9b27df88e1d172508f13fddc217f226b8dc144111f54c3474");
}

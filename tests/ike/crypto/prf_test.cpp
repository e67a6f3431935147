// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/prf.hpp"

#include "ike/crypto/digest.hpp"
#include "tests/hex.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ike;
using namespace ike::crypto;
using tests::hex;

namespace {

std::string prf_hex(PrfId id, ByteView key, std::string_view data) {
    return to_hex(prf(id, key, {as_bytes(data)}).view());
}

}  // namespace

TEST_CASE("the prf is HMAC: a short key [RFC4231-4.3]") {
    const ByteView key = as_bytes("Jefe");
    constexpr std::string_view data = "what do ya want for nothing?";
    CHECK(prf_hex(PrfId::hmac_sha2_256, key, data) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(prf_hex(PrfId::hmac_sha2_384, key, data) ==
          "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
          "8e2240ca5e69e2c78b3239ecfab21649");
    CHECK(prf_hex(PrfId::hmac_sha2_512, key, data) ==
          "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
          "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

TEST_CASE("the prf is HMAC: a key longer than a block [RFC4231-4.7]") {
    const Bytes key(131, 0xaa);
    constexpr std::string_view data = "Test Using Larger Than Block-Size Key - Hash Key First";
    CHECK(prf_hex(PrfId::hmac_sha2_256, key, data) ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    CHECK(prf_hex(PrfId::hmac_sha2_384, key, data) ==
          "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
          "0c2ef6ab4030fe8296248df163f44952");
    CHECK(prf_hex(PrfId::hmac_sha2_512, key, data) ==
          "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
          "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
}

TEST_CASE("an empty key is a key") {
    // source: printf '' | openssl mac -digest SHA256 -macopt hexkey: HMAC
    CHECK(prf_hex(PrfId::hmac_sha2_256, {}, "") ==
          "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("parts are joined: how they are cut makes no difference") {
    const Bytes key = hex("0102030405");
    const SecretBytes whole = prf(PrfId::hmac_sha2_384, key, {as_bytes("abcdef")});
    const SecretBytes cut = prf(PrfId::hmac_sha2_384, key, {as_bytes("ab"), {}, as_bytes("cdef")});
    CHECK(equal_secret(whole.view(), cut.view()));
}

TEST_CASE("prf+ gives the keying material of the NIST sample [RFC7296-2.13]") {
    // source: NIST CAVS 14.4, SP 800-135 samples, IKEv2 with SHA-256, 64-bit nonces, DKM of 1056
    // bits
    const Bytes skeyseed = hex("5f00d1bd2c58ec224b1e6b71fa0f19a1faa7a193952c444411b47c1a9d8ba6fe");
    const Bytes seed = hex("3f302be1abcb28e1 8c332ee006064c9b 40dac39e1e1a8640 8619a1cf9a6e4c07");
    const std::string expected =
        "0b137d669b0947d7d026d593f0305ad401ff0c471357d695778a9c7f4b4869ec"
        "e98aca531188d16041b3bb936d2dbb3b4993a6e768a809160de45d0283f273a6"
        "cdf6854379e31be72b8d3d1fa990cf9c5b015ca9f918a7df6253c958114a09d4"
        "e1c19bdcd4db14b29d98db1a74ad405c588662c14a04d0d36aa4ab55e90f8986"
        "d12d4aad";
    for (const std::size_t length : {132U, 32U, 15U, 0U}) {
        const SecretBytes output = prf_plus(PrfId::hmac_sha2_256, skeyseed, seed, length);
        CHECK(to_hex(output.view()) == expected.substr(0, 2 * length));
    }
}

TEST_CASE("the size of a prf is that of its hash") {
    for (const PrfId id : {PrfId::hmac_sha2_256, PrfId::hmac_sha2_384, PrfId::hmac_sha2_512}) {
        CHECK(prf(id, {}, {}).size() == prf_size(id));
    }
    CHECK(prf_size(PrfId::hmac_sha2_384) == 48);
}

TEST_CASE("SHA-1 of abc is the well-known one [RFC3174-7.3]") {
    CHECK(to_hex(sha1(as_bytes("abc"))) == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(to_hex(sha1({})) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

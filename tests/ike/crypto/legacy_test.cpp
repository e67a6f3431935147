// SPDX-License-Identifier: Apache-2.0
// What MS-CHAP-V2 is built on.
#include "ike/crypto/des.hpp"
#include "ike/crypto/digest.hpp"
#include "ike/crypto/md4.hpp"
#include "tests/hex.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace ike;
using namespace ike::crypto;
using tests::hex;

TEST_CASE("MD4 gives the digests of its test suite [RFC1320-A.5]") {
    struct Case {
        std::string_view message;
        std::string_view digest;
    };
    const Case cases[] = {
        {"", "31d6cfe0d16ae931b73c59d7e0c089c0"},
        {"a", "bde52cb31de33e46245e05fbdbd6fb24"},
        {"abc", "a448017aaf21d8525fc10ae87aa6729d"},
        {"message digest", "d9130a8164549fe818874806e1c7014b"},
        {"abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "043f8582f241db351ce627e153e7f0e4"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "e33b4ddc9c38f2199c3e7b164fcc0536"}};
    for (const Case& one : cases) {
        CAPTURE(one.message);
        CHECK(to_hex(md4(as_bytes(one.message)).view()) == one.digest);
    }
}

TEST_CASE("MD4 pads a message of every length around a block alike [RFC1320-3.1]") {
    // Digests by OpenSSL's legacy provider, of so many letters "x".
    struct Case {
        std::size_t size;
        std::string_view digest;
    };
    const Case cases[] = {
        {55, "92f32bb82c95ad10e8f87ae58ab06807"}, {56, "374d5f08103b7092c83b4626ebceffab"},
        {63, "2870452596e98fffd48332289b3472b9"}, {64, "b1abf956a5ae6f3221e5fe85e300fbb0"},
        {65, "afc1a3308fc176a53238a09aeddec2e6"}, {512, "66019d845dd8b676b8ab5faa99ebfc64"}};
    for (const Case& one : cases) {
        CAPTURE(one.size);
        CHECK(to_hex(md4(as_bytes(std::string(one.size, 'x'))).view()) == one.digest);
    }
}

TEST_CASE("DES by triple DES with one key is DES [FIPS-81-B.1]") {
    // The key 0123456789abcdef without its parity bits.
    const auto encrypted = des_encrypt(hex("00451338957377"), as_bytes("Now is t"));
    REQUIRE(encrypted);
    CHECK(to_hex(*encrypted) == "3fa40e8a984d4815");
}

TEST_CASE("DES takes a key of seven bytes and a block of eight, and nothing else") {
    CHECK(des_encrypt(Bytes(8), Bytes(8)).error() == CryptoError::bad_key_size);
    CHECK(des_encrypt(Bytes(7), Bytes(7)).error() == CryptoError::bad_key_size);
    CHECK(des_encrypt({}, {}).error() == CryptoError::bad_key_size);
}

TEST_CASE("SHA-1 of parts is SHA-1 of the whole") {
    const Bytes whole = sha1(as_bytes("one two three"));
    CHECK(equal(secret_sha1({as_bytes("one "), {}, as_bytes("two three")}).view(), whole));
}

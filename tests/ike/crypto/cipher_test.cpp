// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/cipher.hpp"

#include "ike/crypto/prf.hpp"
#include "tests/hex.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace ike;
using namespace ike::crypto;
using tests::hex;

namespace {

constexpr CipherSuite aes_gcm_128{EncryptionId::aes_gcm_16, 128, IntegrityId::none};
constexpr CipherSuite aes_gcm_256{EncryptionId::aes_gcm_16, 256, IntegrityId::none};
constexpr CipherSuite chacha{EncryptionId::chacha20_poly1305, 256, IntegrityId::none};
constexpr CipherSuite cbc_128{EncryptionId::aes_cbc, 128, IntegrityId::hmac_sha2_256_128};
constexpr CipherSuite cbc_256{EncryptionId::aes_cbc, 256, IntegrityId::hmac_sha2_512_256};
const std::vector<CipherSuite> every_suite{
    aes_gcm_128,
    aes_gcm_256,
    chacha,
    cbc_128,
    {EncryptionId::aes_cbc, 128, IntegrityId::hmac_sha2_384_192},
    cbc_256,
};

struct Vector {
    const char* source;
    CipherSuite suite;
    const char* key;  // with the salt at its end
    const char* associated_data;
    const char* iv;
    const char* plaintext;
    const char* ciphertext;
    const char* icv;
};

const std::vector<Vector> aead_vectors{
    {"McGrew, Viega: The Galois/Counter Mode of Operation, test case 4", aes_gcm_128,
     "feffe9928665731c6d6a8f9467308308 cafebabe", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "facedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
     "5bc94fbc3221a5db94fae95ae7121a47"},
    {"McGrew, Viega: The Galois/Counter Mode of Operation, test case 16", aes_gcm_256,
     "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308 cafebabe",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2", "facedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
    {"draft-mcgrew-gcm-test-01, section 4: ESP with an extended sequence number", aes_gcm_128,
     "4c80cdefbb5d10da906ac73c3613a634 2e443b68", "00004321 8765432100000000", "4956ed7e3b244cfe",
     "45000048699a000080114db7c0a80102c0a801010a9bf15638d3010000010000"
     "00000000045f736970045f756470037369700963796265726369747902646b00"
     "0021000101020201",
     "fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34"
     "cfa2436f14a3f3cf65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce"
     "61bc17d768fd9732",
     "459018148f6cbe722fd04796562dfdb4"},
    {"draft-mcgrew-gcm-test-01, section 4: ESP with a key of 256 bits", aes_gcm_256,
     "abbccddef00112233445566778899aababbccddef00112233445566778899aab 11223344",
     "4a2cbfe300000002", "0102030405060708",
     "4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee000000000"
     "7002400020bf0000020405b40101040201020201",
     "ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763"
     "748a637985771d347f0545659f14e99def842d8e",
     "b335f4eecfdbf831824b4c4915956c96"},
    {"RFC 7634 appendix A: an ESP packet", chacha,
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f a0a1a2a3",
     "01020304 00000005", "1011121314151617",
     "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec10"
     "0007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
     "2425262728292a2b2c2d2e2f303132333435363701020204",
     "24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c6"
     "14ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3"
     "cbec163fac469b502773f6fb94e664da9165b82829f641e0",
     "76aaa8266b7fb0f7b11b369907e1ad43"},
};

Bytes counted(std::size_t size, std::uint8_t first = 0) {
    Bytes bytes(size);
    std::ranges::generate(bytes, [&] { return first++; });
    return bytes;
}

Cipher cipher_of(const CipherSuite& suite) {
    auto cipher =
        Cipher::make(suite, counted(suite.key_size(), 1), counted(suite.integrity_key_size(), 101));
    REQUIRE(cipher.ok());
    return *std::move(cipher);
}

/// A packet of one suite with room for everything, to seal, to spoil and to open.
struct Packet {
    explicit Packet(const CipherSuite& suite)
        : iv(counted(suite.iv_size(), 7)), text(counted(64)), icv(suite.icv_size()) {
        if (!suite.is_aead()) {
            trailer = {0, 0, 0, 1};
        }
    }
    Sealed sealed() { return {header, iv, text, trailer}; }

    Bytes header = counted(8, 200);
    Bytes iv;
    Bytes text;
    Bytes trailer;
    Bytes icv;
};

}  // namespace

TEST_CASE("AEADs seal and open published packets [RFC4106, RFC7634]") {
    for (const Vector& vector : aead_vectors) {
        CAPTURE(vector.source);
        auto cipher = Cipher::make(vector.suite, hex(vector.key), {});
        REQUIRE(cipher.ok());
        const Bytes header = hex(vector.associated_data);
        const Bytes iv = hex(vector.iv);
        Bytes text = hex(vector.plaintext);
        Bytes icv(16);
        cipher->seal({header, iv, text, {}}, icv);
        CHECK(to_hex(text) == to_hex(hex(vector.ciphertext)));
        CHECK(to_hex(icv) == vector.icv);
        CHECK(cipher->open({header, iv, text, {}}, icv));
        CHECK(to_hex(text) == to_hex(hex(vector.plaintext)));
    }
}

TEST_CASE("AES-CBC encrypts the published blocks [SP 800-38A F.2.1, F.2.5]") {
    const Bytes plain =
        hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
            "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
    const Bytes iv = hex("000102030405060708090a0b0c0d0e0f");
    const auto encrypted = [&](const CipherSuite& suite, std::string_view key) {
        auto cipher = Cipher::make(suite, hex(key), Bytes(suite.integrity_key_size()));
        Bytes text = plain;
        Bytes icv(suite.icv_size());
        cipher->seal({{}, iv, text, {}}, icv);
        return to_hex(text);
    };
    CHECK(encrypted(cbc_128, "2b7e151628aed2a6abf7158809cf4f3c") ==
          "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
          "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7");
    CHECK(encrypted(cbc_256, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4") ==
          "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
          "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b");
}

TEST_CASE(
    "beside AES-CBC stands half the HMAC of header, IV, ciphertext and ESN [RFC4868-2.1, "
    "RFC4303-2.8]") {
    const struct {
        CipherSuite suite;
        PrfId same_hmac;
    } cases[] = {{cbc_128, PrfId::hmac_sha2_256}, {cbc_256, PrfId::hmac_sha2_512}};
    for (const auto& [suite, same_hmac] : cases) {
        Cipher cipher = cipher_of(suite);
        Packet packet(suite);
        cipher.seal(packet.sealed(), packet.icv);
        const SecretBytes whole = prf(same_hmac, counted(suite.integrity_key_size(), 101),
                                      {packet.header, packet.iv, packet.text, packet.trailer});
        CHECK(to_hex(packet.icv) == to_hex(whole.view().first(whole.size() / 2)));
    }
}

TEST_CASE("one cipher seals and opens packet after packet, each by itself") {
    for (const CipherSuite& suite : every_suite) {
        CAPTURE(name(suite));
        Cipher reused = cipher_of(suite);
        for (std::uint8_t number = 0; number < 4; ++number) {
            Cipher fresh = cipher_of(suite);
            Packet packet(suite);
            packet.iv[0] = number;
            packet.text.resize(std::size_t{16} * number);
            Packet same = packet;
            fresh.seal(packet.sealed(), packet.icv);
            reused.seal(same.sealed(), same.icv);
            CHECK(same.text == packet.text);
            CHECK(same.icv == packet.icv);
            CHECK(reused.open(packet.sealed(), packet.icv));
            CHECK(fresh.open(same.sealed(), same.icv));
        }
    }
}

TEST_CASE("a bit changed anywhere in a packet is noticed") {
    for (const CipherSuite& suite : every_suite) {
        CAPTURE(name(suite));
        Cipher cipher = cipher_of(suite);
        for (Bytes Packet::*part :
             {&Packet::header, &Packet::iv, &Packet::text, &Packet::trailer, &Packet::icv}) {
            Packet packet(suite);
            cipher.seal(packet.sealed(), packet.icv);
            if ((packet.*part).empty()) {
                continue;
            }
            (packet.*part).back() ^= 0x01U;
            CHECK_FALSE(cipher.open(packet.sealed(), packet.icv));
        }
        Packet untouched(suite);
        cipher.seal(untouched.sealed(), untouched.icv);
        CHECK(cipher.open(untouched.sealed(), untouched.icv));  // a forgery spoils nothing after it
    }
}

TEST_CASE("what an AEAD can't vouch for, it does not leave behind decrypted") {
    Cipher cipher = cipher_of(aes_gcm_128);
    Packet packet(aes_gcm_128);
    cipher.seal(packet.sealed(), packet.icv);
    packet.icv[0] ^= 0x80U;
    CHECK_FALSE(cipher.open(packet.sealed(), packet.icv));
    CHECK(packet.text == Bytes(64));
}

TEST_CASE("packets of impossible sizes are refused, not decrypted") {
    for (const CipherSuite& suite : every_suite) {
        CAPTURE(name(suite));
        Cipher cipher = cipher_of(suite);
        Packet packet(suite);
        cipher.seal(packet.sealed(), packet.icv);
        const ByteView short_iv = ByteView(packet.iv).first(packet.iv.size() - 1);
        const ByteView short_icv = ByteView(packet.icv).first(packet.icv.size() - 1);
        CHECK_FALSE(
            cipher.open({packet.header, short_iv, packet.text, packet.trailer}, packet.icv));
        CHECK_FALSE(cipher.open(packet.sealed(), short_icv));
        CHECK_FALSE(cipher.open(packet.sealed(), {}));
    }
    Cipher cbc = cipher_of(cbc_128);
    Packet packet(cbc_128);
    packet.text.resize(17);
    CHECK_FALSE(cbc.open(packet.sealed(), packet.icv));
}

TEST_CASE("keys of the wrong size and suites that don't exist make no cipher") {
    CHECK(Cipher::make(aes_gcm_128, Bytes(16), {}).error() == CryptoError::bad_key_size);
    CHECK(Cipher::make(aes_gcm_128, Bytes(20), Bytes(32)).error() == CryptoError::bad_key_size);
    CHECK(Cipher::make(cbc_128, Bytes(16), Bytes(16)).error() == CryptoError::bad_key_size);
    const CipherSuite unauthenticated{EncryptionId::aes_cbc, 128, IntegrityId::none};
    CHECK(Cipher::make(unauthenticated, Bytes(16), {}).error() == CryptoError::unsupported);
}

// SPDX-License-Identifier: Apache-2.0
// ESP packets that others made: RFC 7634 Appendix A, and the test cases of draft-mcgrew-gcm-test-01
// for RFC 4106.
#include "tests/ike/esp/esp_fixture.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::esp;
using namespace ike::esp::test;

namespace {

struct Vector {
    crypto::CipherSuite suite;
    std::string_view key_and_salt;
    bool esn;
    std::uint64_t sequence;
    std::string_view packet;
    std::string_view payload;
    std::uint8_t next;
};

const std::array vectors{
    Vector{chacha20, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f a0a1a2a3",
           false, 5,
           "01020304 00000005 1011121314151617"
           "24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c6"
           "14ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3"
           "cbec163fac469b502773f6fb94e664da9165b82829f641e0"
           "76aaa8266b7fb0f7b11b369907e1ad43",
           "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec10"
           "0007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
           "2425262728292a2b2c2d2e2f3031323334353637",
           4},
    Vector{gcm_128, "4c80cdefbb5d10da906ac73c3613a634 2e443b68", true, 0x8765'4321'0000'0000,
           "00004321 00000000 4956ed7e3b244cfe"
           "fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34"
           "cfa2436f14a3f3cf65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce"
           "61bc17d768fd9732459018148f6cbe722fd04796562dfdb4",
           "45000048699a000080114db7c0a80102c0a801010a9bf15638d3010000010000"
           "00000000045f736970045f756470037369700963796265726369747902646b00"
           "00210001",
           1},
    Vector{gcm_256, "abbccddef00112233445566778899aababbccddef00112233445566778899aab 11223344",
           false, 2,
           "4a2cbfe3 00000002 0102030405060708"
           "ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763"
           "748a637985771d347f0545659f14e99def842d8eb335f4eecfdbf831824b4c49"
           "15956c96",
           "4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee000000000"
           "7002400020bf0000020405b401010402",
           1},
    Vector{gcm_128, "3de09874b388e6491988d0c3607eae1f 57690e43", true, 0x1010'1010'1010'1010,
           "42f67e3f 10101010 4e280000a2fca1a3"
           "fba2ca845e5df9f0f22c3e6e86dd831e1fc65792cd1af9130e1379ed369f071f"
           "35e034be95f112e4e7d05d35",
           "4500001c42a200008001441f406793b6e00000020a00f5ff", 1},
    Vector{gcm_256, "6c6567616c697a656d6172696a75616e61616e64646f69746265666f72656961 7475726e",
           true, 0xffff'ffff'ffff'ffff,
           "796b6963 ffffffff 333021696765746d"
           "f97ab2aa356d8edce17644ac8c78e25dd24dedbb29ebf1b64a274b39b49c3a86"
           "4cd3d78ca4ae68a32b42458fb57dbe821dcc63b9d0937ba2945f669368661a32"
           "9fb4c053",
           "45000030da3a00008001df3bc0a80005c0a800010800c6cd0200070061626364"
           "65666768696a6b6c6d6e6f7071727374",
           1},
};

}  // namespace

TEST_CASE("published ESP packets are opened to their plaintext [RFC4106] [RFC7634-A]") {
    for (const Vector& vector : vectors) {
        CAPTURE(vector.packet);
        auto cipher = crypto::Cipher::make(vector.suite, hex(vector.key_and_salt), {});
        REQUIRE(cipher.ok());
        Bytes packet = hex(vector.packet);
        InboundSa in(*spi_of(packet), std::move(*cipher),
                     {.esn = vector.esn, .last = vector.sequence - 1});
        const auto received = in.decapsulate(packet);
        REQUIRE(received.ok());
        CHECK(static_cast<std::uint8_t>(received->next) == vector.next);
        CHECK(to_hex(received->payload) == vector.payload);
        CHECK(received->sequence == vector.sequence);
    }
}

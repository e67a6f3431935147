// SPDX-License-Identifier: Apache-2.0
#include "tests/ike/esp/esp_fixture.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <set>

using namespace ike;
using namespace ike::esp;
using namespace ike::esp::test;

TEST_CASE("what is encapsulated comes out again, in every suite, with and without ESN") {
    for (const auto& suite : suites) {
        for (const bool esn : {false, true}) {
            for (const std::size_t size : {1U, 2U, 13U, 20U, 40U, 1337U, 1400U}) {
                CAPTURE(crypto::name(suite));
                SaPair sa(suite, {.esn = esn, .last = 0});
                const Bytes inner = counted(size);
                const auto received = sa.decapsulate(sa.encapsulate(inner));
                REQUIRE(received.ok());
                CHECK(*received == inner);
            }
        }
    }
}

TEST_CASE("a packet is as long as packet_size says, its ICV on a 4-byte boundary [RFC4303-2.4]") {
    for (const auto& suite : suites) {
        SaPair sa(suite);
        for (std::size_t size = 1; size < 70; ++size) {
            const Bytes packet = sa.encapsulate(counted(size));
            CHECK(packet.size() == packet_size(suite, size));
            CHECK(packet.size() <= head_size(suite) + size + max_tail_size(suite));
            CHECK((packet.size() - suite.icv_size()) % 4 == 0);
        }
    }
}

TEST_CASE("the header is SPI and the low half of the sequence number, from 1 on [RFC4303-3.3.3]") {
    SaPair sa(gcm_256);
    CHECK(to_hex(ByteView(sa.encapsulate(counted(20))).first(8)) == "1f2e3d4c00000001");
    CHECK(to_hex(ByteView(sa.encapsulate(counted(20))).first(8)) == "1f2e3d4c00000002");
    CHECK(spi_of(sa.encapsulate(counted(20))) == spi);
    CHECK_FALSE(spi_of(counted(3)));
}

TEST_CASE("no bit of a packet can be turned [RFC4303-3.4.4]") {
    for (const auto& suite : suites) {
        SaPair sa(suite, {.esn = true, .last = 41});
        const Bytes packet = sa.encapsulate(counted(60));
        for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
            Bytes turned = packet;
            turned[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
            CHECK_FALSE(sa.decapsulate(turned).ok());
        }
        CHECK(sa.decapsulate(packet).ok());
    }
}

TEST_CASE("a packet cut anywhere is refused and changes nothing") {
    for (const auto& suite : suites) {
        SaPair sa(suite);
        const Bytes packet = sa.encapsulate(counted(60));
        for (std::size_t size = 4; size < packet.size(); ++size) {
            CHECK_FALSE(
                sa.decapsulate(Bytes(packet.begin(), packet.begin() + std::ptrdiff_t(size))).ok());
        }
        CHECK(sa.in.highest_sequence() == 0);
        CHECK(sa.decapsulate(packet).ok());
    }
}

TEST_CASE("a packet received twice is a replay [RFC4303-3.4.3]") {
    SaPair sa(chacha20);
    const Bytes packet = sa.encapsulate(counted(40));
    REQUIRE(sa.decapsulate(packet).ok());
    const auto again = sa.decapsulate(packet);
    REQUIRE_FALSE(again.ok());
    CHECK(again.error() == EspError::replayed);
}

TEST_CASE("the high half of an extended number is authenticated [RFC4303-2.2.1]") {
    for (const auto& suite : suites) {
        SaPair sa(suite, {.esn = true, .last = 7});
        const Bytes packet = sa.encapsulate(counted(40));
        InboundSa elsewhere(spi, cipher(suite), {.esn = true, .last = 0x5'0000'0007});
        Bytes copy = packet;
        const auto received = elsewhere.decapsulate(copy);
        REQUIRE_FALSE(received.ok());
        CHECK(received.error() == EspError::unauthentic);
        CHECK(sa.decapsulate(packet).ok());
    }
}

TEST_CASE("an SA with extended numbers lives on behind 2^32 packets [RFC4303-A2]") {
    for (const auto& suite : suites) {
        SaPair sa(suite, {.esn = true, .last = 0xffff'fffd});
        const Bytes late = sa.encapsulate(counted(20));
        for (int count = 0; count < 5; ++count) {
            CHECK(sa.decapsulate(sa.encapsulate(counted(20))).ok());
        }
        CHECK(sa.out.last_sequence() == 0x1'0000'0003);
        CHECK(sa.in.highest_sequence() == 0x1'0000'0003);
        CHECK(sa.decapsulate(late).ok());
    }
}

TEST_CASE("an SA ends with its sequence numbers, it does not start over [RFC4303-3.3.3]") {
    for (const bool esn : {false, true}) {
        const std::uint64_t limit = esn ? std::numeric_limits<std::uint64_t>::max()
                                        : std::numeric_limits<std::uint32_t>::max();
        SaPair sa(gcm_256, {.esn = esn, .last = limit - 1});
        CHECK_FALSE(sa.encapsulate(counted(20)).empty());
        Bytes buffer(sa.out.room(20));
        const auto refused = sa.out.encapsulate(buffer, 20, NextHeader::ipv4);
        REQUIRE_FALSE(refused.ok());
        CHECK(refused.error() == EspError::sequence_exhausted);
        CHECK(sa.out.last_sequence() == limit);
    }
}

TEST_CASE("an SA says when three quarters of its numbers are used") {
    SaPair sa(gcm_256, {.esn = false, .last = 0xbfff'fffc});
    CHECK_FALSE(sa.out.nearly_exhausted());
    (void)sa.encapsulate(counted(20));
    CHECK(sa.out.nearly_exhausted());
}

TEST_CASE("an AEAD's IV is the sequence number, CBC's is drawn for each packet [RFC4106-3.1]") {
    SaPair aead(gcm_128, {.esn = true, .last = 0x1'0000'0000});
    CHECK(to_hex(ByteView(aead.encapsulate(counted(20))).subspan(8, 8)) == "0000000100000001");

    SaPair cbc(cbc_128);
    std::set<Bytes> ivs;
    class SeededRandom final : public crypto::Random {
      public:
        void fill(std::span<std::uint8_t> out) override { crypto::OpensslRandom().fill(out); }
    } random;
    OutboundSa out(spi, cipher(cbc_128), {}, random);
    Bytes buffer(out.room(20));
    for (int count = 0; count < 300; ++count) {
        const auto packet = out.encapsulate(buffer, 20, NextHeader::ipv4);
        const auto iv = packet->subspan(8, 16);
        CHECK(ivs.insert(Bytes(iv.begin(), iv.end())).second);
    }
}

TEST_CASE("a dummy packet is authentic and says that it is one [RFC4303-2.6]") {
    SaPair sa(gcm_256);
    Bytes packet = sa.encapsulate({}, NextHeader::none);
    const auto received = sa.in.decapsulate(packet);
    REQUIRE(received.ok());
    CHECK(received->next == NextHeader::none);
    CHECK(received->sequence == 1);
}

TEST_CASE("padding that is not 1, 2, 3, ... is refused [RFC4303-2.4]") {
    for (const auto& [plain, good] : {std::pair{"4500 01020204", true},
                                      {"4500 01030204", false},
                                      {"4500 00010204", false},
                                      {"4500 00000804", false}}) {
        Bytes packet = hex("1f2e3d4c 00000001 0000000000000001");
        Bytes text = hex(plain);
        text.insert(text.begin(), {0, 0});
        Bytes icv(16);
        auto sealer = cipher(gcm_256);
        sealer.seal({ByteView(packet).first(8), ByteView(packet).subspan(8), text, {}}, icv);
        packet.insert(packet.end(), text.begin(), text.end());
        packet.insert(packet.end(), icv.begin(), icv.end());
        InboundSa in(spi, cipher(gcm_256), {.esn = false, .last = 0});
        const auto received = in.decapsulate(packet);
        CHECK(received.ok() == good);
        if (!received) {
            CHECK(received.error() == EspError::malformed);
        }
    }
}

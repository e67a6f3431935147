// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/sk_message.hpp"

#include "tests/seeded_random.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::session;
using crypto::EncryptionId;
using crypto::IntegrityId;

namespace {

const std::vector<crypto::CipherSuite> suites = {
    {EncryptionId::aes_gcm_16, 128, IntegrityId::none},
    {EncryptionId::aes_gcm_16, 256, IntegrityId::none},
    {EncryptionId::chacha20_poly1305, 256, IntegrityId::none},
    {EncryptionId::aes_cbc, 128, IntegrityId::hmac_sha2_256_128},
    {EncryptionId::aes_cbc, 256, IntegrityId::hmac_sha2_512_256},
};

const wire::Header header{.initiator_spi = {1},
                          .responder_spi = {2},
                          .exchange = wire::ExchangeType::informational,
                          .from_original_initiator = true,
                          .message_id = {7}};

struct Ends {
    SealedMessages initiator;
    SealedMessages responder;
};

Ends ends(const crypto::CipherSuite& suite) {
    const crypto::IkeSuite ike{suite, crypto::PrfId::hmac_sha2_256, crypto::GroupId::curve25519};
    const auto keys =
        crypto::derive_ike_keys(ike, Bytes(32, 1), Bytes(32, 2), Bytes(32, 3), {1}, {2});
    return {*SealedMessages::make(suite, keys, true), *SealedMessages::make(suite, keys, false)};
}

const std::vector<wire::Payload> payloads = {
    wire::NotifyPayload{.type = wire::NotifyType::update_sa_addresses, .data = {}, .spi = {}},
    wire::NotifyPayload{.type = wire::NotifyType::cookie2, .data = Bytes(9, 5), .spi = {}}};

}  // namespace

TEST_CASE("what one end seals the other opens, with every suite, empty or not [RFC7296-3.14]") {
    tests::SeededRandom random(1);
    for (const auto& suite : suites) {
        CAPTURE(crypto::name(suite));
        Ends two = ends(suite);
        for (const auto& content : {payloads, std::vector<wire::Payload>{}}) {
            const auto opened =
                two.responder.open(two.initiator.seal(header, content, random).front());
            REQUIRE(opened.ok());
            CHECK(*opened == content);
            const auto back =
                two.initiator.open(two.responder.seal(header, content, random).front());
            REQUIRE(back.ok());
            CHECK(*back == content);
        }
    }
}

TEST_CASE("a bit changed anywhere makes a message unauthentic") {
    tests::SeededRandom random(1);
    for (const auto& suite : suites) {
        CAPTURE(crypto::name(suite));
        Ends two = ends(suite);
        const Bytes sealed = two.initiator.seal(header, payloads, random).front();
        for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
            Bytes changed = sealed;
            changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << (bit % 8)));
            const auto opened = two.responder.open(changed);
            REQUIRE_FALSE(opened.ok());
            CHECK(std::holds_alternative<Unauthentic>(opened.error()));
        }
    }
}

TEST_CASE("an end does not open what it sealed itself") {
    tests::SeededRandom random(1);
    Ends two = ends(suites.front());
    CHECK_FALSE(two.initiator.open(two.initiator.seal(header, payloads, random).front()).ok());
}

TEST_CASE("no IV is used twice") {
    tests::SeededRandom random(1);
    for (const auto& suite : suites) {
        Ends two = ends(suite);
        const Bytes first = two.initiator.seal(header, payloads, random).front();
        const Bytes second = two.initiator.seal(header, payloads, random).front();
        CHECK_FALSE(equal(ByteView(first).subspan(32, suite.iv_size()),
                          ByteView(second).subspan(32, suite.iv_size())));
    }
}

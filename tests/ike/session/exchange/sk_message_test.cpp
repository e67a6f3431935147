// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/sk_message.hpp"

#include "tests/seeded_random.hpp"

#include <doctest/doctest.h>

#include <set>

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

Bytes sealed(SealedMessages& end, const std::vector<wire::Payload>& content,
             crypto::Random& random) {
    return end.seal(PlainMessage::of(header, content), random).front();
}

Result<SealedMessages::Opened, OpenError> opened(SealedMessages& end, ByteView datagram) {
    const auto envelope = wire::decode_sk(datagram);
    return envelope ? end.open(*envelope)
                    : Result<SealedMessages::Opened, OpenError>(Fail{OpenError(Unauthentic{})});
}

/// A message whose chain has so many bytes.
PlainMessage message_of(std::size_t size) {
    return PlainMessage::of(header,
                            std::vector<wire::Payload>{wire::NoncePayload{Bytes(size - 4, 7)}});
}

}  // namespace

TEST_CASE("what one end seals the other opens, with every suite, empty or not [RFC7296-3.14]") {
    tests::SeededRandom random(1);
    for (const auto& suite : suites) {
        CAPTURE(crypto::name(suite));
        Ends two = ends(suite);
        for (const auto& content : {payloads, std::vector<wire::Payload>{}}) {
            const auto chain = wire::encode_payloads(content);
            const auto there = opened(two.responder, sealed(two.initiator, content, random));
            REQUIRE(there.ok());
            CHECK(there->first == chain.first);
            CHECK(there->chain == chain.bytes);
            CHECK_FALSE(there->fragment);
            const auto back = opened(two.initiator, sealed(two.responder, content, random));
            REQUIRE(back.ok());
            CHECK(back->chain == chain.bytes);
        }
    }
}

TEST_CASE("a bit changed anywhere makes a message, or a fragment, unauthentic") {
    tests::SeededRandom random(1);
    for (const auto& suite : suites) {
        CAPTURE(crypto::name(suite));
        Ends two = ends(suite);
        PlainMessage message = PlainMessage::of(header, payloads);
        for (const Bytes& datagram : {two.initiator.seal(message, random).front(),
                                      two.initiator.seal_fragments(message, 200, random).back()}) {
            for (std::size_t bit = 0; bit < datagram.size() * 8; ++bit) {
                Bytes changed = datagram;
                changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << (bit % 8)));
                const auto there = opened(two.responder, changed);
                REQUIRE_FALSE(there.ok());
                CHECK(std::holds_alternative<Unauthentic>(there.error()));
            }
        }
    }
}

TEST_CASE("an end does not open what it sealed itself") {
    tests::SeededRandom random(1);
    Ends two = ends(suites.front());
    CHECK_FALSE(opened(two.initiator, sealed(two.initiator, payloads, random)).ok());
}

TEST_CASE("no IV is used twice, by fragments neither [RFC5282-3.1, RFC7383-2.5]") {
    tests::SeededRandom random(1);
    for (const auto& suite : suites) {
        Ends two = ends(suite);
        PlainMessage message = message_of(3000);
        std::set<Bytes> ivs;
        const auto add = [&](const Datagrams& datagrams, std::ptrdiff_t head) {
            for (const Bytes& datagram : datagrams) {
                const auto begin = datagram.begin() + head;
                ivs.emplace(begin, begin + static_cast<std::ptrdiff_t>(suite.iv_size()));
            }
        };
        const auto fragments = two.initiator.seal_fragments(message, 544, random);
        const auto divided_anew = two.initiator.seal_fragments(message, 544, random);
        add(two.initiator.seal(message, random), 32);
        add(two.initiator.seal(message, random), 32);
        add(fragments, 36);
        add(divided_anew, 36);
        CHECK(ivs.size() == 2 + fragments.size() + divided_anew.size());
    }
}

TEST_CASE("no fragment is larger than it may be, and together they are the message [RFC7383-2.5]") {
    tests::SeededRandom random(1);
    for (const auto& suite : suites) {
        CAPTURE(crypto::name(suite));
        Ends two = ends(suite);
        for (const std::size_t size : {600U, 1300U, 4321U, 20'000U}) {
            for (const std::size_t largest : {524U, 544U, 1248U}) {
                PlainMessage message = message_of(size);
                const auto fragments = two.initiator.seal_fragments(message, largest, random);
                CHECK(fits(fragments, largest));
                Bytes chain;
                for (std::size_t index = 0; index < fragments.size(); ++index) {
                    const auto part = opened(two.responder, fragments[index]);
                    REQUIRE(part.ok());
                    REQUIRE(part->fragment);
                    CHECK(part->fragment->number == index + 1);
                    CHECK(part->fragment->total == fragments.size());
                    CHECK(part->first ==
                          (index == 0 ? wire::PayloadType::nonce : wire::PayloadType::none));
                    chain.insert(chain.end(), part->chain.begin(), part->chain.end());
                }
                CHECK(equal(chain, message.chain.view()));
            }
        }
    }
}

TEST_CASE("a message that is divided anew has more fragments than before [RFC7383-2.5.2]") {
    tests::SeededRandom random(1);
    Ends two = ends(suites.front());
    PlainMessage message = message_of(4000);
    const auto first = two.initiator.seal_fragments(message, 1248, random);
    const auto smaller = two.initiator.seal_fragments(message, 544, random);
    const auto same_size = two.initiator.seal_fragments(message, 544, random);
    CHECK(first.size() == 4);
    CHECK(smaller.size() == 9);
    CHECK(same_size.size() == 10);
}

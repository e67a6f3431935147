// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/proposals.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace ike;
using namespace ike::session;
using wire::Transform;
using wire::TransformType;

namespace {

bool offers(const wire::Proposal& proposal, TransformType type) {
    return std::ranges::any_of(proposal.transforms,
                               [&](const Transform& each) { return each.type == type; });
}

}  // namespace

TEST_CASE("an AEAD proposal has no integrity transform, the other has [RFC7296-3.3.3]") {
    const auto offer = ike_offer(default_ike_proposals(), {});
    REQUIRE(offer.proposals.size() == 4);
    CHECK_FALSE(offers(offer.proposals[0], TransformType::integ));
    CHECK(offers(offer.proposals[1], TransformType::integ));
    CHECK(offer.proposals[0].number == 1);
    CHECK(offer.proposals[1].number == 2);
    CHECK(offer.proposals[0].spi.empty());
}

TEST_CASE("of IKE all that has 256 bits is asked for before all that has 128") {
    std::vector<std::uint16_t> bits;
    for (const IkeProposal& proposal : default_ike_proposals()) {
        for (const Encryption& cipher : proposal.encryption) {
            bits.push_back(cipher.key_bits);
        }
    }
    CHECK(bits == std::vector<std::uint16_t>{256, 256, 256, 128, 128});
}

TEST_CASE("of proposals with two strengths the one that fits is left, of others nothing") {
    const std::vector<EspProposal> esp{
        {.encryption = {{crypto::EncryptionId::aes_gcm_16, 256},
                        {crypto::EncryptionId::aes_gcm_16, 128}},
         .integrity = {},
         .groups = {}},
        {.encryption = {{crypto::EncryptionId::chacha20_poly1305, 256}},
         .integrity = {},
         .groups = {}}};
    CHECK(at_most(esp, 256) == esp);
    const auto weak = at_most(esp, 128);
    REQUIRE(weak.size() == 1);
    CHECK(weak.front().encryption ==
          std::vector{Encryption{crypto::EncryptionId::aes_gcm_16, 128}});
    CHECK(at_most(esp, 127).empty());
    CHECK(at_least(default_ike_proposals(), 128) == default_ike_proposals());
    CHECK(at_least(default_ike_proposals(), 256).size() == 2);
}

TEST_CASE(
    "in IKE_AUTH no group is offered, in CREATE_CHILD_SA none is the last choice [RFC7296-1.2]") {
    const auto first = esp_offer(default_esp_proposals(), ChildSpi{0x1000}, OfferGroups::no);
    const auto rekey = esp_offer(default_esp_proposals(), ChildSpi{0x1000}, OfferGroups::yes);
    CHECK_FALSE(offers(first.proposals[0], TransformType::ke));
    REQUIRE(offers(rekey.proposals[0], TransformType::ke));
    std::vector<std::uint16_t> groups;
    for (const Transform& transform : rekey.proposals[0].transforms) {
        if (transform.type == TransformType::ke) {
            groups.push_back(transform.id);
        }
    }
    CHECK(groups.front() == 31);
    CHECK(groups.back() == 0);
}

TEST_CASE("ChaCha20 is offered without a key length, AES with [RFC7634-5]") {
    const auto offer = esp_offer(default_esp_proposals(), ChildSpi{0x1000}, OfferGroups::no);
    for (const Transform& transform : offer.proposals[0].transforms) {
        if (transform.type == TransformType::encr) {
            CHECK(transform.key_length.has_value() == (transform.id != 28));
        }
    }
}

TEST_CASE("a chosen proposal becomes a suite, an incomplete one none") {
    wire::Proposal chosen{.number = 1,
                          .protocol = wire::ProtocolId::ike,
                          .spi = {},
                          .transforms = {{.type = TransformType::encr, .id = 20, .key_length = 256},
                                         {.type = TransformType::prf, .id = 6},
                                         {.type = TransformType::ke, .id = 31}}};
    const auto suite = ike_suite(chosen);
    REQUIRE(suite);
    CHECK(suite->cipher.is_aead());
    CHECK(suite->prf == crypto::PrfId::hmac_sha2_384);
    CHECK(suite->group == crypto::GroupId::curve25519);
    chosen.transforms.pop_back();
    CHECK_FALSE(ike_suite(chosen));
}

TEST_CASE("a Child SA without an ESN transform has 32-bit sequence numbers") {
    const wire::Proposal chosen{.number = 1,
                                .protocol = wire::ProtocolId::esp,
                                .spi = {0, 0, 4, 0},
                                .transforms = {{.type = TransformType::encr, .id = 28}}};
    const auto suite = esp_suite(chosen);
    REQUIRE(suite);
    CHECK_FALSE(suite->esn);
    CHECK_FALSE(suite->group);
}

// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/proposal.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::wire;

namespace {

constexpr Transform aes_gcm_256{.type = TransformType::encr, .id = 20, .key_length = 256};
constexpr Transform aes_gcm_128{.type = TransformType::encr, .id = 20, .key_length = 128};
constexpr Transform aes_cbc_256{.type = TransformType::encr, .id = 12, .key_length = 256};
constexpr Transform hmac_sha256{.type = TransformType::integ, .id = 12};
constexpr Transform no_integ{.type = TransformType::integ, .id = 0};
constexpr Transform x25519{.type = TransformType::ke, .id = 31};
constexpr Transform ecp256{.type = TransformType::ke, .id = 19};
constexpr Transform no_ke{.type = TransformType::ke, .id = 0};
constexpr Transform esn{.type = TransformType::esn, .id = 1};
constexpr Transform no_esn{.type = TransformType::esn, .id = 0};

Proposal esp(std::vector<Transform> transforms, std::uint8_t number = 1) {
    return {.number = number,
            .protocol = ProtocolId::esp,
            .spi = Bytes(4, number),
            .transforms = std::move(transforms)};
}

/// Our choice from one proposal, allowing one.
std::vector<Transform> chosen(const Proposal& offered, const Proposal& acceptable) {
    const auto proposal = choose(SaPayload{{offered}}, std::span(&acceptable, 1));
    return proposal ? proposal->transforms : std::vector<Transform>();
}

}  // namespace

TEST_CASE("an answer takes exactly one transform of each type [RFC7296-3.3.6]") {
    const Proposal offered = esp({aes_gcm_256, aes_gcm_128, x25519, ecp256, esn, no_esn});
    CHECK(is_choice_from(esp({aes_gcm_128, ecp256, esn}), offered));
    CHECK(is_choice_from(esp({no_esn, x25519, aes_gcm_256}), offered));
    CHECK_FALSE(is_choice_from(esp({aes_gcm_128, aes_gcm_256, ecp256, esn}), offered));
    CHECK_FALSE(is_choice_from(esp({aes_gcm_128, aes_gcm_128, ecp256, esn}), offered));
    CHECK_FALSE(is_choice_from(esp({aes_gcm_128, esn}), offered));
    CHECK_FALSE(is_choice_from(esp({}), offered));
}

TEST_CASE("an answer with anything that was not offered is refused [RFC7296-3.3.6]") {
    const Proposal offered = esp({aes_gcm_256, esn});
    CHECK_FALSE(is_choice_from(esp({aes_gcm_128, esn}), offered));
    CHECK_FALSE(is_choice_from(esp({aes_gcm_256, esn, x25519}), offered));
    CHECK_FALSE(is_choice_from(esp({aes_gcm_256, esn}, 2), offered));
    Proposal marked = esp({aes_gcm_256, esn});
    marked.transforms[0].unknown_attributes = true;
    CHECK_FALSE(is_choice_from(marked, offered));
    Proposal ah = esp({aes_gcm_256, esn});
    ah.protocol = ProtocolId::ah;
    CHECK_FALSE(is_choice_from(ah, offered));
}

TEST_CASE("the SPI of an answer is the responder's own [RFC7296-3.3.1]") {
    Proposal answer = esp({aes_gcm_256, esn});
    answer.spi = {9, 9, 9, 9};
    CHECK(is_choice_from(answer, esp({aes_gcm_256, esn})));
}

TEST_CASE("a type may be left out of an answer only where NONE was offered [RFC7296-3.3.3]") {
    CHECK(
        is_choice_from(esp({aes_gcm_256, esn}), esp({aes_gcm_256, no_integ, x25519, no_ke, esn})));
    CHECK_FALSE(is_choice_from(esp({aes_gcm_256}), esp({aes_gcm_256, no_esn})));
}

TEST_CASE("an answer is one proposal, with the number of the one it took [RFC7296-3.3.1]") {
    const SaPayload offered{{esp({aes_gcm_256, esn}), esp({aes_cbc_256, hmac_sha256, esn}, 2)}};
    CHECK(is_choice_from(SaPayload{{esp({aes_cbc_256, hmac_sha256, esn}, 2)}}, offered));
    CHECK_FALSE(is_choice_from(SaPayload{{esp({aes_cbc_256, hmac_sha256, esn}, 1)}}, offered));
    CHECK_FALSE(is_choice_from(SaPayload{}, offered));
    CHECK_FALSE(is_choice_from(offered, offered));
}

TEST_CASE("we choose the first of the peer's proposals that we allow, with its number") {
    const SaPayload offered{{esp({aes_cbc_256, hmac_sha256, esn}, 1), esp({aes_gcm_128, esn}, 2),
                             esp({aes_gcm_256, esn}, 3)}};
    const std::vector<Proposal> acceptable = {esp({aes_gcm_256, esn}), esp({aes_gcm_128, esn})};
    const auto answer = choose(offered, acceptable);
    REQUIRE(answer);
    CHECK(answer->number == 2);
    CHECK(answer->protocol == ProtocolId::esp);
    CHECK(answer->spi.empty());
    CHECK(answer->transforms == std::vector{aes_gcm_128, esn});
    CHECK(is_choice_from(SaPayload{{*answer}}, offered));
}

TEST_CASE("within a proposal the peer's order of preference decides") {
    CHECK(chosen(esp({aes_gcm_128, aes_gcm_256, no_esn, esn}),
                 esp({aes_gcm_256, aes_gcm_128, esn})) == std::vector{aes_gcm_128, esn});
}

TEST_CASE("nothing is chosen where no transform of a type is common") {
    CHECK(chosen(esp({aes_gcm_128, esn}), esp({aes_gcm_256, esn})).empty());
    CHECK(chosen(esp({aes_gcm_256, no_esn}), esp({aes_gcm_256, esn})).empty());
    CHECK(chosen(esp({aes_gcm_256, esn}), esp({aes_gcm_256, x25519, esn})).empty());
    CHECK(chosen(esp({aes_gcm_256, x25519, esn}), esp({aes_gcm_256, esn})).empty());
    CHECK_FALSE(choose(SaPayload{}, {}));
}

TEST_CASE("doing without a key exchange is chosen where both allow it [RFC7296-1.3]") {
    CHECK(chosen(esp({aes_gcm_256, x25519, no_ke, esn}), esp({aes_gcm_256, esn})) ==
          std::vector{aes_gcm_256, no_ke, esn});
    CHECK(chosen(esp({aes_gcm_256, esn}), esp({aes_gcm_256, x25519, no_ke, esn})) ==
          std::vector{aes_gcm_256, esn});
    CHECK(chosen(esp({aes_gcm_256, no_ke, x25519, esn}), esp({aes_gcm_256, x25519, esn})) ==
          std::vector{aes_gcm_256, x25519, esn});
}

TEST_CASE(
    "a transform with an unknown attribute is passed over, one of an unknown type is not "
    "[RFC7296-3.3.6]") {
    Transform marked = aes_gcm_256;
    marked.unknown_attributes = true;
    CHECK(chosen(esp({marked, aes_gcm_128, esn}), esp({aes_gcm_256, aes_gcm_128, esn})) ==
          std::vector{aes_gcm_128, esn});
    CHECK(chosen(esp({marked, esn}), esp({aes_gcm_256, esn})).empty());
    const Transform future{.type = TransformType{9}, .id = 1};
    CHECK(chosen(esp({aes_gcm_256, esn, future}), esp({aes_gcm_256, esn})).empty());
}

TEST_CASE("a proposal of another protocol is not chosen") {
    Proposal ike = esp({aes_gcm_256, esn});
    ike.protocol = ProtocolId::ike;
    CHECK(chosen(ike, esp({aes_gcm_256, esn})).empty());
}

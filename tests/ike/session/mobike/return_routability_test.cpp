// SPDX-License-Identifier: Apache-2.0
#include "ike/session/mobike/return_routability.hpp"

#include "tests/seeded_random.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::session;

namespace {

const IpAddress one = *IpAddress::parse("192.0.2.1");
const IpAddress other = *IpAddress::parse("192.0.2.2");

}  // namespace

TEST_CASE(
    "COOKIE2 that went to one address says where it went, to two that it does not tell "
    "[RFC4555-3.7]") {
    tests::SeededRandom random{1};
    auto challenge = ReturnRoutability(RoutabilityCheck::after).challenge(one, true, random);
    REQUIRE(challenge);
    CHECK(challenge->asked == one);
    challenge->sent_to(one);
    CHECK_FALSE(challenge->elsewhere);
    challenge->sent_to(other);
    CHECK(challenge->elsewhere);
    challenge->sent_to(one);
    CHECK(challenge->elsewhere);
}

TEST_CASE("an answer meets a challenge by the very same COOKIE2 [RFC4555-3.7, 4.2.5]") {
    const Challenge challenge{.cookie2 = Bytes(32, 1), .asked = one};
    std::vector<wire::Payload> answer;
    CHECK_FALSE(challenge.met_by(answer));
    answer.push_back(cookie2_of({.cookie2 = Bytes(32, 2), .asked = one}));
    CHECK_FALSE(challenge.met_by(answer));
    answer.front() = cookie2_of({.cookie2 = Bytes(31, 1), .asked = one});
    CHECK_FALSE(challenge.met_by(answer));
    answer.front() = cookie2_of(challenge);
    CHECK(challenge.met_by(answer));
}

TEST_CASE("what is challenged depends on when the check is: updates, and before data the tests") {
    tests::SeededRandom random{1};
    for (const auto& [when, update, test] : {std::tuple(RoutabilityCheck::off, false, false),
                                             std::tuple(RoutabilityCheck::after, true, false),
                                             std::tuple(RoutabilityCheck::before, true, true)}) {
        const ReturnRoutability routability(when);
        CHECK(routability.challenge(one, true, random).has_value() == update);
        CHECK(routability.challenge(one, false, random).has_value() == test);
        CHECK(routability.may_send(one) == (when != RoutabilityCheck::before));
    }
}

TEST_CASE("data may go to an address that has passed, of the last sixteen") {
    ReturnRoutability routability(RoutabilityCheck::before);
    tests::SeededRandom random{1};
    routability.passed(one);
    CHECK(routability.may_send(one));
    CHECK_FALSE(routability.may_send(other));
    CHECK_FALSE(routability.challenge(one, false, random));
    for (std::uint32_t number = 0; number < 15; ++number) {
        routability.passed(*IpAddress::from_bytes(Writer().u32(0x0a000000U + number).release()));
        routability.passed(one);  // so it stays the newest
    }
    CHECK(routability.may_send(one));
    for (std::uint32_t number = 0; number < 16; ++number) {
        CHECK(routability.may_send(one) == true);
        routability.passed(*IpAddress::from_bytes(Writer().u32(0x0b000000U + number).release()));
    }
    CHECK_FALSE(routability.may_send(one));
}

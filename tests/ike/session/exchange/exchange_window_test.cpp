// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/exchange_window.hpp"

#include "tests/seeded_random.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::session;

namespace {

const RetransmissionPolicy policy{
    .first = 500ms, .factor = 2.0, .longest = 3s, .jitter = 0.0, .tries = 5};

struct Fixture {
    tests::SeededRandom random{1};
    ExchangeWindow window;
    Instant now{};

    void begin() { window.begin({{1, 2, 3}}, now, policy, random); }
};

}  // namespace

TEST_CASE_FIXTURE(
    Fixture, "intervals between transmissions grow to the longest and stay there [RFC7296-2.4]") {
    begin();
    CHECK(window.deadline() == now + 500ms);
    for (const Duration interval : {Duration(1s), Duration(2s), Duration(3s), Duration(3s)}) {
        now = *window.deadline();
        window.repeat(now, policy, random);
        CHECK(window.deadline() == now + interval);
    }
    CHECK(window.transmissions() == 5);
    CHECK(window.request() == Datagrams{{1, 2, 3}});
}

TEST_CASE_FIXTURE(Fixture, "jitter varies an interval by no more than its part") {
    RetransmissionPolicy varied = policy;
    varied.jitter = 0.1;
    for (int round = 0; round < 200; ++round) {
        window.restart(now, varied, random);
        CHECK(*window.deadline() >= now + 450ms);
        CHECK(*window.deadline() <= now + 550ms);
    }
}

TEST_CASE_FIXTURE(Fixture, "only the answer with the ID of the request is awaited [RFC7296-2.3]") {
    CHECK_FALSE(window.awaits(MessageId{0}));
    begin();
    CHECK(window.awaits(MessageId{0}));
    CHECK_FALSE(window.awaits(MessageId{1}));
    window.end();
    CHECK_FALSE(window.awaits(MessageId{0}));
    CHECK(window.next_request() == MessageId{1});
    CHECK_FALSE(window.deadline());
}

TEST_CASE_FIXTURE(Fixture, "a new path starts the intervals over, no path stops them") {
    begin();
    window.repeat(now, policy, random);
    window.freeze();
    CHECK_FALSE(window.deadline());
    CHECK(window.waiting());
    window.restart(now, policy, random);
    CHECK(window.transmissions() == 1);
    CHECK(window.deadline() == now + 500ms);
}

TEST_CASE("a request is fresh once, repeated until the next, and outside after [RFC7296-2.1]") {
    ExchangeWindow window;
    using enum ExchangeWindow::Incoming;
    CHECK(window.classify(MessageId{0}) == fresh);
    CHECK(window.classify(MessageId{1}) == outside);
    CHECK(window.classify(MessageId{0xffffffff}) == outside);
    window.answered({{9}});
    CHECK(window.classify(MessageId{0}) == repeated);
    CHECK(window.last_response() == Datagrams{{9}});
    CHECK(window.classify(MessageId{1}) == fresh);
    window.answered({{8}});
    CHECK(window.classify(MessageId{0}) == outside);
    CHECK(window.classify(MessageId{1}) == repeated);
}

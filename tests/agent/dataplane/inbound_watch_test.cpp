// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/inbound_watch.hpp"

#include <doctest/doctest.h>

using agent::InboundWatch;
using namespace std::chrono_literals;

TEST_CASE("packets that nothing answers for 200 ms are a silence, told of once") {
    InboundWatch watch;
    CHECK_FALSE(watch.note(1000ms, 1, 0));
    CHECK(watch.next() == 1200ms);
    CHECK_FALSE(watch.note(1199ms, 5, 0));
    CHECK(watch.note(1200ms, 5, 0));
    CHECK_FALSE(watch.next());
    CHECK_FALSE(watch.note(1300ms, 5, 0));
    CHECK_FALSE(watch.note(1400ms, 6, 0));  // it goes on
    CHECK(watch.note(1600ms, 8, 0));
}

TEST_CASE("whatever comes in ends a silence") {
    InboundWatch watch;
    CHECK_FALSE(watch.note(1000ms, 10, 0));
    CHECK_FALSE(watch.note(1100ms, 20, 1));
    CHECK_FALSE(watch.next());
    CHECK_FALSE(watch.note(1300ms, 20, 1));
    CHECK_FALSE(watch.note(1400ms, 21, 1));
    CHECK(watch.next() == 1600ms);
}

TEST_CASE("one packet alone needs no answer, two do") {
    InboundWatch watch;
    CHECK_FALSE(watch.note(1s, 1, 0));
    CHECK_FALSE(watch.note(5s, 1, 0));
    CHECK_FALSE(watch.next());  // nothing is to be looked at until the second one leaves
    CHECK(watch.note(6s, 2, 0));
}

// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/event_pace.hpp"

#include <doctest/doctest.h>

using namespace agent;

namespace {

/// Events that come without end: every look finds more. How many looks that time has room for.
int looks_in(EventPace& pace, ike::Instant from, ike::Duration time) {
    int looks = 0;
    for (ike::Instant now = from; now < from + time; ++looks) {
        now += pace.after_look(now) + 10us;
    }
    return looks;
}

}  // namespace

TEST_CASE("a network that comes or goes is looked at without a delay") {
    EventPace pace;
    const ike::Instant now{1h};
    for (int look = 0; look < EventPace::in_a_row; ++look) {
        CHECK(pace.after_look(now) == 0ms);
    }
}

TEST_CASE("in a storm of events a look waits for the others, each for a few milliseconds") {
    EventPace pace;
    const ike::Instant now{1h};
    const int looks = looks_in(pace, now, 1s);
    CHECK(looks >= 200);
    CHECK(looks <= 200 + EventPace::in_a_row + 1);
    CHECK(pace.after_look(now + 1s) <= 2 * EventPace::gather);
}

TEST_CASE("after a storm a network that goes is looked at without a delay again") {
    EventPace pace;
    const ike::Instant now{1h};
    looks_in(pace, now, 10s);
    for (int look = 0; look < EventPace::in_a_row; ++look) {
        CHECK(pace.after_look(now + 10s + 200ms) == 0ms);
    }
}

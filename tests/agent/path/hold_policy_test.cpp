// SPDX-License-Identifier: Apache-2.0
#include "agent/path/hold_policy.hpp"

#include <doctest/doctest.h>

using namespace agent;

namespace {

constexpr ike::Instant start{std::chrono::hours(1)};

}  // namespace

TEST_CASE(
    "a portal is heeded for 10 s and tried for 5 s, then heeded for twice as long each time") {
    HoldPolicy hold;
    ike::Instant now = start;
    for (const ike::Duration wait : {10s, 20s, 40s, 80s, 160s, 160s}) {
        REQUIRE(hold.hold("portal", now));
        CHECK(hold.next_deadline() == now + wait);
        CHECK(hold.on_deadline(now + wait - 1s) == HoldStep::none);
        now += wait;
        CHECK(hold.on_deadline(now) == HoldStep::try_restricted);
        CHECK(hold.tries_restricted());
        hold.path_taken();
        CHECK(hold.next_deadline() == now + 5s);
        now += 5s;
        CHECK(hold.on_deadline(now) == HoldStep::heed_restrictions);
        CHECK_FALSE(hold.tries_restricted());
        CHECK_FALSE(hold.next_deadline());
    }
}

TEST_CASE("a connection starts the waits anew") {
    HoldPolicy hold;
    hold.hold("limited-connectivity", start);
    hold.on_deadline(start + 10s);
    hold.reset();
    hold.path_taken();
    CHECK_FALSE(hold.tries_restricted());
    CHECK_FALSE(hold.next_deadline());
    hold.hold("limited-connectivity", start + 1min);
    CHECK(hold.next_deadline() == start + 1min + 10s);
}

TEST_CASE("where another reason stands in the way nothing is tried") {
    HoldPolicy hold;
    hold.hold("portal", start);
    hold.on_deadline(start + 10s);
    CHECK(hold.hold("carrier-lost", start + 11s));
    CHECK_FALSE(hold.tries_restricted());
    CHECK_FALSE(hold.next_deadline());
}

TEST_CASE("why the last path went says more than that there is none, a portal that is gone less") {
    HoldPolicy hold;
    CHECK(hold.hold("no-path", start));
    CHECK(hold.hold("link-down", start));
    CHECK_FALSE(hold.hold("link-down", start));
    CHECK_FALSE(hold.hold("no-path", start));
    CHECK(hold.reason() == "link-down");
    CHECK(hold.hold("portal", start));
    CHECK(hold.hold("no-path", start));
    CHECK(hold.reason() == "no-path");
}

TEST_CASE("an IKE SA that is held is given up at its limit, once") {
    HoldPolicy hold;
    hold.limit(1min, start);
    hold.hold("link-down", start);
    CHECK(hold.next_deadline() == start + 1min);
    CHECK(hold.on_deadline(start + 59s) == HoldStep::none);
    CHECK(hold.on_deadline(start + 1min) == HoldStep::give_up);
    CHECK_FALSE(hold.next_deadline());
}

TEST_CASE("nothing is given up without a limit, nor during the tries of a restriction") {
    HoldPolicy hold;
    hold.limit(0s, start);
    CHECK_FALSE(hold.next_deadline());
    hold.hold("portal", start);
    hold.limit(1s, start);
    CHECK(hold.next_deadline() == start + 10s);
}

TEST_CASE("a portal that comes during a hold does not postpone its limit") {
    HoldPolicy hold;
    hold.limit(12s, start);
    hold.hold("link-down", start);
    hold.hold("portal", start + 1s);
    CHECK(hold.on_deadline(start + 11s) == HoldStep::try_restricted);
    CHECK(hold.on_deadline(start + 12s) == HoldStep::give_up);
    hold.limit(1min, start + 12s);
    hold.end_limit();
    CHECK(hold.next_deadline() == start + 16s);
}

TEST_CASE("of two deadlines that passed while the machine slept the earlier one comes first") {
    HoldPolicy hold;
    hold.limit(1min, start);
    hold.hold("portal", start);
    CHECK(hold.on_deadline(start + 1h) == HoldStep::try_restricted);
    CHECK(hold.on_deadline(start + 1h) == HoldStep::give_up);
}

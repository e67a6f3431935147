// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/repair_pace.hpp"

#include <doctest/doctest.h>

using agent::RepairPace;
using namespace std::chrono_literals;

namespace {

constexpr ike::Instant start{1000s};

/// Somebody touches what is ours the moment it is repaired, for so long; how often it was looked
/// at.
int looks_during(RepairPace& pace, ike::Instant& now, ike::Duration fight) {
    int looks = 0;
    for (const ike::Instant end = now + fight; now < end; ++looks) {
        pace.looked(now);
        now = std::max(pace.due(now), now + 1ms);
    }
    return looks;
}

}  // namespace

TEST_CASE(
    "the first touches are looked at at once, a fight that lasts costs a look in five seconds") {
    RepairPace pace;
    ike::Instant now = start;
    for (int touch = 1; touch < RepairPace::at_once; ++touch) {
        CHECK(pace.due(now) == now);
        pace.looked(now);
    }
    CHECK_FALSE(pace.fought(now));
    CHECK(looks_during(pace, now, 60s) < 25);
    CHECK(looks_during(pace, now, 600s) <= 121);
    CHECK(pace.fought(now));
}

TEST_CASE("after a quiet time a touch is looked at at once, and nobody fights any more") {
    RepairPace pace;
    ike::Instant now = start;
    looks_during(pace, now, 60s);
    REQUIRE(pace.fought(now));
    now += RepairPace::quiet + 10s;
    CHECK_FALSE(pace.fought(now));
    CHECK(pace.due(now) == now);
    pace.looked(now);
    CHECK(pace.due(now) == now);
    CHECK_FALSE(pace.fought(now));
}

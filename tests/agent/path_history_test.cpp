// SPDX-License-Identifier: Apache-2.0
#include "agent/path_history.hpp"

#include <doctest/doctest.h>

using agent::PathHistory;
using namespace std::chrono_literals;

namespace {

constexpr ike::InterfaceIndex wlan{3};
constexpr ike::Instant start{1000s};

bool avoids(const PathHistory& history, ike::Instant now) {
    return history.avoided(now) == std::vector{wlan};
}

}  // namespace

TEST_CASE(
    "an uplink that carried nothing is avoided, each time twice as long, five minutes at most") {
    PathHistory history(5s);
    ike::Instant now = start;
    for (const auto wait : {10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
        history.died(wlan, now);
        CHECK(history.next(now) == now + wait);
        CHECK(avoids(history, now + wait - 1ms));
        now += wait;
        CHECK(history.avoided(now).empty());
        CHECK_FALSE(history.next(now));
    }
    now += 5min;
    history.died(wlan, now);
    CHECK(history.next(now) == now + 10s);
}

TEST_CASE("an uplink that was made anew is not judged by what it was") {
    PathHistory history(5s);
    history.died(wlan, start);
    history.renewed(wlan);
    CHECK(history.avoided(start).empty());
    history.died(wlan, start + 1s);
    CHECK(history.next(start + 1s) == start + 11s);
}

TEST_CASE(
    "an uplink that vanishes now and then is used at once, one that flaps has to stay first") {
    PathHistory history(5s);
    for (const auto when : {0s, 20s, 40s, 60s, 80s}) {
        history.vanished(wlan, start + when);
        CHECK(history.avoided(start + when).empty());
    }
    ike::Instant now = start + 1h;
    for (int flaps = 0; flaps < 3; ++flaps) {
        history.vanished(wlan, now);
        CHECK(history.avoided(now).empty());
        now += 1s;
    }
    for (const auto dwell : {5s, 10s, 20s, 20s}) {
        history.vanished(wlan, now);
        history.renewed(wlan);
        CHECK(history.next(now) == now + dwell);
        now += 1s;
    }
    history.vanished(wlan, now + 1min);
    CHECK(history.avoided(now + 1min).empty());
}

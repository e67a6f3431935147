// SPDX-License-Identifier: Apache-2.0
#include "agent/linux/suspend_clock.hpp"

#include <doctest/doctest.h>

#include <vector>

using agent::SleepWatch;
using namespace std::chrono_literals;

TEST_CASE("a sleep is told of once, with its length") {
    auto loop = agent::EventLoop::create();
    REQUIRE(loop.ok());
    ike::Duration asleep = 3h;
    std::vector<ike::Duration> slept;
    SleepWatch watch(
        *loop,
        {.slept = [&](ike::Duration length) { slept.push_back(length); }, .clock_stepped = [] {}},
        [&] { return asleep; });
    watch.look();
    CHECK(slept.empty());
    asleep += 2h;
    watch.look();
    watch.look();
    CHECK(slept == std::vector<ike::Duration>{2h});
    asleep += 1s;
    watch.look();
    CHECK(slept == std::vector<ike::Duration>{2h, 1s});
}

TEST_CASE("a machine that does not sleep has not slept") {
    const ike::Duration before = agent::time_asleep();
    const ike::Duration difference = agent::time_asleep() - before;
    CHECK(difference < 100ms);
    CHECK(difference > -100ms);
}

// SPDX-License-Identifier: Apache-2.0
#include "agent/base/reopener.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace agent;

TEST_CASE("what went away is opened at once, then with growing delays, until it is open") {
    auto loop = EventLoop::create();
    REQUIRE(loop.ok());
    std::vector<ike::Instant> tries;
    Reopener reopener(*loop, [&] {
        tries.push_back(loop->now());
        return tries.size() == 3;
    });
    reopener.start();
    CHECK(tries.empty());
    while (tries.size() < 3) {
        REQUIRE(loop->run_once(1s).ok());
    }
    CHECK(tries[1] - tries[0] >= Reopener::first);
    CHECK(tries[2] - tries[1] >= 2 * Reopener::first);
    REQUIRE(loop->run_once(5 * Reopener::first).ok());
    CHECK(tries.size() == 3);
}

// SPDX-License-Identifier: Apache-2.0
#include "agent/reconnect_delay.hpp"

#include <doctest/doctest.h>

using agent::ReconnectDelay;
using namespace std::chrono_literals;

TEST_CASE("the delay before another attempt doubles up to its bound") {
    ReconnectDelay delay;
    constexpr double middle = 0.5;
    CHECK(delay.next(middle) == 1s);
    CHECK(delay.next(middle) == 2s);
    CHECK(delay.next(middle) == 4s);
    for (int attempt = 0; attempt < 20; ++attempt) {
        (void)delay.next(middle);
    }
    CHECK(delay.next(middle) == ReconnectDelay::longest);
}

TEST_CASE("chance varies the delay by its jitter to either side, and no more") {
    CHECK(ReconnectDelay().next(0.0) == 750ms);
    CHECK(ReconnectDelay().next(0.999) < 1250ms);
    CHECK(ReconnectDelay().next(0.999) > 1240ms);
}

TEST_CASE("after a connection the delay is short again") {
    ReconnectDelay delay;
    (void)delay.next(0.5);
    (void)delay.next(0.5);
    delay.reset();
    CHECK(delay.next(0.5) == ReconnectDelay::first);
}

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/event_loop.hpp"

#include <doctest/doctest.h>

#include <functional>

namespace agent_test {

/// Turns the loop until the condition holds, five seconds at most; whether it does.
inline bool until(agent::EventLoop& loop, const std::function<bool()>& condition) {
    for (int turn = 0; turn < 500 && !condition(); ++turn) {
        REQUIRE(loop.run_once(std::chrono::milliseconds(10)));
    }
    return condition();
}

}  // namespace agent_test

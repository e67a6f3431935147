// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"

#include <doctest/doctest.h>

#include <functional>

namespace agent_test {

/// Turns the loop until the condition holds, ten seconds at most; whether it does. It is asked once
/// a turn, and not again.
inline bool until(agent::EventLoop& loop, const std::function<bool()>& condition) {
    for (int turn = 0; turn < 1000; ++turn) {
        if (condition()) {
            return true;
        }
        REQUIRE(loop.run_once(std::chrono::milliseconds(10)));
    }
    return false;
}

}  // namespace agent_test

// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/sleep_inhibitor.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace std::chrono_literals;

namespace {

struct Machine {
    EventLoop loop = std::move(*EventLoop::create());
    ike::NullLog log;
    int looks_while_busy = 0;
    int let_go = 0;
    SleepInhibitor inhibitor{loop,
                             log,
                             {.busy = [this] { return looks_while_busy-- > 0; },
                              .let_sleep = [this] { ++let_go; },
                              .watch = {.slept = [](ike::Duration) {}, .clock_stepped = [] {}}}};
};

}  // namespace

TEST_CASE("a sleep need not wait for a machine that has nothing to do") {
    Machine machine;
    machine.inhibitor.about_to_sleep();
    CHECK(machine.let_go == 1);
}

TEST_CASE("a sleep waits until nothing is half done") {
    Machine machine;
    machine.looks_while_busy = 2;
    machine.inhibitor.about_to_sleep();
    CHECK(machine.let_go == 0);
    while (machine.let_go == 0) {
        REQUIRE(machine.loop.run_once(1s).ok());
    }
    CHECK(machine.looks_while_busy == -1);
}

TEST_CASE("a sleep waits no longer than a second") {
    Machine machine;
    machine.looks_while_busy = 1'000'000;
    const ike::Instant begin = machine.loop.now();
    machine.inhibitor.about_to_sleep();
    while (machine.let_go == 0) {
        REQUIRE(machine.loop.run_once(1s).ok());
    }
    CHECK(machine.loop.now() - begin >= SleepInhibitor::longest_wait);
    CHECK(machine.let_go == 1);
}

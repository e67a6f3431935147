// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/shutdown.hpp"

#include <doctest/doctest.h>

using namespace agent;

TEST_CASE("the loop ends with the code when all is at rest") {
    auto loop = EventLoop::create();
    REQUIRE(loop.ok());
    bool at_rest = false;
    int ended = 0;
    Shutdown shutdown(*loop, [&] { return at_rest; });
    CHECK_FALSE(shutdown.under_way());
    shutdown.look();  // nobody has asked for the end
    loop->post([&] { shutdown.begin(exit_not_connected, [&] { ++ended; }); });
    SUBCASE("at once") {
        at_rest = true;
    }
    SUBCASE("later") {
        loop->post([&] {
            CHECK(shutdown.under_way());
            at_rest = true;
            shutdown.look();
        });
    }
    SUBCASE("or when it is asked for twice") {
        loop->post([&] { shutdown.begin(exit_clean, [&] { ++ended; }); });
    }
    CHECK(*loop->run() == exit_not_connected);
    CHECK(ended == 1);
}

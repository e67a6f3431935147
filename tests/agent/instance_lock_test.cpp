// SPDX-License-Identifier: Apache-2.0
#include "agent/instance_lock.hpp"

#include "tests/agent/network_namespace.hpp"

#include <doctest/doctest.h>

#include <cerrno>

using namespace agent;
using namespace agent::test;

TEST_CASE("a second roamd of a network namespace is turned away until the first has gone") {
    REQUIRE(enter_network_namespace());
    {
        const auto first = InstanceLock::take();
        REQUIRE(first.ok());
        const auto second = InstanceLock::take();
        REQUIRE_FALSE(second.ok());
        CHECK(second.error().code == EADDRINUSE);
    }
    CHECK(InstanceLock::take().ok());
}

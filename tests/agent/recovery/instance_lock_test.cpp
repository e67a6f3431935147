// SPDX-License-Identifier: Apache-2.0
#include "agent/recovery/instance_lock.hpp"

#include "tests/agent/network_namespace.hpp"
#include "tests/agent/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cerrno>

using namespace agent;
using namespace agent::test;
using agent_test::TemporaryFolder;

TEST_CASE("a second roamd of a network namespace is turned away until the first has gone") {
    REQUIRE(enter_network_namespace());
    const TemporaryFolder folder;
    {
        const auto first = InstanceLock::take(folder.path() / "run");
        REQUIRE(first.ok());
        const auto second = InstanceLock::take(folder.path() / "run");
        REQUIRE_FALSE(second.ok());
        CHECK(second.error().code == EWOULDBLOCK);
    }
    CHECK(InstanceLock::take(folder.path() / "run").ok());
}

TEST_CASE("a roamd of another network namespace is no second one") {
    const TemporaryFolder folder;
    REQUIRE(enter_network_namespace());
    const auto first = InstanceLock::take(folder.path());
    REQUIRE(first.ok());
    REQUIRE(enter_network_namespace());
    CHECK(InstanceLock::take(folder.path()).ok());
}

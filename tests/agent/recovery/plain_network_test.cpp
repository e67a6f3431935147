// SPDX-License-Identifier: Apache-2.0
#include "agent/recovery/plain_network.hpp"

#include "agent/guard/leak_guard.hpp"
#include "agent/linux/kernel_ids.hpp"
#include "agent/routing/tunnel_routes.hpp"
#include "tests/agent/killed_run.hpp"
#include "tests/agent/temporary_folder.hpp"
#include "tests/agent/two_uplinks.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace agent::test;

namespace {

std::string everything_there() {
    return kernel_routing() + output_of("ip -o addr; ip -o link | cut -d: -f2; nft list ruleset");
}

}  // namespace

TEST_CASE("what a killed daemon left goes as a whole, and what others made stays") {
    set_up_two_uplinks();
    REQUIRE(run("nft add table inet others"));
    REQUIRE(run("ip rule add fwmark 7 lookup 77 prio 5000 protocol 99"));
    const std::string before = everything_there();
    agent_test::TemporaryFolder runtime;
    runtime.write("home.json", "{}");
    leave_by_killed_run([] {
        EventLoop loop = std::move(*EventLoop::create());
        ike::NullLog log;
        LeakGuard guard(loop, log, [](const std::string&) {});
        guard.start({});
        guard.protect("home", {.covered = {*ike::Prefix::parse("0.0.0.0/0")}});
        return guard.fault("home").empty() &&
               run("ip rule add not fwmark 0x726f616d lookup 29280 prio 29281 protocol 114") &&
               run("ip route add unreachable default table 29280 proto 114");
    });
    REQUIRE(everything_there() != before);

    const auto taken = take_all_away(runtime.path());
    REQUIRE(taken.ok());
    CHECK(taken->wishes == 1);
    CHECK(taken->protections == std::set<std::string>{"home"});
    CHECK(taken->kernel.rules == 1);
    CHECK(taken->kernel.routes == 1);
    CHECK(everything_there() == before);
    CHECK_FALSE(take_all_away(runtime.path())->any());
}

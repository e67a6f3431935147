// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/tunnel/story.hpp"

#include <algorithm>

// Somebody else on the machine, or the kernel, takes away what is the tunnel's.
using namespace sim;
using namespace ike;
using namespace std::chrono_literals;

TEST_CASE("a look that finds nothing changed changes nothing") {
    Laptop laptop;
    connected(laptop);
    CHECK(laptop.machine().touch());
    CHECK(laptop.connected());
    check_carries(laptop);
}

TEST_CASE("a device that is deleted is made anew, and its name servers are set again") {
    Laptop laptop;
    connected(laptop);
    laptop.plane().lose_device();
    CHECK(laptop.machine().touch());
    CHECK(laptop.status().device == "roamd1");
    CHECK(laptop.machine().applied()->device == "roamd1");
    CHECK(laptop.filter().protection("office")->device == "roamd1");
    CHECK(laptop.resolved().all().contains("roamd1"));
    CHECK_FALSE(laptop.resolved().all().contains("roamd0"));
    check_carries(laptop);
}

TEST_CASE("an object that cannot be put back makes the state no-data until it can be") {
    Laptop laptop;
    connected(laptop);
    laptop.plane().refuse_next(1);
    CHECK_FALSE(laptop.machine().touch());
    CHECK(laptop.state() == TunnelState::no_data);
    REQUIRE(laptop.status().error);
    CHECK(laptop.status().error->reason == "own-state-lost");
    CHECK(laptop.machine().touch());
    CHECK(laptop.connected());
    CHECK_FALSE(laptop.status().error);
    check_carries(laptop);
}

TEST_CASE("routes that cannot be put back are no-data, too") {
    Laptop laptop;
    connected(laptop);
    laptop.machine().refuse_routes(1);
    CHECK_FALSE(laptop.machine().touch());
    CHECK(laptop.state() == TunnelState::no_data);
    CHECK(laptop.machine().touch());
    CHECK(laptop.connected());
    check_carries(laptop);
}

TEST_CASE("somebody who takes it away again and again is told of, and the tunnel goes on") {
    Laptop laptop;
    connected(laptop);
    laptop.machine().fight(true);
    CHECK(laptop.connected());
    REQUIRE(laptop.status().error);
    CHECK(laptop.status().error->reason == "own-state-fought");
}

TEST_CASE("a touch while the tunnel connects is no reason to show it as connected") {
    Laptop laptop;
    laptop.up();
    laptop.run_for(15ms);
    CHECK(laptop.machine().touch());
    CHECK(laptop.state() == TunnelState::connecting);
}

TEST_CASE("an SA that is nearly used up is rekeyed") {
    Laptop laptop;
    connected(laptop);
    const auto before = laptop.status().child_sas.front().inbound;
    laptop.plane().wear_out(before);
    laptop.run_for(2s);
    REQUIRE(laptop.status().child_sas.size() == 1);
    CHECK(laptop.status().child_sas.front().inbound != before);
    check_carries(laptop);
}

TEST_CASE("an SA that the kernel does not take closes the IKE SA, and it is made again") {
    Laptop laptop;
    connected(laptop);
    laptop.plane().refuse_next(1);
    laptop.plane().wear_out(laptop.status().child_sas.front().inbound);
    CHECK(laptop.run_until([&] { return attempts(laptop) == 2 && laptop.connected(); }, 5s));
    CHECK(std::ranges::count(laptop.states(), TunnelState::connecting) == 2);
    check_carries(laptop);
}

TEST_CASE("hours of rekeys leave one Child SA, and both ends agree") {
    Laptop laptop;
    connected(laptop);
    laptop.talk(10s, 9h);
    CHECK(attempts(laptop) == 1);
    CHECK(laptop.connected());
    check_carries(laptop);
}

TEST_CASE("a Child SA that the gateway deletes is made anew, and the networks stay blocked") {
    Laptop laptop;
    connected(laptop);
    laptop.run_for(1min);
    laptop.wish(gateway::DeleteChildWish{laptop.gateway().sending_child()->inbound});
    laptop.run_for(5s);
    CHECK(laptop.connected());
    check_carries(laptop);
}

TEST_CASE("a Child SA that the gateway does not make leaves its networks blocked") {
    Laptop laptop({.tune = [](agent::TunnelConfig& config) {
        config.child_sas = {{*Prefix::parse("10.20.0.0/16")}, {*Prefix::parse("10.30.0.0/16")}};
    }});
    laptop.gateway().config().refuse.rekey = wire::NotifyType::ts_unacceptable;
    connected(laptop);
    laptop.run_for(2s);
    CHECK(laptop.status().child_sas.size() == 1);
    CHECK(laptop.machine().blocks_or_carries(*Prefix::parse("10.30.0.0/16")));
    CHECK(laptop.status().guard.not_granted.size() == 1);
    check_clean(laptop);
}

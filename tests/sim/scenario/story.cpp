// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

namespace sim {

using namespace ike;

World& connected(World& world) {
    REQUIRE(world.connect());
    return world;
}

void check_clean(const World& world) {
    for (const std::string& violation : world.violations()) {
        FAIL_CHECK(violation);
    }
    for (const std::string& fault : world.gateway().faults()) {
        FAIL_CHECK("the gateway complains: " << fault);
    }
}

void check_settles(World& world, Duration limit) {
    const bool settled = world.settle(limit);
    CHECK_MESSAGE(settled, world.difference());
    // A replaced Child SA is deleted a moment later, when nothing can be in flight by it.
    CHECK(world.run_until([&world] { return world.plane().installed().size() == world.policies(); },
                          5s));
    CHECK_MESSAGE(world.settle(limit), world.difference());
    check_clean(world);
}

void check_carries(World& world) {
    const Traffic up = world.up();
    const Traffic down = world.down();
    world.send_up();
    world.send_down();
    world.run_for(std::chrono::seconds(1));
    CHECK(world.up().received == up.received + 1);
    CHECK(world.down().received == down.received + 1);
}

session::Failure failure_against(gateway::Config config) {
    World world({.gateway = std::move(config)});
    CHECK_FALSE(world.connect());
    CHECK(world.violations().empty());
    REQUIRE(world.count<session::Closed>() == 1);
    return world.last<session::Closed>()->failure;
}

std::size_t heard(const World& world, wire::NotifyType type) {
    std::size_t count = 0;
    for (const gateway::Said& said : world.gateway().transcript()) {
        const bool has = wire::find_notify(said.payloads, type) != nullptr;
        count += !said.by_gateway && has ? 1U : 0U;
    }
    return count;
}

std::size_t heard(const World& world, wire::ExchangeType exchange) {
    std::size_t count = 0;
    for (const gateway::Said& said : world.gateway().transcript()) {
        count += !said.by_gateway && said.header.exchange == exchange ? 1U : 0U;
    }
    return count;
}

const gateway::Said* last_heard(const World& world, wire::NotifyType type) {
    const gateway::Said* last = nullptr;
    for (const gateway::Said& said : world.gateway().transcript()) {
        if (!said.by_gateway && wire::find_notify(said.payloads, type) != nullptr) {
            last = &said;
        }
    }
    return last;
}

void lose_everything(World& world, InterfaceIndex interface, bool lose) {
    world.network().uplink(interface).carries = !lose;
}

}  // namespace sim

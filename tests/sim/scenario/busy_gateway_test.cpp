// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

// A gateway that says TEMPORARY_FAILURE to UPDATE_SA_ADDRESSES: RFC 7296 2.25.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::MoveKind;
using session::PathConfirmed;
using session::PathRefused;
using wire::NotifyType;

namespace {

void be_busy(World& world, bool busy = true) {
    world.gateway().config().refuse.update =
        busy ? std::optional(NotifyType::temporary_failure) : std::nullopt;
}

/// On wwan0, wlan0 is gone, and the gateway has said for the first time that it is busy.
World& refused_once(World& world) {
    connected(world);
    be_busy(world);
    world.network().uplink(wlan0).up = false;
    world.move(wwan0, MoveKind::forced);
    world.run_for(20ms);
    REQUIRE(heard(world, NotifyType::update_sa_addresses) == 1);
    return world;
}

}  // namespace

TEST_CASE("a gateway that is busy is told again where we are, not at once [RFC7296-2.25]") {
    World world;
    refused_once(world);
    world.run_for(499ms);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 1);
    world.run_for(20ms);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 2);
    be_busy(world, false);
    REQUIRE(world.run_until([&world] { return world.count<PathConfirmed>() == 1; }, 2s));
    CHECK(heard(world, NotifyType::update_sa_addresses) == 3);
    CHECK(world.count<PathRefused>() == 0);
    check_settles(world);
    check_carries(world);
}

TEST_CASE("a gateway that is busy for half a minute has refused the path [RFC7296-2.25]") {
    World world;
    refused_once(world);
    world.run_for(30s);
    CHECK(world.count<PathRefused>() == 0);
    REQUIRE(world.run_until([&world] { return world.count<PathRefused>() == 1; }, 5s));
    CHECK(world.last<PathRefused>()->notify == "TEMPORARY_FAILURE");
    CHECK(heard(world, NotifyType::update_sa_addresses) == 11);
    CHECK(world.connected());
}

TEST_CASE("another move is told to a busy gateway at once, with all the patience again") {
    World world;
    refused_once(world);
    world.run_for(10s);
    const std::size_t told = heard(world, NotifyType::update_sa_addresses);
    world.network().uplink(wlan0).up = true;
    world.network().uplink(wwan0).up = false;
    world.move(wlan0, MoveKind::forced);
    world.run_for(20ms);
    CHECK(heard(world, NotifyType::update_sa_addresses) == told + 1);
    world.run_for(25s);
    CHECK(world.count<PathRefused>() == 0);
    be_busy(world, false);
    check_settles(world);
    check_carries(world);
}

TEST_CASE("a better path that a busy gateway does not confirm yet is kept, and nothing is lost") {
    World world;
    connected(world);
    be_busy(world);
    world.move(wwan0, MoveKind::preferred);
    for (int tick = 0; tick < 1000; ++tick) {
        world.send_up();
        world.send_down();
        world.run_for(1ms);
    }
    CHECK(world.plane().path()->interface == wwan0);
    CHECK(world.count<PathConfirmed>() == 0);
    CHECK(world.count<PathRefused>() == 0);
    be_busy(world, false);
    check_settles(world);
    CHECK(world.count<PathConfirmed>() == 1);
    CHECK(world.up().received == world.up().sent);
    CHECK(world.down().received == world.down().sent);
}

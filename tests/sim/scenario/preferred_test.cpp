// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

// A better path while the old one lives: test, then UPDATE_SA_ADDRESSES, and data right behind.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::DataGoesOn;
using session::DataWaits;
using session::MoveKind;
using session::PathConfirmed;
using session::PathRefused;
using session::PathSwitched;
using session::Transmit;
using wire::NotifyType;

namespace {

/// As on wlan0, and a preferred move to wwan0 is being tested.
World& testing(World& world) {
    connected(world);
    world.move(wwan0, MoveKind::preferred);
    return world;
}

bool is_update(const Transmit& transmit) {
    return transmit.purpose == Transmit::Purpose::update_sa_addresses;
}

/// By wwan0, with a round trip of 60 ms; wlan0 has 20.
World& on_the_slow_path(World& world) {
    world.network().uplink(wwan0).quality.delay = 30ms;
    connected(world);
    world.move(wwan0, MoveKind::preferred);
    check_settles(world);
    return world;
}

/// 37.5 ms of the 60, less 5 of the 20.
constexpr Duration lead = 32500us;

/// And wlan0 has passed its test.
World& slow_and_waiting(World& world) {
    on_the_slow_path(world);
    world.move(wlan0, MoveKind::preferred);
    REQUIRE(world.run_until([&world] { return world.count<DataWaits>() == 2; }, 1s));
    return world;
}

/// There and back, with a packet each way each millisecond.
void from_slow_to_fast(World& world) {
    on_the_slow_path(world);
    for (int tick = 0; tick < 300; ++tick) {
        if (tick == 100) {
            world.move(wlan0, MoveKind::preferred);
        }
        world.send_up();
        world.send_down();
        world.run_for(1ms);
    }
    check_settles(world);
    world.run_for(1s);
}

template <class E>
bool next_is(const World& world, std::size_t& at) {
    return at < world.events().size() && std::holds_alternative<E>(world.events()[at++]);
}

}  // namespace

TEST_CASE("a better path is tested, then the gateway told, and data right behind [RFC4555-3.10]") {
    World world;
    testing(world);
    const Transmit test = world.sent().back();
    const std::size_t sent = world.sent().size();
    CHECK(test.path.interface == wwan0);
    CHECK_FALSE(is_update(test));
    world.run_for(20ms);
    CHECK(world.count<DataWaits>() == 1);
    CHECK(world.sent().size() == sent);
    CHECK(world.gateway().transcript().back().payloads.empty());
    CHECK(world.plane().path()->interface == wlan0);
    REQUIRE(world.run_until([&] { return world.sent().size() == sent + 1; }, 10ms));
    CHECK(is_update(world.sent().back()));
    CHECK(world.sent().back().path.interface == wwan0);
    CHECK(world.count<PathSwitched>() == 0);
    world.run_for(20ms);
    CHECK(world.count<PathSwitched>() == 1);
    CHECK(world.plane().path()->interface == wwan0);
    CHECK(world.count<PathConfirmed>() == 1);
    check_settles(world);
    check_carries(world);
}

TEST_CASE("data waits until the gateway has answered UPDATE_SA_ADDRESSES, and 20 ms at most") {
    for (const auto& [round_trip, waits] : {std::pair(6ms, 6ms), std::pair(60ms, 20ms)}) {
        World world;
        world.network().uplink(wlan0).quality.delay = 3ms;
        world.network().uplink(wwan0).quality.delay = Duration(round_trip) / 2;
        testing(world);
        REQUIRE(world.run_until([&world] { return is_update(world.sent().back()); }, 1s));
        CHECK(world.count<DataWaits>() == 1);
        world.send_up();
        world.run_for(waits - 1us);
        CHECK(world.plane().waits_until());
        CHECK(world.up().received == 0);
        world.run_for(1us);
        CHECK_FALSE(world.plane().waits_until());
        CHECK(world.plane().path()->interface == wwan0);
        check_settles(world);
        CHECK(world.up().received == 1);
        check_carries(world);
    }
}

TEST_CASE("a preferred roam loses no packet either way, and ESP never moves the gateway") {
    World world;
    world.gateway().config().follows_esp = true;
    connected(world);
    for (int tick = 0; tick < 200; ++tick) {
        if (tick == 30) {
            world.move(wwan0, MoveKind::preferred);
        }
        if (tick == 120) {
            world.move(wlan0, MoveKind::preferred);
        }
        world.send_up();
        world.send_down();
        world.run_for(1ms);
    }
    check_settles(world);
    CHECK(world.count<PathConfirmed>() == 2);
    CHECK(world.up().received == 200);
    CHECK(world.down().received == 200);
    CHECK(world.gateway().moves_by_esp() == 0);
}

TEST_CASE(
    "to IPv6, where there is no NAT, data waits for the answer that says so, 150 ms at most") {
    using session::RoutabilityCheck;
    for (const auto& [answered, check] :
         {std::pair(true, RoutabilityCheck::off), std::pair(true, RoutabilityCheck::after),
          std::pair(true, RoutabilityCheck::before), std::pair(false, RoutabilityCheck::off)}) {
        World world({.tune = [when = check](session::SessionConfig& config) {
            config.force_udp_encapsulation = false;
            config.return_routability = when;
        }});
        world.network().uplink(wwan0).quality.delay = 30ms;
        connected(world);
        world.move(wwan0, MoveKind::preferred, Family::ipv6);
        REQUIRE(world.run_until([&world] { return is_update(world.sent().back()); }, 1s));
        world.network().uplink(wwan0).carries = answered;
        world.run_for((answered ? 60ms : 150ms) - 1us);
        CHECK(world.plane().waits_until());
        world.run_for(1us);
        CHECK_FALSE(world.plane().waits_until());
        REQUIRE(world.count<PathSwitched>() == 1);
        CHECK(world.last<PathSwitched>()->udp_encapsulated == !answered);
        world.network().uplink(wwan0).carries = true;
        REQUIRE(world.run_until([&world] { return world.count<PathConfirmed>() == 1; }, 10s));
        check_settles(world);
        CHECK_FALSE(world.last<PathConfirmed>()->udp_encapsulated);
        check_carries(world);
    }
}

TEST_CASE(
    "from a slower path to a faster one nothing is overtaken: no packet is lost, and ESP never "
    "moves the gateway") {
    World world;
    world.gateway().config().follows_esp = true;
    from_slow_to_fast(world);
    CHECK(world.count<PathConfirmed>() == 2);
    CHECK(world.count<DataWaits>() == 2);
    CHECK(world.count<DataGoesOn>() == 0);
    CHECK(world.plane().path()->interface == wlan0);
    CHECK(world.up().received == world.up().sent);
    CHECK(world.down().received == world.down().sent);
    CHECK(world.gateway().moves_by_esp() == 0);
}

TEST_CASE(
    "data waits for the slower path's way and a quarter more, less half of the faster one's") {
    World world;
    slow_and_waiting(world);
    CHECK(world.last<DataWaits>()->most == lead + 20ms);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 1);  // of the way there
    world.run_for(lead - 1us);
    CHECK_FALSE(is_update(world.sent().back()));
    world.run_for(1us);
    CHECK(is_update(world.sent().back()));
    CHECK(world.plane().waits_until());
    world.run_for(20ms);
    CHECK_FALSE(world.plane().waits_until());
    CHECK(world.plane().path()->interface == wlan0);
    check_settles(world);
    check_carries(world);
}

TEST_CASE("data that waits leaves at once when the slower path is gone") {
    World world;
    slow_and_waiting(world);
    SUBCASE("for what is under way") {}
    SUBCASE("for the gateway") {
        world.run_for(lead);
        CHECK(is_update(world.sent().back()));
        CHECK(world.plane().waits_until());
    }
    world.network().uplink(wwan0).up = false;
    world.move(wlan0, MoveKind::forced);
    CHECK(world.plane().path()->interface == wlan0);
    CHECK_FALSE(world.plane().waits_until());
    CHECK(world.sent().back().path.interface == wlan0);
    check_settles(world);
    check_carries(world);
}

TEST_CASE("data that waits goes on by the slower path when that is the better one again") {
    World world;
    slow_and_waiting(world);
    world.send_up();
    world.move(wwan0, MoveKind::preferred);
    CHECK(world.count<DataGoesOn>() == 1);
    CHECK_FALSE(world.plane().waits_until());
    check_settles(world);
    CHECK(world.plane().path()->interface == wwan0);
    CHECK(world.up().received == world.up().sent);
    check_carries(world);
}

TEST_CASE("data that waits goes by a third path when both others are gone") {
    World world;
    slow_and_waiting(world);
    SUBCASE("for what is under way") {}
    SUBCASE("for the gateway") {
        world.run_for(lead);
    }
    world.network().uplink(wlan0).up = false;
    world.move(wwan0, MoveKind::forced, Family::ipv6);
    CHECK_FALSE(world.plane().waits_until());
    CHECK(world.plane().path()->local.address.is_ipv6());
    check_settles(world);
    check_carries(world);
}

TEST_CASE("data that waits while no path is left goes by the first that is there again") {
    World world;
    slow_and_waiting(world);
    SUBCASE("for what is under way") {}
    SUBCASE("for the gateway") {
        world.run_for(lead);
    }
    world.hold();
    world.run_for(1s);
    CHECK(world.count<PathSwitched>() == 1);  // of the way to the slow path
    world.move(wwan0, MoveKind::forced);
    check_settles(world);
    CHECK(world.plane().path()->interface == wwan0);
    check_carries(world);
}

TEST_CASE("data that waits while the IKE SA is rekeyed is not lost") {
    World world;
    on_the_slow_path(world);
    world.rekey_ike();
    world.move(wlan0, MoveKind::preferred);
    for (int tick = 0; tick < 300; ++tick) {
        world.send_up();
        world.run_for(1ms);
    }
    check_settles(world);
    CHECK(world.count<session::IkeSaRekeyed>() == 1);
    CHECK(world.plane().path()->interface == wlan0);
    CHECK(world.up().received == 300);
    check_carries(world);
}

TEST_CASE(
    "data that waits goes on when the tunnel is closed, and the gateway is told by a path that "
    "lives") {
    World world;
    slow_and_waiting(world);
    world.close();
    CHECK(world.count<DataGoesOn>() == 1);
    REQUIRE(world.run_until([&world] { return world.count<session::Closed>() == 1; }, 10s));
    check_clean(world);
}

TEST_CASE("a better path that does not answer is given up, and nothing but the test went by it") {
    World world;
    connected(world);
    lose_everything(world, wwan0);
    world.move(wwan0, MoveKind::preferred);
    const Bytes test = world.sent().back().datagram;
    REQUIRE(world.run_until([&world] { return world.count<PathRefused>() == 1; }, 30s));
    CHECK(world.last<PathRefused>()->notify.empty());
    // The Message ID can't be skipped: the gateway gets the test by the old path.
    CHECK(world.sent().back().path.interface == wlan0);
    CHECK(world.sent().back().datagram == test);
    check_settles(world);
    check_carries(world);
    CHECK(world.count<PathSwitched>() == 0);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 0);
}

TEST_CASE("a better path that does not answer is no silence of the gateway [RFC7296-2.4]") {
    World world;
    connected(world);
    lose_everything(world, wwan0);
    world.move(wwan0, MoveKind::preferred);
    REQUIRE(world.run_until([&world] { return world.count<PathRefused>() == 1; }, 30s));
    world.run_for(5s);
    CHECK(world.count<session::GatewaySilent>() == 0);
    check_settles(world);
}

TEST_CASE("a gateway that neither path reaches is silent once the test is given up") {
    World world;
    connected(world);
    lose_everything(world, wlan0);
    lose_everything(world, wwan0);
    world.move(wwan0, MoveKind::preferred);
    REQUIRE(world.run_until([&world] { return world.count<PathRefused>() == 1; }, 30s));
    CHECK(world.count<session::GatewaySilent>() == 0);
    REQUIRE(world.run_until([&world] { return world.count<session::GatewaySilent>() == 1; }, 30s));
    CHECK(world.last<session::GatewaySilent>()->silent);
}

TEST_CASE("a test that the old path alone answers proves nothing [RFC4555-3.10]") {
    World world;
    world.gateway().config().answers_old_address = true;
    testing(world);
    REQUIRE(world.run_until([&world] { return world.count<PathRefused>() == 1; }, 2s));
    CHECK(world.last<PathRefused>()->notify.empty());
    CHECK(world.last<PathRefused>()->path.interface == wwan0);
    check_settles(world);
    check_carries(world);
    CHECK(world.count<PathSwitched>() == 0);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 0);
}

TEST_CASE("UNACCEPTABLE_ADDRESSES after the test: back, and the gateway is told so [RFC4555-3.5]") {
    World world;
    connected(world);
    world.gateway().config().refuse.update = NotifyType::unacceptable_addresses;
    std::size_t at = world.events().size();
    world.move(wwan0, MoveKind::preferred);
    REQUIRE(world.run_until([&world] { return world.count<PathRefused>() == 1; }, 1s));
    world.gateway().config().refuse.update.reset();
    CHECK(world.last<PathRefused>()->notify == "UNACCEPTABLE_ADDRESSES");
    CHECK(world.last<PathRefused>()->path.interface == wwan0);
    CHECK(world.plane().path()->interface == wlan0);
    check_settles(world);
    CHECK(next_is<DataWaits>(world, at));
    CHECK(next_is<DataGoesOn>(world, at));
    CHECK(next_is<PathRefused>(world, at));
    CHECK(next_is<PathConfirmed>(world, at));
    CHECK(heard(world, NotifyType::update_sa_addresses) == 2);
    check_carries(world);
}

TEST_CASE("refused while data waits, no data goes by the refused path, checked or not") {
    using session::RoutabilityCheck;
    for (const auto check : {RoutabilityCheck::off, RoutabilityCheck::after}) {
        World world({.tune = [check](auto& config) { config.return_routability = check; }});
        connected(world);
        world.gateway().config().refuse.update = NotifyType::unacceptable_addresses;
        world.move(wwan0, MoveKind::preferred);
        REQUIRE(world.run_until([&world] { return world.count<DataWaits>() == 1; }, 1s));
        world.send_up();
        REQUIRE(world.run_until([&world] { return world.count<PathRefused>() == 1; }, 1s));
        world.gateway().config().refuse.update.reset();
        CHECK(world.count<DataGoesOn>() == 1);
        CHECK(world.count<PathSwitched>() == 0);
        check_settles(world);
        CHECK(world.up().received == 1);
        check_carries(world);
    }
}

TEST_CASE("a gateway that refuses every address keeps its client where it was") {
    World world;
    world.gateway().config().refuse.update = NotifyType::unacceptable_addresses;
    testing(world);
    world.run_for(5s);
    CHECK(world.plane().path()->interface == wlan0);
    CHECK(world.connected());
    CHECK(heard(world, NotifyType::update_sa_addresses) == 2);
    check_carries(world);
    check_clean(world);
}

TEST_CASE("a path that falls silent right after its test is left again while the old one lives") {
    World world;
    testing(world);
    REQUIRE(world.run_until([&world] { return world.count<DataWaits>() == 1; }, 1s));
    lose_everything(world, wwan0);
    REQUIRE(world.run_until([&world] { return world.count<PathRefused>() == 1; }, 5s));
    CHECK(world.plane().path()->interface == wlan0);
    check_settles(world);
    check_carries(world);
}

TEST_CASE("the old path goes during the test: data moves at once, the gateway as soon as it can") {
    World world;
    testing(world);
    world.run_for(5ms);
    world.network().uplink(wlan0).up = false;
    SUBCASE("to the path that is tested") {
        world.move(wwan0, MoveKind::forced);
        CHECK(world.plane().path()->interface == wwan0);
    }
    SUBCASE("to a third") {
        world.move(wwan0, MoveKind::forced, Family::ipv6);
        CHECK(world.plane().path()->local.address.is_ipv6());
    }
    CHECK(world.count<PathSwitched>() == 1);
    check_settles(world);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 1);
    CHECK(world.count<PathRefused>() == 0);
    check_carries(world);
}

TEST_CASE("the old path goes after the test: nothing leads back to it any more") {
    World world;
    testing(world);
    REQUIRE(world.run_until([&world] { return world.count<PathSwitched>() == 1; }, 1s));
    world.network().uplink(wlan0).up = false;
    world.network().uplink(wwan0).carries = false;
    world.move(wwan0, MoveKind::forced);
    world.run_for(10s);
    CHECK(world.count<PathRefused>() == 0);
    world.network().uplink(wwan0).carries = true;
    check_settles(world, 1min);
    check_carries(world);
}

TEST_CASE("back to the old path during the test: the gateway hears of it, the test moves nothing") {
    World world;
    testing(world);
    world.run_for(15ms);  // the answer is on the way
    world.move(wlan0, MoveKind::preferred);
    check_settles(world);
    CHECK(world.count<PathSwitched>() == 0);
    CHECK(world.last<PathConfirmed>()->path.interface == wlan0);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 1);
}

TEST_CASE(
    "back to the old path before the gateway has answered: data goes on, the gateway is told") {
    World world;
    testing(world);
    REQUIRE(world.run_until([&world] { return world.count<DataWaits>() == 1; }, 1s));
    world.run_for(5ms);
    world.send_up();
    world.move(wlan0, MoveKind::preferred);
    check_settles(world);
    CHECK(world.up().received == 1);
    CHECK(world.count<PathSwitched>() == 0);
    CHECK(world.count<DataGoesOn>() == 1);
    CHECK(world.count<PathConfirmed>() == 1);
    CHECK(world.gateway().client()->esp.remote.address.text() == "198.51.100.1");
    check_carries(world);
}

TEST_CASE("a request in flight goes on by the better path, and its answer there is test enough") {
    World world;
    connected(world);
    lose_everything(world, wlan0);
    world.rekey_child();
    world.move(wwan0, MoveKind::preferred);
    world.run_for(20ms);
    CHECK(world.count<session::ChildSaRekeyed>() == 1);
    CHECK(world.count<DataWaits>() == 1);
    check_settles(world);
    CHECK(world.plane().path()->interface == wwan0);
    check_carries(world);
}

TEST_CASE("what the IKE SA had to say of paths is said by its successor") {
    World world;
    connected(world);
    world.network().uplink(wwan0).quality.delay = 100ms;
    world.rekey_ike();
    world.move(wwan0, MoveKind::preferred);
    SUBCASE("the gateway rekeys, too") {
        world.wish(gateway::RekeyIkeWish{});
    }
    SUBCASE("we do") {}
    check_settles(world);
    CHECK(world.plane().path()->interface == wwan0);
    CHECK(world.count<session::IkeSaRekeyed>() >= 1);
    check_carries(world);
}

// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::ChildSaRekeyed;
using session::DataMissing;
using session::FlowExperience;
using session::MoveKind;
using session::PathRefused;
using session::SuccessorWanted;
using wire::NotifyType;
using EspMoves = gateway::Config::EspMoves;

// The gateway answers IKE and no data comes in: every such case ends in ESP in UDP (RFC 7296 2.23)
// or in another IKE SA.
namespace {

/// A client whose ESP may go bare, on two networks without NAT.
WorldConfig bare(gateway::Config config = gateway::default_config(),
                 const FlowExperience& experience = {}) {
    return {.gateway = std::move(config), .tune = [experience](session::SessionConfig& session) {
                session.force_udp_encapsulation = false;
                session.flow_experience = experience;
            }};
}

void without_nat(World& world) {
    for (Uplink& uplink : world.network().uplinks()) {
        uplink.nat.reset();
    }
}

void swallow_bare_esp(World& world, InterfaceIndex interface, bool up = true, bool down = true) {
    world.network().uplink(interface).drops_bare_esp_up = up;
    world.network().uplink(interface).drops_bare_esp_down = down;
}

/// Twenty requests a second, each of which the host behind the gateway answers when it has it; a
/// doubt when no answer came for 200 ms, as the data plane has it. Gives how many were answered.
std::uint64_t ask(World& world, Duration duration, bool answered = true) {
    const Instant until = world.now() + duration;
    const std::uint64_t before = world.down().received;
    while (world.now() < until && world.connected()) {
        const std::uint64_t seen = world.down().received;
        for (int packets = 0; packets < 4; ++packets) {
            const std::uint64_t arrived = world.up().received;
            world.send_up();
            world.run_until([&] { return world.up().received > arrived; }, 50ms);
            if (answered && world.up().received > arrived) {
                world.send_down();
            }
            world.run_for(50ms);
        }
        if (world.down().received == seen) {
            world.doubt_path();
        }
    }
    return world.down().received - before;
}

bool says_no_data(const World& world) {
    return world.last<DataMissing>() != nullptr && world.last<DataMissing>()->missing;
}

}  // namespace

TEST_CASE("where bare ESP is swallowed it goes in UDP, a few seconds after the first packet") {
    World world(bare());
    without_nat(world);
    SUBCASE("both ways") {
        swallow_bare_esp(world, wlan0);
    }
    SUBCASE("on the way to the gateway") {
        swallow_bare_esp(world, wlan0, true, false);
    }
    SUBCASE("on the way back") {
        swallow_bare_esp(world, wlan0, false, true);
    }
    SUBCASE("not at first") {
        REQUIRE(world.connect());
        CHECK(ask(world, 2s) > 10);
        swallow_bare_esp(world, wlan0);
    }
    if (!world.connected()) {
        REQUIRE(world.connect());
    }
    CHECK_FALSE(world.plane().in_udp());
    ask(world, 3s);
    CHECK(world.plane().in_udp());
    CHECK(ask(world, 2s) > 10);
    CHECK(world.count<SuccessorWanted>() == 0);
    CHECK(world.count<ChildSaRekeyed>() == 0);
    check_settles(world);
    check_clean(world);
}

TEST_CASE("ESP goes bare again by a path that lets it pass, and in UDP at once where it is known") {
    World world(bare());
    without_nat(world);
    swallow_bare_esp(world, wlan0);
    REQUIRE(world.connect());
    ask(world, 5s);
    REQUIRE(world.plane().in_udp());
    world.move(wwan0, MoveKind::preferred);
    ask(world, 2s);
    CHECK(world.plane().path()->interface == wwan0);
    CHECK_FALSE(world.plane().in_udp());
    CHECK(ask(world, 2s) > 10);
    world.move(wlan0, MoveKind::preferred);
    ask(world, 1s);
    CHECK(world.plane().path()->interface == wlan0);
    CHECK(world.plane().in_udp());
    CHECK(ask(world, 2s) > 10);
    check_settles(world);
    check_clean(world);
}

TEST_CASE("from behind a NAT to where bare ESP is swallowed: it goes in UDP there, too") {
    World world(bare());
    world.network().uplink(wwan0).nat.reset();
    swallow_bare_esp(world, wwan0);
    REQUIRE(world.connect());
    CHECK(ask(world, 2s) > 10);
    world.network().uplink(wlan0).up = false;
    world.move(wwan0, MoveKind::forced);
    ask(world, 3s);
    CHECK(world.plane().in_udp());
    CHECK(ask(world, 2s) > 10);
    check_settles(world);
}

TEST_CASE("without a NAT over IPv6 bare ESP that is swallowed goes in UDP likewise") {
    World world(bare());
    swallow_bare_esp(world, wlan0);
    REQUIRE(world.connect());
    world.move(wlan0, MoveKind::forced, Family::ipv6);
    ask(world, 5s);
    CHECK(world.plane().path()->local.address.is_ipv6());
    CHECK(world.plane().in_udp());
    CHECK(ask(world, 2s) > 10);
}

TEST_CASE("the next IKE SA knows which path swallows bare ESP, and starts in UDP") {
    World first(bare());
    without_nat(first);
    swallow_bare_esp(first, wlan0);
    REQUIRE(first.connect());
    ask(first, 5s);
    World second(bare(gateway::default_config(), first.session().flow_experience()));
    without_nat(second);
    swallow_bare_esp(second, wlan0);
    REQUIRE(second.connect());
    CHECK(second.plane().in_udp());
    CHECK(ask(second, 1s) > 5);
    check_settles(second);
}

TEST_CASE("a gateway that refuses UDP keeps its path, and another IKE SA is asked for") {
    gateway::Config config = gateway::default_config();
    config.refuses_udp = true;
    World world(bare(config));
    without_nat(world);
    swallow_bare_esp(world, wlan0);
    REQUIRE(world.connect());
    ask(world, 50s);
    CHECK(world.count<PathRefused>() == 0);
    CHECK_FALSE(world.plane().in_udp());
    CHECK(world.count<SuccessorWanted>() == 1);
    CHECK(says_no_data(world));
    check_settles(world);
}

TEST_CASE("a tunnel in which nothing ever came in is given another IKE SA, and ends without one") {
    gateway::Config config = gateway::default_config();
    config.refuses_udp = true;
    World world(bare(config));
    without_nat(world);
    swallow_bare_esp(world, wlan0);
    REQUIRE(world.connect());
    const Instant begun = world.now();
    ask(world, 5min);
    CHECK(world.count<SuccessorWanted>() == 1);
    REQUIRE(world.last<session::Closed>() != nullptr);
    CHECK(world.last<session::Closed>()->failure.reason == session::Reason::no_data);
    CHECK(world.now() - begun < 2min);
}

TEST_CASE("a stream in one direction keeps its IKE SA for half a minute, and it says no data") {
    World world;
    REQUIRE(world.connect());
    ask(world, 25s, false);
    CHECK(says_no_data(world));
    CHECK(world.count<SuccessorWanted>() == 0);
    CHECK(world.up().received == world.up().sent);
    check_settles(world);
    check_carries(world);
    CHECK_FALSE(says_no_data(world));
}

TEST_CASE("a gateway that answers and goes on sending to the old address ends in another IKE SA") {
    gateway::Config config = gateway::default_config();
    config.esp_moves = EspMoves::never;
    World world({.gateway = config});
    REQUIRE(world.connect());
    CHECK(ask(world, 2s) > 10);
    world.move(wwan0, MoveKind::forced);
    world.send_down();
    world.run_for(50ms);  // late, by the old path
    world.network().uplink(wlan0).carries = false;
    SUBCASE("and another session is made") {
        ask(world, 10s);
        CHECK(says_no_data(world));
        CHECK(world.count<SuccessorWanted>() == 1);
        CHECK(world.session().flow_experience().reconnections() == 1);
    }
    SUBCASE("and none is") {
        ask(world, 1min);
        REQUIRE(world.last<session::Closed>() != nullptr);
        CHECK(world.last<session::Closed>()->failure.reason == session::Reason::no_data);
    }
}

TEST_CASE("while data still goes by the old path, what comes by it is no proof of the new one") {
    gateway::Config config = gateway::default_config();
    config.esp_moves = EspMoves::never;
    World world({.gateway = config});
    REQUIRE(world.connect());
    CHECK(ask(world, 2s) > 10);
    world.move(wwan0, MoveKind::preferred);
    REQUIRE(
        world.run_until([&] { return heard(world, NotifyType::update_sa_addresses) == 1; }, 1s));
    CHECK(world.count<session::PathConfirmed>() == 0);
    world.session().note_inbound_traffic(
        world.now());  // by whatever path, as the kernel's counters
    world.network().uplink(wlan0).carries = false;
    ask(world, 12s);
    CHECK(world.count<session::PathConfirmed>() >= 1);
    CHECK(world.count<SuccessorWanted>() == 1);  // half a minute later if no move were to blame
}

TEST_CASE("a gateway whose ESP moves with the next Child SA is known after the first roam") {
    gateway::Config config = gateway::default_config();
    config.esp_moves = EspMoves::with_the_next_child_sa;
    World world({.gateway = config});
    REQUIRE(world.connect());
    CHECK(ask(world, 2s) > 10);
    world.network().uplink(wlan0).up = false;
    world.move(wwan0, MoveKind::forced);
    const Instant first = world.now();
    ask(world, 2s);
    CHECK(world.count<ChildSaRekeyed>() == 1);
    CHECK(ask(world, 1s) > 5);
    world.network().uplink(wlan0).up = true;
    world.network().uplink(wwan0).up = false;
    world.move(wlan0, MoveKind::forced);
    REQUIRE(world.run_until([&] { return world.count<ChildSaRekeyed>() == 2; }, 100ms));
    CHECK(ask(world, 1s) > 5);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 3);
    CHECK(world.now() - first < 10s);
    check_settles(world);
    check_carries(world);
    check_clean(world);
}

TEST_CASE("data sent before the gateway knew of the move is no proof that its Child SAs moved") {
    gateway::Config config = gateway::default_config();
    config.esp_moves = EspMoves::with_the_next_child_sa;
    FlowExperience known;
    known.rekey_helped();
    World world({.gateway = config, .tune = [&](session::SessionConfig& session) {
                     session.flow_experience = known;
                 }});
    REQUIRE(world.connect());
    std::size_t before = 0;
    SUBCASE("it comes by the new path, which was in use a moment ago") {
        CHECK(ask(world, 2s) > 10);
        world.network().uplink(wlan0).up = false;
        world.move(wwan0, MoveKind::forced);
        world.session().note_inbound_traffic(world.now());
    }
    SUBCASE("the tunnel was idle for hours") {
        world.run_for(2h);
        before = world.count<ChildSaRekeyed>();
        world.network().uplink(wlan0).up = false;
        world.move(wwan0, MoveKind::forced);
    }
    REQUIRE(world.run_until([&] { return world.count<ChildSaRekeyed>() == before + 1; }, 200ms));
    CHECK(ask(world, 1s) > 5);
    CHECK(world.count<ChildSaRekeyed>() == before + 1);
    check_settles(world);
    check_clean(world);
}

TEST_CASE("a gateway that answers by both paths is followed to a slower one [RFC4555-3.12]") {
    gateway::Config config = gateway::default_config();
    config.answers_twice = true;
    World world({.gateway = config});
    world.network().uplink(wlan0).quality.delay = 10ms;
    world.network().uplink(wwan0).quality.delay = 30ms;
    SUBCASE("a little") {}
    SUBCASE("much") {
        world.network().uplink(wwan0).quality.delay = 300ms;
    }
    REQUIRE(world.connect());
    CHECK(ask(world, 2s) > 10);
    world.move(wwan0, MoveKind::preferred);
    REQUIRE(world.run_until([&] { return world.count<session::PathConfirmed>() == 1; }, 3s));
    CHECK(world.count<PathRefused>() == 0);
    CHECK(world.plane().path()->interface == wwan0);
    check_settles(world);
    check_carries(world);
    check_clean(world);
}

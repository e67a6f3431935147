// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::ChildSaRekeyed;
using session::ChildSaSwitched;
using session::MoveKind;
using session::PathConfirmed;
using session::PathSwitched;
using session::Transmit;
using wire::ExchangeType;
using wire::NotifyType;

namespace {

void lose_wlan0(World& world) {
    world.network().uplink(wlan0).up = false;
    world.move(wwan0, MoveKind::forced);
}

}  // namespace

TEST_CASE("a forced roam moves data at once and the gateway after one message [RFC4555-3.5]") {
    World world;
    connected(world);
    const auto spis = world.gateway().ike_sa()->spis;
    const ChildSpi child = world.plane().sending()->inbound;
    const Instant lost = world.now();
    lose_wlan0(world);
    CHECK(world.count<PathSwitched>() == 1);
    CHECK(world.plane().path()->interface == wwan0);
    CHECK(world.sent().back().purpose == Transmit::Purpose::update_sa_addresses);
    REQUIRE(world.run_until([&world] { return world.count<PathConfirmed>() == 1; }, 5s));
    CHECK(world.now() - lost == 20ms);
    check_settles(world);
    CHECK(world.gateway().ike_sa()->spis.initiator == spis.initiator);
    CHECK(world.gateway().ike_sa()->spis.responder == spis.responder);
    CHECK(world.plane().sending()->inbound == child);
    CHECK(heard(world, ExchangeType::ike_auth) == 1);
    CHECK(heard(world, ExchangeType::create_child_sa) == 0);
    check_carries(world);
}

TEST_CASE("UPDATE_SA_ADDRESSES brings NAT detection of the path it takes [RFC4555-3.5]") {
    World world(
        {.tune = [](session::SessionConfig& session) { session.force_udp_encapsulation = false; }});
    connected(world);
    world.network().uplink(wwan0).nat.reset();
    lose_wlan0(world);
    check_settles(world);
    const gateway::Said* update = last_heard(world, NotifyType::update_sa_addresses);
    REQUIRE(update != nullptr);
    const auto* source = wire::find_notify(update->payloads, NotifyType::nat_detection_source_ip);
    const auto* target =
        wire::find_notify(update->payloads, NotifyType::nat_detection_destination_ip);
    REQUIRE(source != nullptr);
    REQUIRE(target != nullptr);
    const gateway::IkeSpiPair& spis = world.gateway().ike_sa()->spis;
    CHECK(source->data == gateway::nat_detection(spis, update->addresses.remote));
    CHECK(target->data == gateway::nat_detection(spis, update->addresses.local));
    CHECK(world.last<PathConfirmed>()->nat == session::NatVerdict{});
}

TEST_CASE("a NAT on the new path is noticed, and its absence too [RFC4555-3.8]") {
    World world;
    world.network().uplink(wwan0).nat.reset();
    connected(world);
    CHECK(world.last<session::Connected>()->nat.local);
    lose_wlan0(world);
    check_settles(world);
    CHECK_FALSE(world.last<PathConfirmed>()->nat.local);
    world.network().uplink(wlan0).up = true;
    world.move(wlan0, MoveKind::preferred);
    check_settles(world);
    CHECK(world.last<PathConfirmed>()->nat.local);
}

TEST_CASE("a request in flight goes on over the new addresses before the update [RFC4555-3.5]") {
    World world;
    connected(world);
    lose_everything(world, wlan0);
    world.rekey_child();
    const Bytes rekey = world.sent().back().datagram;
    const std::size_t before = world.sent().size();
    lose_wlan0(world);
    REQUIRE(world.sent().size() == before + 1);
    CHECK(world.sent().back().datagram == rekey);
    CHECK(world.sent().back().path.interface == wwan0);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 0);
    check_settles(world);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 1);
    CHECK(heard(world, NotifyType::rekey_sa) == 1);
    CHECK(world.count<session::ChildSaRekeyed>() == 1);
    check_carries(world);
}

TEST_CASE(
    "COOKIE2 comes back as it was, while our own UPDATE waits for its answer "
    "[RFC4555-3.7]") {
    gateway::Config config = gateway::default_config();
    config.challenge_after_update = true;
    World world({.gateway = config});
    connected(world);
    world.network().uplink(wwan0).quality.jitter = 0ms;
    SUBCASE("after the answer") {}
    SUBCASE("before it: that one is lost") {
        world.gateway().wish(gateway::ChallengeWish{Bytes(64, 0x77)}, world.now());
    }
    lose_wlan0(world);
    check_settles(world);
    CHECK(heard(world, NotifyType::cookie2) >= 1);
    CHECK(world.gateway().client()->esp.remote.address.text() == "203.0.113.1");
    check_carries(world);
}

TEST_CASE("COOKIE2 of every legal size is copied, from 8 to 64 bytes [RFC4555-4.2.5]") {
    World world;
    connected(world);
    for (const std::size_t size : {8U, 9U, 63U, 64U}) {
        world.wish(gateway::ChallengeWish{Bytes(size, 0x42)});
        world.run_for(1s);
    }
    CHECK(heard(world, NotifyType::cookie2) == 4);
    check_clean(world);
}

TEST_CASE("a request of the gateway is answered to where it came from [RFC7296-2.11]") {
    World world;
    connected(world);
    world.move(wwan0, MoveKind::preferred);
    world.run_for(1s);
    world.network().uplink(wlan0).quality.delay = 50ms;
    world.wish(gateway::LivenessWish{});
    world.run_for(15ms);
    REQUIRE(world.sent().back().path.interface == wwan0);
    world.move(wlan0, MoveKind::preferred);
    world.wish(gateway::LivenessWish{});  // to the old address still
    const std::size_t before = world.sent().size();
    world.run_for(15ms);
    REQUIRE(world.sent().size() > before);
    CHECK(world.sent().back().path.interface == wwan0);
    check_settles(world);
}

TEST_CASE("without any path nothing is sent and nobody given up, however long it takes") {
    World world;
    connected(world);
    world.network().uplink(wlan0).up = false;
    world.network().uplink(wwan0).up = false;
    world.rekey_child();
    world.hold();
    const std::size_t before = world.sent().size();
    world.run_for(8h);
    CHECK(world.sent().size() == before);
    CHECK(world.connected());
    world.network().uplink(wwan0).up = true;
    world.move(wwan0, MoveKind::forced);
    check_settles(world, 2min);
    check_carries(world);
}

TEST_CASE("the same path after a hold is told to the gateway again: its NAT has forgotten us") {
    World world;
    world.network().uplink(wlan0).nat->set_timeout(60s);
    connected(world);
    world.network().uplink(wlan0).up = false;
    world.hold();
    world.run_for(1h);
    world.network().uplink(wlan0).up = true;
    world.move(wlan0, MoveKind::forced);
    check_settles(world);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 1);
    check_carries(world);
}

TEST_CASE("a roam from IPv4 behind a NAT to IPv6 without, and back") {
    World world;
    connected(world);
    world.network().uplink(wlan0).up = false;
    world.move(wwan0, MoveKind::forced, Family::ipv6);
    check_settles(world);
    CHECK(world.plane().path()->local.address.is_ipv6());
    check_carries(world);
    world.network().uplink(wlan0).up = true;
    world.move(wlan0, MoveKind::preferred);
    check_settles(world);
    CHECK(world.plane().path()->local.address.is_ipv4());
    check_carries(world);
}

TEST_CASE("a gateway that rekeys the Child SA after each update keeps its client") {
    gateway::Config config = gateway::default_config();
    config.rekey_child_after_update = true;
    World world({.gateway = config});
    connected(world);
    const ChildSpi before = world.plane().sending()->inbound;
    lose_wlan0(world);
    check_settles(world);
    CHECK(world.plane().sending()->inbound != before);
    CHECK(world.count<session::IkeSaRekeyed>() == 0);
    CHECK(heard(world, ExchangeType::ike_auth) == 1);
    check_carries(world);
}

TEST_CASE("a gateway without MOBIKE is left when the path goes, with that reason [RFC4555-3.2]") {
    gateway::Config config = gateway::default_config();
    config.mobike = false;
    World world({.gateway = config});
    connected(world);
    CHECK_FALSE(world.last<session::Connected>()->mobike);
    world.move(wwan0, MoveKind::preferred);
    CHECK(world.connected());
    lose_wlan0(world);
    REQUIRE(world.last<session::Closed>() != nullptr);
    CHECK(world.last<session::Closed>()->failure.reason == session::Reason::gateway_without_mobike);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 0);
}

TEST_CASE("additional addresses of the gateway are taken note of and not sent to [RFC4555-3.4]") {
    gateway::Config config = gateway::default_config();
    config.additional_addresses = {*IpAddress::parse("10.99.0.254"),
                                   *IpAddress::parse("192.0.2.77")};
    World world({.gateway = config});
    connected(world);
    lose_wlan0(world);
    check_settles(world);
    for (const Transmit& transmit : world.sent()) {
        CHECK(transmit.path.remote.address.text() == "192.0.2.1");
    }
}

TEST_CASE(
    "keepalives go out behind a NAT alone, by the path in use, when all is quiet "
    "[RFC3948-4]") {
    World world;
    world.network().uplink(wwan0).nat.reset();
    connected(world);
    const auto keepalives = [&world] {
        std::size_t count = 0;
        for (const Transmit& transmit : world.sent()) {
            count += transmit.purpose == Transmit::Purpose::nat_keepalive ? 1U : 0U;
        }
        return count;
    };
    world.run_for(65s);
    CHECK(keepalives() >= 2);
    CHECK(keepalives() <= 3);
    lose_wlan0(world);
    check_settles(world);
    const std::size_t behind_nat = keepalives();
    world.run_for(5min);
    CHECK(keepalives() == behind_nat);
}

TEST_CASE("what comes in late while there is no path is taken in, and nothing is said") {
    World world;
    connected(world);
    world.rekey_child();
    world.wish(gateway::LivenessWish{});
    world.hold();
    const std::size_t before = world.sent().size();
    world.run_for(1s);
    CHECK(world.sent().size() == before);
    CHECK(world.count<session::ChildSaRekeyed>() == 1);
    world.move(wwan0, MoveKind::forced);
    check_settles(world, 1min);
    check_carries(world);
}

TEST_CASE("a better path wished for while connecting does not end a hold") {
    World world;
    world.start();
    world.run_for(25ms);
    world.move(wwan0, MoveKind::preferred);
    world.hold();
    world.run_for(1s);
    CHECK(world.violations().empty());
    world.move(wwan0, MoveKind::forced);
    CHECK(world.run_until([&world] { return world.connected(); }, 1min));
    check_clean(world);
}

namespace {

/// Connects to a gateway that rekeys the Child SA because of UPDATE_SA_ADDRESSES before it answers
/// that; and on until the two requests would have the same Message ID.
void meet_message_ids(World& world, Duration update_takes) {
    world.gateway().config().rekey_child_after_update = true;
    world.gateway().config().update_takes = update_takes;
    connected(world);
    while (world.gateway().ike_sa()->next_id < world.gateway().ike_sa()->expected_id) {
        world.wish(gateway::LivenessWish{});
        check_settles(world);
    }
}

std::size_t answers_to_rekeys(const World& world) {
    std::size_t count = 0;
    for (const Transmit& transmit : world.sent()) {
        const auto header = wire::Header::decode(transmit.datagram);
        const bool answer =
            header && header->response && header->exchange == ExchangeType::create_child_sa;
        count += answer ? 1U : 0U;
    }
    return count;
}

}  // namespace

TEST_CASE("what strongSwan would take for a repeat of UPDATE_SA_ADDRESSES waits for its answer") {
    World world;
    world.network().uplink(wwan0).quality.delay = 100us;
    meet_message_ids(world, 1ms);
    lose_wlan0(world);
    CHECK(world.run_until([&world] { return world.count<ChildSaSwitched>() == 1; }, 10ms));
    CHECK(answers_to_rekeys(world) == 1);
    check_settles(world);
    check_carries(world);
}

TEST_CASE("an answer waits 20 ms for that to UPDATE_SA_ADDRESSES, no longer") {
    World world;
    meet_message_ids(world, 1s);
    lose_wlan0(world);
    REQUIRE(world.run_until([&world] { return world.count<ChildSaRekeyed>() == 1; }, 100ms));
    world.run_for(19ms);
    CHECK(answers_to_rekeys(world) == 0);
    world.run_for(1ms);
    CHECK(answers_to_rekeys(world) == 1);
    check_settles(world);
    check_carries(world);
}

TEST_CASE("an answer that waits does not leave by a path that is gone") {
    World world;
    meet_message_ids(world, 1s);
    lose_wlan0(world);
    REQUIRE(world.run_until([&world] { return world.count<ChildSaRekeyed>() == 1; }, 100ms));
    world.network().uplink(wwan0).up = false;
    world.network().uplink(wlan0).up = true;
    SUBCASE("another path at once") {
        world.move(wlan0, MoveKind::forced);
    }
    SUBCASE("none for a while") {
        world.hold();
        world.run_for(1s);
        world.move(wlan0, MoveKind::forced);
    }
    check_settles(world);
    check_carries(world);
}

TEST_CASE("an answer that waits leaves by the path in use when that of the request was left") {
    World world;
    world.network().uplink(wwan0).quality.delay = 100us;
    world.network().uplink(wlan0).quality.delay = 100us;
    meet_message_ids(world, 1ms);
    lose_wlan0(world);
    REQUIRE(world.run_until([&world] { return world.count<ChildSaRekeyed>() == 1; }, 10ms));
    world.network().uplink(wlan0).up = true;
    world.move(wlan0, MoveKind::preferred);
    CHECK(world.run_until([&world] { return world.count<ChildSaSwitched>() >= 1; }, 50ms));
    check_settles(world);
    check_carries(world);
}

TEST_CASE("an answer that comes in while the tunnel holds moves nothing") {
    World world;
    connected(world);
    world.move(wwan0, MoveKind::forced);
    const std::size_t switched = world.count<PathSwitched>();
    world.hold();
    world.run_for(5s);
    CHECK(world.count<PathConfirmed>() == 0);
    CHECK(world.count<PathSwitched>() == switched);
    world.move(wwan0, MoveKind::forced);
    check_settles(world);
    CHECK(world.count<PathConfirmed>() == 1);
    check_carries(world);
}

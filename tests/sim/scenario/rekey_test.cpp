// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

#include <algorithm>
#include <set>

using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::ChildSaDown;
using session::ChildSaRekeyed;
using session::ChildSaSwitched;
using session::ChildSaUp;
using session::IkeSaRekeyed;
using wire::ExchangeType;
using wire::NotifyType;

namespace {

/// Packets both ways, one a millisecond, while something happens.
void carry_for(World& world, Duration duration) {
    const Instant until = world.now() + duration;
    while (world.now() < until) {
        world.send_up();
        world.send_down();
        world.run_for(1ms);
    }
}

void check_lost_nothing(const World& world) {
    CHECK(world.up().received == world.up().sent);
    CHECK(world.down().received == world.down().sent);
}

void wish_child_rekey(World& world) {
    world.wish(gateway::RekeyChildWish{world.gateway().sending_child()->inbound});
}

/// Of CREATE_CHILD_SA, in the exchange that the gateway began or in ours.
std::vector<const gateway::Said*> exchange(const World& world, bool of_gateway) {
    std::vector<const gateway::Said*> said;
    for (const gateway::Said& one : world.gateway().transcript()) {
        if (one.header.exchange == ExchangeType::create_child_sa &&
            (one.by_gateway != one.header.response) == of_gateway) {
            said.push_back(&one);
        }
    }
    REQUIRE(said.size() == 2);
    return said;
}

Bytes lowest_nonce(const World& world, bool of_gateway) {
    const auto said = exchange(world, of_gateway);
    const auto nonce = [&said](std::size_t at) {
        return wire::find<wire::NoncePayload>(said.at(at)->payloads)->data;
    };
    return std::min(nonce(0), nonce(1));
}

/// Our inbound SPI of the Child SA that this exchange makes.
ChildSpi offered_spi(const World& world, bool of_gateway) {
    for (const gateway::Said* said : exchange(world, of_gateway)) {
        if (!said->by_gateway) {
            const auto* sa = wire::find<wire::SaPayload>(said->payloads);
            return {Reader(sa->proposals.front().spi).u32()};
        }
    }
    return {};
}

}  // namespace

TEST_CASE("a Child SA rekeyed by us loses no packet and leaves nothing behind [RFC7296-2.8]") {
    World world;
    connected(world);
    world.rekey_child();
    carry_for(world, 200ms);
    check_settles(world);
    check_lost_nothing(world);
    CHECK(world.count<ChildSaRekeyed>() == 1);
    CHECK(world.count<ChildSaSwitched>() == 1);
    CHECK(world.count<ChildSaDown>() == 1);
    CHECK(heard(world, NotifyType::rekey_sa) == 1);
}

TEST_CASE(
    "a Child SA rekeyed by the gateway loses no packet and leaves nothing behind "
    "[RFC7296-2.8]") {
    World world;
    connected(world);
    wish_child_rekey(world);
    carry_for(world, 200ms);
    check_settles(world);
    check_lost_nothing(world);
    CHECK(world.count<ChildSaRekeyed>() == 1);
    CHECK(world.count<ChildSaSwitched>() == 1);
    CHECK(world.count<ChildSaDown>() == 1);
}

TEST_CASE("we send by a Child SA of the gateway's making only when it does [RFC7296-2.8]") {
    World world;
    connected(world);
    world.network().uplink(wlan0).quality.delay = 50ms;
    wish_child_rekey(world);
    REQUIRE(world.run_until([&world] { return world.count<ChildSaRekeyed>() == 1; }, 1s));
    CHECK(world.count<ChildSaSwitched>() == 0);
    CHECK(world.plane().installed().size() == 2);
    check_settles(world);
    CHECK(world.count<ChildSaSwitched>() == 1);
}

TEST_CASE(
    "with PFS a Child SA's rekey makes a key exchange of its own, by either side "
    "[RFC7296-1.3.1]") {
    gateway::Config config = gateway::default_config();
    config.pfs = crypto::GroupId::curve25519;
    World world({.gateway = config});
    connected(world);
    world.rekey_child();
    check_settles(world);
    wish_child_rekey(world);
    check_settles(world);
    CHECK(world.count<ChildSaRekeyed>() == 2);
    std::size_t exchanges = 0;
    for (const gateway::Said& said : world.gateway().transcript()) {
        const bool create = said.header.exchange == ExchangeType::create_child_sa;
        exchanges += create && wire::find<wire::KePayload>(said.payloads) != nullptr ? 1U : 0U;
    }
    CHECK(exchanges == 4);
    check_carries(world);
}

TEST_CASE("both rekey the Child SA at once: the one with the lowest nonce goes [RFC7296-2.8.1]") {
    std::size_t ours = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        World world({.seed = seed});
        connected(world);
        wish_child_rekey(world);
        world.rekey_child();
        carry_for(world, 200ms);
        check_settles(world);
        check_lost_nothing(world);
        REQUIRE(world.plane().installed().size() == 1);
        CHECK(world.count<ChildSaRekeyed>() == 2);
        const bool by_us = lowest_nonce(world, false) > lowest_nonce(world, true);
        CHECK(world.plane().sending()->inbound == offered_spi(world, !by_us));
        ours += by_us ? 1U : 0U;
    }
    CHECK(ours > 0);
    CHECK(ours < 20);
}

TEST_CASE("both rekey the Child SA and one message is lost: one is left [RFC7296-2.8.1]") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        World world({.seed = seed});
        connected(world);
        world.network().uplink(wlan0).quality.loss = 0.3;
        wish_child_rekey(world);
        world.rekey_child();
        world.run_for(5s);
        world.network().uplink(wlan0).quality.loss = 0;
        check_settles(world, 2min);
        CHECK(world.plane().installed().size() == 1);
    }
}

TEST_CASE("the IKE SA rekeyed by us takes the Child SA along [RFC7296-2.8]") {
    World world;
    connected(world);
    const auto before = world.gateway().ike_sa()->spis;
    const ChildSpi child = world.plane().sending()->inbound;
    world.rekey_ike();
    carry_for(world, 200ms);
    check_settles(world);
    check_lost_nothing(world);
    CHECK(world.count<IkeSaRekeyed>() == 1);
    CHECK(world.gateway().ike_sa()->spis.initiator != before.initiator);
    CHECK_FALSE(world.gateway().ike_sa()->original_initiator);
    CHECK(world.plane().sending()->inbound == child);
    CHECK(world.count<ChildSaDown>() == 0);
}

TEST_CASE("on an IKE SA that the gateway rekeyed it is the original initiator [RFC7296-2.18]") {
    World world;
    connected(world);
    world.wish(gateway::RekeyIkeWish{});
    check_settles(world);
    CHECK(world.count<IkeSaRekeyed>() == 1);
    CHECK(world.gateway().ike_sa()->original_initiator);
    // And all goes on by it: liveness both ways, rekeys, a roam.
    world.wish(gateway::LivenessWish{});
    world.rekey_child();
    check_settles(world);
    world.network().uplink(wlan0).up = false;
    world.move(wwan0, session::MoveKind::forced);
    check_settles(world);
    world.rekey_ike();
    check_settles(world);
    CHECK(world.count<IkeSaRekeyed>() == 2);
    CHECK_FALSE(world.gateway().ike_sa()->original_initiator);
    check_carries(world);
}

TEST_CASE("both rekey the IKE SA at once: one new one is left, whoever wins [RFC7296-2.8.2]") {
    std::size_t by_gateway = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        World world({.seed = seed});
        connected(world);
        world.wish(gateway::RekeyIkeWish{});
        world.rekey_ike();
        check_settles(world, 2min);
        by_gateway += world.gateway().ike_sa()->original_initiator ? 1U : 0U;
        CHECK(world.count<IkeSaRekeyed>() == 1);
        check_carries(world);
    }
    CHECK(by_gateway > 0);
    CHECK(by_gateway < 20);
}

TEST_CASE(
    "both rekey the IKE SA, messages are lost and the path changes: one is left "
    "[RFC7296-2.8.2]") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        World world({.seed = seed});
        connected(world);
        world.network().uplink(wlan0).quality.loss = 0.4;
        world.wish(gateway::RekeyIkeWish{});
        world.rekey_ike();
        world.run_for(ike::Duration(world.dice().below(60) * 1ms));
        world.network().uplink(wlan0).up = false;
        world.move(wwan0, session::MoveKind::forced);
        check_settles(world, 5min);
        check_carries(world);
    }
}

TEST_CASE(
    "an IKE rekey of the gateway's whose answer is lost in a roam is finished by the new "
    "path [RFC4555-3.5]") {
    World world;
    connected(world);
    world.wish(gateway::RekeyIkeWish{});
    world.run_for(12ms);  // the request is here, our answer on its way
    REQUIRE(world.sent().size() == 3);
    world.network().uplink(wlan0).carries = false;
    world.network().uplink(wlan0).up = false;
    world.move(wwan0, session::MoveKind::forced);
    check_settles(world, 1min);
    CHECK(world.count<IkeSaRekeyed>() == 1);
    check_carries(world);
}

TEST_CASE("closing while it is unknown which IKE SA the gateway has tells it on both") {
    World world;
    connected(world);
    world.wish(gateway::RekeyIkeWish{});
    world.run_for(5ms);  // the request is on its way here; our answer will not be on its way back
    world.network().uplink(wlan0).carries = false;
    world.network().uplink(wwan0).carries = false;
    world.run_for(10ms);
    world.move(wwan0, session::MoveKind::forced);
    world.run_for(4s);  // the UPDATE by the old one is unanswered, the new one is asked as well
    world.close();
    world.network().uplink(wwan0).carries = true;
    CHECK(world.run_until([&world] { return world.count<session::Closed>() == 1; }, 5s));
    CHECK(world.gateway().client() == nullptr);
    check_clean(world);
}

TEST_CASE(
    "while a Child SA is rekeyed the IKE SA is not: TEMPORARY_FAILURE, and later "
    "[RFC7296-2.25.1]") {
    World world;
    connected(world);
    world.rekey_child();
    world.wish(gateway::RekeyIkeWish{});
    CHECK(world.run_until(
        [&world] { return world.count<IkeSaRekeyed>() == 1 && world.count<ChildSaRekeyed>() == 1; },
        2min));
    CHECK(heard(world, NotifyType::temporary_failure) >= 1);
    check_settles(world);
}

TEST_CASE("a gateway that says TEMPORARY_FAILURE is asked again, not at once [RFC7296-2.25]") {
    World world;
    connected(world);
    world.gateway().config().refuse.rekey = NotifyType::temporary_failure;
    world.rekey_child();
    world.run_for(20s);
    const std::size_t asked = heard(world, NotifyType::rekey_sa);
    CHECK(asked >= 3);
    CHECK(asked <= 20);
    CHECK(world.connected());
    world.gateway().config().refuse.rekey.reset();
    check_settles(world);
    CHECK(world.run_until([&world] { return world.count<ChildSaRekeyed>() == 1; }, 20s));
    check_settles(world);
}

TEST_CASE("what we do not have is CHILD_SA_NOT_FOUND, with its SPI [RFC7296-2.25]") {
    World world;
    connected(world);
    const gateway::Child* child = world.gateway().sending_child();
    const gateway::Payloads request{
        wire::child_sa_notify(NotifyType::rekey_sa, ChildSpi{0x01020304}),
        gateway::offer_esp(child->terms, {1, 2, 3, 4}), wire::NoncePayload{Bytes(32, 1)},
        wire::TsiPayload{child->own_selectors}, wire::TsrPayload{child->peer_selectors}};
    world.gateway().config().tamper = [&request](const wire::Header& header,
                                                 gateway::Payloads& payloads) {
        if (!header.response) {
            payloads = request;
        }
    };
    wish_child_rekey(world);
    world.run_for(100ms);
    const gateway::Said* refusal = last_heard(world, NotifyType::child_sa_not_found);
    REQUIRE(refusal != nullptr);
    const auto* notify = wire::find_notify(refusal->payloads, NotifyType::child_sa_not_found);
    CHECK(wire::child_spi(*notify) == ChildSpi{0x01020304});
    CHECK(world.connected());
}

TEST_CASE("when the gateway knows nothing of our Child SA another is made [RFC7296-2.25]") {
    World world;
    connected(world);
    world.gateway().config().tamper = [](const wire::Header& header, gateway::Payloads& payloads) {
        if (header.response && header.exchange == ExchangeType::create_child_sa &&
            header.message_id == MessageId{2}) {
            payloads = {gateway::notify(NotifyType::child_sa_not_found)};
        }
    };
    world.rekey_child();
    world.run_for(5s);
    CHECK(world.connected());
    CHECK(world.count<ChildSaUp>() == 2);
    CHECK(world.plane().sending() != nullptr);
}

TEST_CASE("a gateway that deletes the Child SA gets a new one asked for [RFC7296-1.4.1]") {
    World world;
    connected(world);
    world.wish(gateway::DeleteChildWish{world.gateway().sending_child()->inbound});
    world.run_for(5s);
    CHECK(world.count<ChildSaDown>() == 1);
    CHECK(world.count<ChildSaUp>() == 2);
    check_settles(world);
    check_carries(world);
}

TEST_CASE("a session older than a day lives, and has rekeyed everything on the way") {
    World world({.tune = [](session::SessionConfig& session) {
        session.child_lifetime = 1h;
        session.ike_lifetime = 4h;
    }});
    connected(world);
    world.run_for(26h);
    CHECK(world.connected());
    CHECK(world.count<ChildSaRekeyed>() >= 26);
    CHECK(world.count<IkeSaRekeyed>() >= 6);
    check_settles(world);
    check_carries(world);
}

TEST_CASE("no sequence number of any SPI leaves twice across roams and rekeys [RFC4303-2.2]") {
    World world;
    connected(world);
    for (int round = 0; round < 20; ++round) {
        carry_for(world, 10ms);
        world.move(round % 2 == 0 ? wwan0 : wlan0,
                   round % 3 == 0 ? session::MoveKind::preferred : session::MoveKind::forced);
        carry_for(world, 30ms);
        round % 2 == 0 ? world.rekey_child() : wish_child_rekey(world);
    }
    check_settles(world);
    std::set<std::pair<ChildSpi, std::uint64_t>> left;
    std::set<ChildSpi> spis;
    for (const EspTag& packet : world.esp_sent()) {
        CHECK(packet.sequence > 0);
        CHECK(left.emplace(packet.spi, packet.sequence).second);
        spis.insert(packet.spi);
    }
    CHECK(left.size() == world.up().sent);
    CHECK(spis.size() >= 10);
}

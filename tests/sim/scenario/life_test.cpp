// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::Closed;
using session::GatewaySilent;
using session::Reason;
using wire::ExchangeType;
using wire::NotifyType;

TEST_CASE("a gateway that says nothing is asked whether it lives [RFC7296-2.4]") {
    World world;
    connected(world);
    world.run_for(31s);
    CHECK(heard(world, ExchangeType::informational) == 1);
    world.run_for(5min);
    CHECK(heard(world, ExchangeType::informational) <= 12);
    check_clean(world);
}

TEST_CASE("data that comes in is proof enough: nothing is asked [RFC7296-2.4]") {
    World world;
    connected(world);
    for (int second = 0; second < 300; ++second) {
        world.send_down();
        world.run_for(1s);
    }
    CHECK(heard(world, ExchangeType::informational) == 0);
}

TEST_CASE("the gateway's own question whether we live is answered [RFC7296-2.4]") {
    World world;
    connected(world);
    world.wish(gateway::LivenessWish{});
    world.run_for(100ms);
    CHECK(world.gateway().idle());
    check_clean(world);
}

TEST_CASE(
    "a gateway that is gone is noticed, tried for about a minute, and given up "
    "[RFC7296-2.4]") {
    World world;
    connected(world);
    lose_everything(world, wlan0);
    const Instant gone = world.now();
    REQUIRE(world.run_until([&world] { return world.count<GatewaySilent>() == 1; }, 1min));
    CHECK(world.last<GatewaySilent>()->silent);
    REQUIRE(world.run_until([&world] { return world.count<Closed>() == 1; }, 5min));
    CHECK(world.last<Closed>()->failure.reason == Reason::gateway_unreachable);
    CHECK(world.now() - gone > 60s);
    CHECK(world.now() - gone < 3min);
    const std::size_t sent = world.sent().size();
    world.run_for(10min);
    CHECK(world.sent().size() == sent);
}

TEST_CASE("retransmissions are the same bytes at growing distances [RFC7296-2.1]") {
    World world({.tune = [](session::SessionConfig& session) {
        session.retransmission = {
            .first = 1s, .factor = 2, .longest = 10s, .jitter = 0, .tries = 6};
        session.nat_keepalive = Duration::zero();
    }});
    connected(world);
    lose_everything(world, wlan0);
    const std::size_t before = world.sent().size();
    const Instant begun = world.now();
    world.rekey_child();
    std::vector<Duration> when;
    while (world.count<Closed>() == 0) {
        const std::size_t sent = world.sent().size();
        world.step(1h);
        if (world.sent().size() > sent) {
            when.push_back(world.now() - begun);
        }
    }
    CHECK(when == std::vector<Duration>{1s, 3s, 7s, 15s, 25s});
    for (std::size_t at = before; at < world.sent().size(); ++at) {
        CHECK(world.sent().at(at).datagram == world.sent().at(before).datagram);
    }
    check_clean(world);
}

TEST_CASE("a gateway that answers again is said to, and all goes on") {
    World world;
    connected(world);
    lose_everything(world, wlan0);
    REQUIRE(world.run_until([&world] { return world.count<GatewaySilent>() == 1; }, 1min));
    lose_everything(world, wlan0, false);
    REQUIRE(world.run_until([&world] { return world.count<GatewaySilent>() == 2; }, 1min));
    CHECK_FALSE(world.last<GatewaySilent>()->silent);
    check_carries(world);
}

TEST_CASE("closing tells the gateway and waits for its answer, no more [RFC7296-1.4.1]") {
    World world;
    connected(world);
    const Instant begun = world.now();
    world.close();
    REQUIRE(world.run_until([&world] { return world.count<Closed>() == 1; }, 5s));
    CHECK(world.now() - begun == 20ms);
    CHECK(world.last<Closed>()->failure.reason == Reason::closed_by_us);
    CHECK(world.gateway().client() == nullptr);
    check_clean(world);
}

TEST_CASE("closing does not wait long for a gateway that is gone") {
    World world;
    connected(world);
    lose_everything(world, wlan0);
    const Instant begun = world.now();
    world.close();
    REQUIRE(world.run_until([&world] { return world.count<Closed>() == 1; }, 1min));
    CHECK(world.now() - begun <= 5s);
}

TEST_CASE("closing before there is an IKE SA, or twice, ends it once") {
    World world;
    world.start();
    world.close();
    world.close();
    CHECK(world.count<Closed>() == 1);
    world.run_for(1min);
    CHECK(world.count<Closed>() == 1);
    CHECK(world.violations().empty());
}

TEST_CASE("a gateway that deletes the IKE SA is answered, and that is the end [RFC7296-1.4.1]") {
    World world;
    connected(world);
    world.wish(gateway::DeleteIkeWish{});
    REQUIRE(world.run_until([&world] { return world.count<Closed>() == 1; }, 5s));
    CHECK(world.last<Closed>()->failure.reason == Reason::closed_by_gateway);
    world.run_for(100ms);
    CHECK(world.gateway().client() == nullptr);
    CHECK(world.gateway().idle());
    check_clean(world);
}

TEST_CASE("both delete the IKE SA at once: both are content [RFC7296-2.25.2]") {
    World world;
    connected(world);
    world.wish(gateway::DeleteIkeWish{});
    world.close();
    REQUIRE(world.run_until([&world] { return world.count<Closed>() == 1; }, 5s));
    CHECK(world.last<Closed>()->failure.reason == Reason::closed_by_us);
    world.run_for(1s);
    CHECK(world.gateway().client() == nullptr);
    check_clean(world);
}

TEST_CASE("a notify of status that nobody knows is let pass, in any message [RFC7296-3.10.1]") {
    gateway::Config config = gateway::default_config();
    config.tamper = [](const wire::Header&, gateway::Payloads& payloads) {
        payloads.push_back(gateway::notify(static_cast<NotifyType>(40999), {1, 2, 3}));
        payloads.push_back(wire::VendorIdPayload{{9, 9, 9}});
    };
    World world({.gateway = config});
    connected(world);
    world.rekey_child();
    check_settles(world);
    world.wish(gateway::RekeyIkeWish{});
    check_settles(world);
    world.move(wwan0, session::MoveKind::preferred);
    check_settles(world);
    check_carries(world);
}

/// A gateway that wants to have us authenticated again after so many seconds.
gateway::Config with_auth_lifetime(std::uint32_t seconds) {
    gateway::Config config = gateway::default_config();
    config.tamper = [seconds](const wire::Header& header, gateway::Payloads& payloads) {
        if (header.exchange == ExchangeType::ike_auth) {
            payloads.push_back(
                gateway::notify(NotifyType::auth_lifetime, Writer().u32(seconds).release()));
        }
    };
    return config;
}

TEST_CASE("AUTH_LIFETIME ends a session in time, and says so [RFC4478-3]") {
    World world({.gateway = with_auth_lifetime(600)});
    connected(world);
    world.run_for(530s);
    CHECK(world.count<session::ReauthenticationDue>() == 0);
    world.run_for(15s);
    CHECK(world.count<session::ReauthenticationDue>() == 1);
    CHECK(world.connected());  // somebody makes another one, or
    world.run_for(55s);
    CHECK(world.count<session::ReauthenticationDue>() == 1);
    REQUIRE(world.count<Closed>() == 1);
    CHECK(world.last<Closed>()->failure.reason == Reason::reauthentication_due);
    CHECK(world.gateway().client() == nullptr);
}

TEST_CASE(
    "when AUTH_LIFETIME is about to end two seconds are left to make another IKE SA at least") {
    World world({.gateway = with_auth_lifetime(6)});
    connected(world);
    REQUIRE(world.run_until([&world] { return world.count<session::ReauthenticationDue>() == 1; },
                            10s));
    world.run_for(1900ms);
    CHECK(world.connected());
    world.run_for(4s);
    CHECK(world.last<Closed>()->failure.reason == Reason::reauthentication_due);
}

TEST_CASE(
    "an AUTH_LIFETIME of nothing asks for no other IKE SA in the first five seconds [RFC4478-5]") {
    for (const std::uint32_t seconds : {0U, 1U, 2U, 5U}) {
        CAPTURE(seconds);
        World world({.gateway = with_auth_lifetime(seconds)});
        connected(world);
        const Instant begun = world.now();
        REQUIRE(world.run_until(
            [&world] { return world.count<session::ReauthenticationDue>() == 1; }, 10s));
        CHECK(world.now() - begun == 5s);
        world.run_for(1900ms);
        CHECK(world.connected());
        world.run_for(1s);
        REQUIRE(world.count<Closed>() == 1);
        CHECK(world.last<Closed>()->failure.reason == Reason::reauthentication_due);
    }
}

TEST_CASE(
    "AUTH_LIFETIME 0 in a session that has lived asks for another IKE SA at once [RFC4478-2]") {
    World world;
    connected(world);
    world.run_for(1h);
    const gateway::NotifyWish now{
        {gateway::notify(NotifyType::auth_lifetime, Writer().u32(0).release())}};
    world.wish(now);
    world.run_for(20ms);
    CHECK(world.count<session::ReauthenticationDue>() == 1);
    CHECK(world.connected());
}

TEST_CASE("the last sign of life is the last authentic answer, request or packet [RFC7296-2.4]") {
    World world({.tune = [](session::SessionConfig& session) {
        session.liveness = Duration::zero();
        session.nat_keepalive = Duration::zero();
    }});
    connected(world);
    const Instant begun = world.now();
    CHECK(world.session().last_heard() == begun);
    world.run_for(100s);
    CHECK(world.session().last_heard() == begun);
    world.send_down();
    world.run_for(1s);
    CHECK(world.session().last_heard() == begun + 100s + 10ms);
    world.wish(gateway::LivenessWish{});
    world.run_for(1s);
    CHECK(world.session().last_heard() == begun + 101s + 10ms);
    world.rekey_child();
    world.run_for(1s);
    CHECK(world.session().last_heard() > begun + 102s);
}

TEST_CASE("no move and no hold makes the last sign of life younger than it is") {
    for (const Duration liveness : {Duration::zero(), Duration(30s)}) {
        World world(
            {.tune = [liveness](session::SessionConfig& session) { session.liveness = liveness; }});
        connected(world);
        const Instant heard_at = world.session().last_heard();
        world.run_for(1s);
        lose_everything(world, wwan0);
        world.hold();
        world.run_for(5min);
        world.move(wwan0, session::MoveKind::forced);
        world.run_for(1s);
        CHECK(world.session().last_heard() == heard_at);
        lose_everything(world, wwan0, false);
        check_settles(world);
        CHECK(world.session().last_heard() > heard_at + 5min);
    }
}

TEST_CASE(
    "what comes by the path that was left makes the last sign of life no younger [RFC4555-3.12]") {
    World world;
    connected(world);
    const Path old_path = *world.plane().path();
    world.move(wwan0, session::MoveKind::forced);
    check_settles(world);
    const Instant heard_at = world.session().last_heard();
    world.run_for(2s);
    world.session().note_inbound_traffic(world.now(), old_path);
    CHECK(world.session().last_heard() == heard_at);
    world.session().note_inbound_traffic(world.now(), *world.plane().path());
    CHECK(world.session().last_heard() == world.now());
}

TEST_CASE("an AUTH_LIFETIME of decades is no reason to connect anew") {
    for (const std::uint32_t seconds : {0x1e000000U, 0x40000000U, 0x7fffffffU, 0xffffffffU}) {
        World world({.gateway = with_auth_lifetime(seconds)});
        connected(world);
        world.run_for(600s);
        CHECK(world.count<session::ReauthenticationDue>() == 0);
        CHECK(world.connected());
    }
}

TEST_CASE(
    "closing hurries what is still unanswered, for the Delete waits behind it "
    "[RFC7296-2.3]") {
    World world;
    connected(world);
    lose_everything(world, wlan0);
    world.rekey_child();
    world.run_for(7s);  // by now it is repeated every few seconds only
    lose_everything(world, wlan0, false);
    world.close();
    REQUIRE(world.run_until([&world] { return world.count<Closed>() == 1; }, 5s));
    world.run_for(1s);
    CHECK(world.gateway().client() == nullptr);
}

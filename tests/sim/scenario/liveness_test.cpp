// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/authentic.hpp"

// Signs of life, and what they say about a NAT: RFC 4555 3.8 and 3.12.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::MoveKind;
using session::PathConfirmed;
using wire::ExchangeType;
using wire::NotifyType;

namespace {

/// Connected behind a NAT whose mapping is known, after a minute of quiet.
World& settled(World& world) {
    connected(world);
    world.run_for(65s);
    REQUIRE(heard(world, NotifyType::update_sa_addresses) == 1);
    return world;
}

const gateway::Said& last_request(const World& world) {
    const gateway::Said* last = nullptr;
    for (const gateway::Said& said : world.gateway().transcript()) {
        last = !said.by_gateway && !said.header.response ? &said : last;
    }
    REQUIRE(last != nullptr);
    return *last;
}

}  // namespace

TEST_CASE("behind a NAT the first question for life is the update itself [RFC4555-3.8]") {
    World world;
    connected(world);
    world.run_for(31s);
    CHECK(heard(world, ExchangeType::informational) == 1);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 1);
    check_settles(world);
}

TEST_CASE("behind a NAT questions for life carry NAT detection [RFC4555-3.8]") {
    World world;
    settled(world);
    const gateway::Said& question = last_request(world);
    CHECK(wire::find_notify(question.payloads, NotifyType::nat_detection_source_ip) != nullptr);
    CHECK(wire::find_notify(question.payloads, NotifyType::nat_detection_destination_ip) !=
          nullptr);
    CHECK(wire::find_notify(question.payloads, NotifyType::update_sa_addresses) == nullptr);
    world.run_for(10min);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 1);  // nothing has changed
    check_clean(world);
}

TEST_CASE("without a NAT before us questions for life are empty [RFC4555-3.8]") {
    World world;
    world.network().uplink(wlan0).nat.reset();
    connected(world);
    world.run_for(2min);
    CHECK(last_request(world).payloads.empty());
    CHECK(heard(world, NotifyType::update_sa_addresses) == 0);
}

TEST_CASE("a NAT that has forgotten us is noticed and the gateway told [RFC4555-3.8]") {
    World world;
    settled(world);
    world.network().uplink(wlan0).nat->rebind();
    world.send_down();
    const std::uint64_t lost = world.down().received;
    world.run_for(1s);
    CHECK(world.down().received == lost);
    world.run_for(31s);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 2);
    check_settles(world);
    check_carries(world);
    world.run_for(5min);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 2);
}

TEST_CASE("a mapping that changes while data goes out is found by the doubt [RFC4555-3.8]") {
    World world;
    connected(world);
    world.network().uplink(wlan0).nat->rebind();
    SUBCASE("its mapping was not known yet") {}
    SUBCASE("it was") {
        world.run_for(65s);
        world.network().uplink(wlan0).nat->rebind();
    }
    world.session().doubt_path(world.now());
    check_settles(world, 1s);
    check_carries(world);
}

TEST_CASE("a gateway that is busy for ever, for the NAT has forgotten us, is told [RFC4555-3.8]") {
    World world;
    settled(world);
    world.network().uplink(wlan0).nat->rebind();
    world.wish(gateway::RekeyIkeWish{});  // it never arrives
    world.rekey_ike();
    REQUIRE(world.run_until([&world] { return world.count<session::IkeSaRekeyed>() > 0; }, 40s));
    check_settles(world, 2min);
    CHECK(heard(world, NotifyType::update_sa_addresses) >= 2);
}

TEST_CASE("a rekey of the IKE SA changes the hashes: told once more, no more [RFC4555-3.8]") {
    World world;
    settled(world);
    world.rekey_ike();
    check_settles(world);
    world.run_for(5min);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 2);
}

TEST_CASE("a gateway that does not detect NATs in updates is not asked for it [RFC4555-3.8]") {
    World world;
    connected(world);
    world.gateway().config().tamper = [](const wire::Header&, gateway::Payloads& payloads) {
        std::erase_if(payloads, [](const wire::Payload& payload) {
            const auto* notify = std::get_if<wire::NotifyPayload>(&payload);
            return notify != nullptr && (notify->type == NotifyType::nat_detection_source_ip ||
                                         notify->type == NotifyType::nat_detection_destination_ip);
        });
    };
    world.run_for(5min);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 1);
    CHECK(last_request(world).payloads.empty());
}

TEST_CASE("what comes by the path that was left is no sign of life [RFC4555-3.12]") {
    World world;
    world.network().uplink(wwan0).nat.reset();
    connected(world);
    world.move(wwan0, MoveKind::forced);
    check_settles(world);
    const std::size_t before = heard(world, ExchangeType::informational);
    const gateway::Child* child = world.gateway().sending_child();
    std::uint64_t sequence = 1'000'000;
    const auto old_path = world.network().uplink(wlan0).nat->outward(
        {world.network().uplink(wlan0).addresses.front(), nat_t_port}, world.now());
    for (int second = 0; second < 31; ++second) {
        const EspTag tag{child->outbound, ++sequence, fingerprint(child->key_out, {}), 1};
        world.network().send_down({.from = {*IpAddress::parse("192.0.2.1"), nat_t_port},
                                   .to = old_path,
                                   .cargo = Cargo::esp,
                                   .payload = tag.encode()},
                                  world.now());
        world.run_for(1s);
    }
    CHECK(world.down().received == 31);
    CHECK(heard(world, ExchangeType::informational) == before + 1);
    check_settles(world);
}

TEST_CASE("a request of the gateway by the path that was left is none either [RFC4555-3.12]") {
    World world;
    connected(world);
    const Path old_path = *world.plane().path();
    world.move(wwan0, MoveKind::forced);
    check_settles(world);
    const Instant heard_at = world.session().last_heard();
    world.run_for(10s);
    const std::size_t sent = world.sent().size();
    world.inject(from_gateway(world, ExchangeType::informational, 0, gateway::Payloads{}),
                 old_path);
    CHECK(world.sent().size() == sent + 1);  // it is answered all the same
    CHECK(world.session().last_heard() == heard_at);
    world.inject(from_gateway(world, ExchangeType::informational, 1, gateway::Payloads{}),
                 *world.plane().path());
    CHECK(world.session().last_heard() == world.now());
}

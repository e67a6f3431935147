// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

// The counters of RFC 4555: each authentic message once.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::MobikeCounters;
using session::MoveKind;
using wire::NotifyType;

namespace {

const MobikeCounters& counters(World& world) {
    return world.session().counters();
}

}  // namespace

TEST_CASE("MOBIKE_SUPPORTED is counted as sent and as received [RFC4555-4.2.1]") {
    World world;
    connected(world);
    MobikeCounters expected;
    expected.mobike_supported_sent = expected.mobike_supported_received = 1;
    CHECK(counters(world) == expected);
}

TEST_CASE("a client without MOBIKE neither offers it nor takes it [RFC4555-3.1]") {
    gateway::Config config = gateway::default_config();
    config.tamper = [](const wire::Header& header, gateway::Payloads& payloads) {
        if (header.exchange == wire::ExchangeType::ike_auth) {
            payloads.push_back(gateway::notify(NotifyType::mobike_supported));
        }
    };
    World world({.gateway = config,
                 .tune = [](session::SessionConfig& session) { session.mobike = false; }});
    connected(world);
    CHECK(heard(world, NotifyType::mobike_supported) == 0);
    CHECK_FALSE(world.last<session::Connected>()->mobike);
    MobikeCounters expected;
    expected.mobike_supported_received = expected.mobike_supported_ignored = 1;
    CHECK(counters(world) == expected);
}

TEST_CASE("MOBIKE_SUPPORTED out of its place is counted as ignored [RFC4555-4.2.1]") {
    World world;
    connected(world);
    world.wish(gateway::NotifyWish{{gateway::notify(NotifyType::mobike_supported)}});
    check_settles(world);
    CHECK(counters(world).mobike_supported_received == 2);
    CHECK(counters(world).mobike_supported_ignored == 1);
}

TEST_CASE("a message that is lost, repeated or doubled is counted once") {
    World world;
    world.network().uplink(wwan0).quality.duplication = 1;
    connected(world);
    world.move(wwan0, MoveKind::forced);
    lose_everything(world, wwan0);
    world.run_for(2s);
    lose_everything(world, wwan0, false);
    check_settles(world);
    world.wish(gateway::ChallengeWish{Bytes(16, 0x42)});
    lose_everything(world, wwan0);
    world.run_for(1s);
    lose_everything(world, wwan0, false);
    check_settles(world);
    CHECK(counters(world).update_sa_addresses_sent == 1);
    CHECK(counters(world).cookie2_received == 1);
    CHECK(counters(world).cookie2_sent == 1);
}

TEST_CASE("each notify of the gateway is counted, also the one that nobody expects") {
    World world;
    connected(world);
    const IpAddress ipv6 = *IpAddress::parse("2001:db8:ffff::2");
    world.wish(gateway::NotifyWish{{wire::additional_address(*IpAddress::parse("192.0.2.2")),
                                    wire::additional_address(*IpAddress::parse("192.0.2.3")),
                                    wire::additional_address(ipv6)}});
    world.wish(gateway::NotifyWish{{gateway::notify(NotifyType::no_additional_addresses)}});
    world.wish(gateway::NotifyWish{{gateway::notify(NotifyType::update_sa_addresses)}});
    world.gateway().config().refuse.update = NotifyType::unacceptable_addresses;
    world.move(wwan0, MoveKind::preferred);
    world.run_for(1s);
    CHECK(counters(world).additional_ip4_address_received == 2);
    CHECK(counters(world).additional_ip6_address_received == 1);
    CHECK(counters(world).no_additional_addresses_received == 1);
    CHECK(counters(world).update_sa_addresses_received == 1);
    CHECK(counters(world).unacceptable_addresses_received == 2);
    CHECK(counters(world).update_sa_addresses_sent == 2);
}

TEST_CASE("counters are kept when the IKE SA is rekeyed, by either side") {
    World world;
    connected(world);
    world.move(wwan0, MoveKind::forced);
    check_settles(world);
    SUBCASE("by us") {
        world.rekey_ike();
    }
    SUBCASE("by the gateway") {
        world.wish(gateway::RekeyIkeWish{});
    }
    check_settles(world);
    CHECK(world.count<session::IkeSaRekeyed>() == 1);
    CHECK(counters(world).mobike_supported_sent == 1);
    CHECK(counters(world).update_sa_addresses_sent == 1);
}

TEST_CASE("nothing that is not authentic is counted") {
    World world;
    connected(world);
    world.wish(gateway::ChallengeWish{Bytes(16, 0x42)});
    check_settles(world);
    const MobikeCounters before = counters(world);
    Bytes forged = world.received().back().bytes;
    forged.back() ^= 1U;
    world.inject_down(forged, true);
    world.inject_down(world.received().back().bytes, false);  // a repeat: answered, not counted
    CHECK(counters(world) == before);
}

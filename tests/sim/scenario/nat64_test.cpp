// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

#include <algorithm>

// Between a network with IPv4 and one that has IPv6 alone, and a NAT64 to the gateway.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::AddressPair;
using session::MoveKind;
using session::PathConfirmed;
using wire::NotifyType;

namespace {

const IpAddress gateway_ipv4 = *IpAddress::parse("192.0.2.1");
const IpAddress behind_nat64 = *IpAddress::parse("64:ff9b::192.0.2.1");
const IpAddress cellular_ipv6 = *IpAddress::parse("2001:db8:2::2");
const AddressPair by_nat64{wwan0, cellular_ipv6, behind_nat64};

/// wlan0 has IPv4 alone, wwan0 IPv6 alone; what is asked for may be in bare ESP.
World& with_nat64(World& world) {
    Uplink& cellular = world.network().uplink(wwan0);
    cellular.addresses = {cellular_ipv6};
    cellular.nat.reset();
    cellular.nat64.emplace(*Prefix::parse("64:ff9b::/96"), *IpAddress::parse("203.0.113.64"));
    world.network().uplink(wlan0).addresses.pop_back();
    return world;
}

WorldConfig bare_esp_if_possible() {
    return {
        .tune = [](session::SessionConfig& session) { session.force_udp_encapsulation = false; }};
}

void lose_wlan0(World& world) {
    world.network().uplink(wlan0).up = false;
    world.move(by_nat64, MoveKind::forced);
}

bool sent_by_wlan0_to_nat64(const World& world) {
    return std::ranges::any_of(world.sent(), [](const session::Transmit& sent) {
        return sent.path.interface == wlan0 && sent.path.remote.address == behind_nat64;
    });
}

}  // namespace

TEST_CASE("from Wi-Fi to IPv6-only cellular through its NAT64: one update, ESP in UDP, and back") {
    World world(bare_esp_if_possible());
    with_nat64(world).network().uplink(wlan0).nat.reset();
    connected(world);
    CHECK_FALSE(world.last<session::Connected>()->nat.local);
    const auto spis = world.gateway().ike_sa()->spis;

    lose_wlan0(world);
    check_settles(world);
    REQUIRE(world.count<PathConfirmed>() == 1);
    CHECK(world.last<PathConfirmed>()->nat.local);
    CHECK(world.last<PathConfirmed>()->nat.remote);
    CHECK(world.last<PathConfirmed>()->udp_encapsulated);
    CHECK(world.gateway().client()->esp.remote.address.text() == "203.0.113.64");
    CHECK(world.gateway().client()->esp.local.address == gateway_ipv4);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 1);
    check_carries(world);

    world.network().uplink(wlan0).up = true;
    world.move(wlan0, MoveKind::preferred);
    check_settles(world);
    CHECK_FALSE(world.last<PathConfirmed>()->nat.local);
    CHECK_FALSE(world.last<PathConfirmed>()->udp_encapsulated);
    CHECK(world.gateway().ike_sa()->spis.initiator == spis.initiator);
    check_carries(world);
}

TEST_CASE("a session that begins behind a NAT64 is behind a NAT, and moves to Wi-Fi") {
    World world;
    with_nat64(world);
    world.session().start(by_nat64, world.now());
    REQUIRE(world.run_until([&world] { return world.connected(); }, 5s));
    CHECK(world.last<session::Connected>()->nat.local);
    CHECK(world.last<session::Connected>()->path.remote.address == behind_nat64);
    world.move(wlan0, MoveKind::preferred);
    check_settles(world);
    CHECK(world.plane().path()->remote.address == gateway_ipv4);
    check_carries(world);
}

TEST_CASE("an exchange that was begun through the NAT64 goes on by Wi-Fi, not to its address") {
    World world;
    connected(with_nat64(world));
    lose_wlan0(world);
    check_settles(world);
    lose_everything(world, wwan0);
    world.rekey_child();
    world.run_for(1s);
    world.network().uplink(wlan0).up = true;
    world.network().uplink(wwan0).up = false;
    world.move(wlan0, MoveKind::forced);
    check_settles(world);
    CHECK(world.count<session::ChildSaRekeyed>() == 1);
    CHECK_FALSE(sent_by_wlan0_to_nat64(world));
    check_carries(world);
}

TEST_CASE("in doubt on Wi-Fi the gateway is asked for behind the NAT64 by cellular alone") {
    World world;
    connected(with_nat64(world));
    world.session().standby({world.pair(wlan0, Family::ipv4), by_nat64});
    lose_everything(world, wlan0);
    world.doubt_path();
    REQUIRE(world.run_until([&world] { return world.count<session::PathDied>() == 1; }, 5s));
    check_settles(world);
    CHECK(world.plane().path()->remote.address == behind_nat64);
    CHECK_FALSE(sent_by_wlan0_to_nat64(world));
    check_carries(world);
}

TEST_CASE(
    "a NAT64 that forgets us is noticed by NAT detection in questions for life [RFC4555-3.8]") {
    World world({.tune = [](session::SessionConfig& session) { session.liveness = 10s; }});
    connected(with_nat64(world));
    lose_wlan0(world);
    check_settles(world);
    const auto updates = heard(world, NotifyType::update_sa_addresses);
    world.network().uplink(wwan0).nat64.emplace(*Prefix::parse("64:ff9b::/96"),
                                                *IpAddress::parse("203.0.113.65"));
    world.run_for(60s);
    check_settles(world);
    CHECK(heard(world, NotifyType::update_sa_addresses) > updates);
    CHECK(world.gateway().client()->esp.remote.address.text() == "203.0.113.65");
    check_carries(world);
}

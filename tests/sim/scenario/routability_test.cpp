// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

#include <set>

// Return routability, of the gateway's addresses and of ours: RFC 4555 3.7.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::MoveKind;
using session::PathConfirmed;
using session::PathSwitched;
using session::RoutabilityCheck;
using wire::NotifyType;

namespace {

WorldConfig checking(RoutabilityCheck when) {
    return {.tune = [when](session::SessionConfig& config) { config.return_routability = when; }};
}

/// The gateway's other address is that of the other family.
void move_to_other_address(World& world, MoveKind kind = MoveKind::forced) {
    world.move(wwan0, kind, Family::ipv6);
}

/// The gateway's use of COOKIE2 in its answers.
using Spoil = std::function<void(gateway::Payloads&)>;
void spoil_cookies(World& world, const Spoil& spoil) {
    world.gateway().config().tamper = [spoil](const wire::Header& header,
                                              gateway::Payloads& payloads) {
        if (header.response) {
            spoil(payloads);
        }
    };
}

void leave_out_cookie2(gateway::Payloads& payloads) {
    std::erase_if(payloads, [](const wire::Payload& payload) {
        const auto* notify = std::get_if<wire::NotifyPayload>(&payload);
        return notify != nullptr && notify->type == NotifyType::cookie2;
    });
}

void change_cookie2(gateway::Payloads& payloads) {
    for (wire::Payload& payload : payloads) {
        auto* notify = std::get_if<wire::NotifyPayload>(&payload);
        if (notify != nullptr && notify->type == NotifyType::cookie2) {
            notify->data.back() ^= 1U;
        }
    }
}

std::vector<Bytes> cookies_heard(const World& world) {
    std::vector<Bytes> cookies;
    for (const gateway::Said& said : world.gateway().transcript()) {
        const auto* cookie2 = wire::find_notify(said.payloads, NotifyType::cookie2);
        if (!said.by_gateway && !said.header.response && cookie2 != nullptr) {
            cookies.push_back(cookie2->data);
        }
    }
    return cookies;
}

}  // namespace

TEST_CASE("without a return routability check no COOKIE2 is sent [RFC4555-3.7]") {
    World world(checking(RoutabilityCheck::off));
    connected(world);
    move_to_other_address(world);
    check_settles(world);
    CHECK(cookies_heard(world).empty());
    CHECK(world.session().counters().cookie2_sent == 0);
}

TEST_CASE("checked after the move: data goes at once, COOKIE2 with the update [RFC4555-3.7]") {
    World world(checking(RoutabilityCheck::after));
    connected(world);
    move_to_other_address(world);
    CHECK(world.plane().path()->remote.address.is_ipv6());
    check_settles(world);
    REQUIRE(cookies_heard(world).size() == 1);
    CHECK(last_heard(world, NotifyType::cookie2) ==
          last_heard(world, NotifyType::update_sa_addresses));
    CHECK(world.session().counters().cookie2_match == 1);
    check_carries(world);
}

TEST_CASE("COOKIE2 of ours is 8 to 64 octets, another one each time [RFC4555-4.2.5]") {
    World world(checking(RoutabilityCheck::after));
    connected(world);
    for (const InterfaceIndex interface : {wwan0, wlan0, wwan0, wlan0}) {
        world.move(interface, MoveKind::forced);
        check_settles(world);
    }
    const std::vector<Bytes> cookies = cookies_heard(world);
    CHECK(cookies.size() == 4);
    CHECK(std::set<Bytes>(cookies.begin(), cookies.end()).size() == 4);
    for (const Bytes& cookie : cookies) {
        CHECK(wire::is_cookie2_size(cookie.size()));
    }
}

TEST_CASE("an answer without our COOKIE2, or with another, closes the IKE SA [RFC4555-3.7]") {
    World world(checking(RoutabilityCheck::after));
    connected(world);
    SUBCASE("without") {
        spoil_cookies(world, leave_out_cookie2);
    }
    SUBCASE("with another") {
        spoil_cookies(world, change_cookie2);
    }
    SUBCASE("refused, and without") {
        world.gateway().config().refuse.update = NotifyType::unacceptable_addresses;
        spoil_cookies(world, leave_out_cookie2);
    }
    world.move(wwan0, MoveKind::forced);
    REQUIRE(world.run_until([&world] { return world.count<session::Closed>() == 1; }, 5s));
    CHECK(world.last<session::Closed>()->failure.reason ==
          session::Reason::return_routability_failed);
    CHECK(world.session().counters().cookie2_mismatch == 1);
    world.run_for(3s);
    CHECK(world.gateway().client() == nullptr);  // it was told
    check_clean(world);
}

TEST_CASE("a stale answer has to have the right COOKIE2 as well [RFC4555-3.7]") {
    World world(checking(RoutabilityCheck::after));
    connected(world);
    spoil_cookies(world, change_cookie2);
    world.move(wwan0, MoveKind::forced);
    world.run_for(5ms);
    world.move(wlan0, MoveKind::forced);
    REQUIRE(world.run_until([&world] { return world.count<session::Closed>() == 1; }, 5s));
    CHECK(world.last<session::Closed>()->failure.reason ==
          session::Reason::return_routability_failed);
}

TEST_CASE("checked before: data waits until a new address of the gateway answers [RFC4555-3.5]") {
    World world(checking(RoutabilityCheck::before));
    connected(world);
    move_to_other_address(world);
    CHECK(world.count<PathSwitched>() == 0);
    world.send_up();
    world.run_for(19ms);
    CHECK(world.plane().path()->remote.address.is_ipv4());
    world.run_for(1ms);
    CHECK(world.plane().path()->remote.address.is_ipv6());
    check_settles(world);
    CHECK(world.session().counters().cookie2_match == 1);
    check_carries(world);
}

TEST_CASE("checked before: an address that has passed is not waited for again [RFC4555-3.5]") {
    World world(checking(RoutabilityCheck::before));
    connected(world);
    world.move(wwan0, MoveKind::forced);  // the address that IKE_AUTH was with
    CHECK(world.count<PathSwitched>() == 1);
    check_settles(world);
    move_to_other_address(world);
    CHECK(world.count<PathSwitched>() == 1);
    check_settles(world);
    world.move(wlan0, MoveKind::forced, Family::ipv6);
    CHECK(world.count<PathSwitched>() == 3);
    check_settles(world);
    check_carries(world);
}

TEST_CASE("checked before: the test of a better path is the check [RFC4555-3.7]") {
    World world(checking(RoutabilityCheck::before));
    connected(world);
    move_to_other_address(world, MoveKind::preferred);
    check_settles(world);
    CHECK(world.plane().path()->remote.address.is_ipv6());
    CHECK(cookies_heard(world).size() == 2);  // of the test and of the update
    check_carries(world);
}

TEST_CASE("a better path whose answer bears another COOKIE2 gets no data [RFC4555-3.7]") {
    World world(checking(RoutabilityCheck::after));
    connected(world);
    world.move(wwan0, MoveKind::preferred);
    REQUIRE(world.run_until([&world] { return world.count<session::DataWaits>() == 1; }, 1s));
    spoil_cookies(world, change_cookie2);
    REQUIRE(world.run_until([&world] { return world.count<session::Closed>() == 1; }, 10s));
    CHECK(world.last<session::Closed>()->failure.reason ==
          session::Reason::return_routability_failed);
    CHECK(world.count<PathSwitched>() == 0);
}

TEST_CASE("what went to two addresses of the gateway proves neither of them [RFC4555-3.7]") {
    World world(checking(RoutabilityCheck::before));
    connected(world);
    lose_everything(world, wwan0);
    move_to_other_address(world);
    world.run_for(100ms);
    const session::AddressPair third{wlan0, world.network().uplink(wlan0).addresses.front(),
                                     *IpAddress::parse("192.0.2.2")};
    world.move(third, MoveKind::forced);
    REQUIRE(world.run_until([&world] { return heard(world, NotifyType::update_sa_addresses) == 1; },
                            1s));
    world.run_for(10ms);
    CHECK(world.session().counters().cookie2_match == 1);
    CHECK(world.count<PathSwitched>() == 0);
    check_settles(world);
    CHECK(world.session().counters().cookie2_match == 2);
    CHECK(world.plane().path()->remote.address == third.remote);
    check_carries(world);
    // The address that was asked first is not proved by an answer that may be another's.
    lose_everything(world, wwan0, false);
    const std::size_t switched = world.count<PathSwitched>();
    move_to_other_address(world);
    CHECK(world.count<PathSwitched>() == switched);
    check_settles(world);
    CHECK(world.count<PathSwitched>() == switched + 1);
}

TEST_CASE("COOKIE2 that a path in doubt had sent to two addresses proves neither [RFC4555-3.7]") {
    World world(checking(RoutabilityCheck::before));
    connected(world);
    move_to_other_address(world);  // COOKIE2 goes to this address first
    world.network().uplink(wwan0).quality.delay = 1s;
    world.move(wlan0, MoveKind::forced);
    check_settles(world);
    const std::uint64_t before = world.session().counters().cookie2_match;
    const session::AddressPair third{wwan0, world.network().uplink(wwan0).addresses.front(),
                                     *IpAddress::parse("192.0.2.2")};
    world.network().uplink(wwan0).carries = false;
    world.move(third, MoveKind::forced);
    world.standby({wlan0});
    REQUIRE(world.run_until([&] { return world.session().counters().cookie2_match == before + 1; },
                            5s));
    CHECK(world.plane().path()->remote.address != third.remote);
    world.network().uplink(wwan0).carries = true;
    check_settles(world);
    const std::size_t switched = world.count<PathSwitched>();
    world.move(third, MoveKind::forced);
    CHECK(world.count<PathSwitched>() == switched);
}

TEST_CASE("a Child SA made while the check is open sends by the old address [RFC4555-3.5]") {
    World world(checking(RoutabilityCheck::before));
    connected(world);
    lose_everything(world, wlan0);
    world.rekey_child();
    world.move(wlan0, MoveKind::forced, Family::ipv6);
    lose_everything(world, wlan0, false);
    REQUIRE(world.run_until([&world] { return world.count<session::ChildSaRekeyed>() == 1; }, 1s));
    CHECK(world.plane().path()->remote.address.is_ipv4());
    check_settles(world);
    CHECK(world.plane().path()->remote.address.is_ipv6());
    check_carries(world);
}

TEST_CASE(
    "a challenge is answered before our UPDATE is, back by the very pair of addresses "
    "[RFC4555-3.7]") {
    World world;
    world.gateway().config().challenge_after_update = true;
    world.gateway().config().update_takes = 500ms;
    connected(world);
    world.network().uplink(wlan0).up = false;
    world.move(wwan0, MoveKind::forced);
    REQUIRE(world.run_until([&world] { return world.session().counters().cookie2_sent == 1; }, 1s));
    CHECK(world.count<PathConfirmed>() == 0);
    const gateway::Datagram& challenge = world.received().back();
    const Path& back = world.sent().back().path;
    CHECK(back.interface == wwan0);
    CHECK(back.local == challenge.to);
    CHECK(back.remote == challenge.from);
    check_settles(world);
    CHECK(world.gateway().client()->esp.remote.address.text() == "203.0.113.1");
    check_carries(world);
}

TEST_CASE("a challenge that comes to the path we left is answered by that path [RFC4555-3.7]") {
    World world;
    connected(world);
    world.network().uplink(wlan0).quality.delay = 50ms;
    world.wish(gateway::ChallengeWish{Bytes(16, 0x42)});  // it comes in after 50 ms
    world.move(wwan0, MoveKind::preferred);
    REQUIRE(world.run_until([&world] { return world.count<PathConfirmed>() == 1; }, 1s));
    CHECK(world.session().counters().cookie2_received == 0);
    REQUIRE(world.run_until([&world] { return world.session().counters().cookie2_sent == 1; }, 1s));
    CHECK(world.sent().back().path.interface == wlan0);
    check_settles(world);
}

// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

// NAT traversal switched off: RFC 4555 3.9.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::MoveKind;
using session::PathConfirmed;
using session::PathRefused;
using wire::NotifyType;

namespace {

/// NAT traversal is off, and there is no NAT.
WorldConfig without_nats() {
    return {.tune = [](session::SessionConfig& config) {
        config.nat_traversal = false;
        config.force_udp_encapsulation = false;
    }};
}

World& connected_without_nats(World& world) {
    for (Uplink& uplink : world.network().uplinks()) {
        uplink.nat.reset();
    }
    return connected(world);
}

std::size_t requests_with(const World& world, NotifyType type) {
    return heard(world, type);
}

}  // namespace

TEST_CASE("NO_NATS_ALLOWED has addresses and ports, of 12 or 36 octets [RFC4555-4.2.6]") {
    World world(without_nats());
    connected_without_nats(world);
    const gateway::Said* auth = last_heard(world, NotifyType::no_nats_allowed);
    REQUIRE(auth != nullptr);
    CHECK(auth->header.exchange == wire::ExchangeType::ike_auth);
    CHECK(wire::find_notify(auth->payloads, NotifyType::no_nats_allowed)->data ==
          Bytes{10, 1, 0, 2, 192, 0, 2, 1, 1, 244, 1, 244});
    world.move(wwan0, MoveKind::forced, Family::ipv6);
    check_settles(world);
    const gateway::Said* update = last_heard(world, NotifyType::no_nats_allowed);
    CHECK(wire::find_notify(update->payloads, NotifyType::no_nats_allowed)->data.size() == 36);
    CHECK(wire::find_notify(update->payloads, NotifyType::update_sa_addresses) != nullptr);
    check_carries(world);
}

TEST_CASE("without NAT traversal no NAT is looked for, and port 500 is kept [RFC4555-3.9]") {
    World world(without_nats());
    connected_without_nats(world);
    world.move(wwan0, MoveKind::preferred);
    check_settles(world);
    world.run_for(2min);
    CHECK(requests_with(world, NotifyType::nat_detection_source_ip) == 0);
    for (const session::Transmit& transmit : world.sent()) {
        CHECK(transmit.path.local.port == ike_port);
        CHECK(transmit.path.remote.port == ike_port);
    }
    CHECK_FALSE(world.last<PathConfirmed>()->udp_encapsulated);
}

TEST_CASE("what tells our addresses forbids NATs, what does not says nothing [RFC4555-3.9]") {
    World world(without_nats());
    connected_without_nats(world);
    world.announce({*IpAddress::parse("10.1.0.2")});
    world.run_for(1s);
    CHECK(requests_with(world, NotifyType::no_nats_allowed) == 2);  // IKE_AUTH and this one
    world.rekey_child();
    world.run_for(2min);
    CHECK(requests_with(world, NotifyType::no_nats_allowed) == 2);
    check_settles(world);
}

TEST_CASE("with NAT traversal NO_NATS_ALLOWED is never said [RFC4555-3.9]") {
    World world;
    REQUIRE(world.connect());
    world.move(wwan0, MoveKind::forced);
    check_settles(world);
    CHECK(requests_with(world, NotifyType::no_nats_allowed) == 0);
}

TEST_CASE("a NAT on the way: IKE_AUTH is tried again from the start, not for ever [RFC4555-3.9]") {
    World world(without_nats());
    CHECK_FALSE(world.connect());
    REQUIRE(world.last<session::Closed>() != nullptr);
    CHECK(world.last<session::Closed>()->failure.unconfirmed == session::Reason::unexpected_nat);
    CHECK(heard(world, wire::ExchangeType::ike_auth) == 8);
    check_clean(world);
}

TEST_CASE("one changed IKE_AUTH request does no harm [RFC4555-3.9]") {
    World world(without_nats());
    world.start();
    world.run_until([&world] { return heard(world, wire::ExchangeType::ike_auth) == 1; }, 1s);
    for (Uplink& uplink : world.network().uplinks()) {
        uplink.nat.reset();
    }
    CHECK(world.run_until([&world] { return world.connected(); }, 5s));
    check_clean(world);
}

TEST_CASE("a NAT on the new path: the update is tried again, then the path refused [RFC4555-3.9]") {
    World world(without_nats());
    connected_without_nats(world);
    world.network().uplink(wwan0).nat.emplace(*IpAddress::parse("203.0.113.1"));
    world.move(wwan0, MoveKind::preferred);
    REQUIRE(world.run_until([&world] { return world.count<PathRefused>() == 1; }, 10s));
    CHECK(world.last<PathRefused>()->notify == "UNEXPECTED_NAT_DETECTED");
    CHECK(requests_with(world, NotifyType::update_sa_addresses) == 8);
    CHECK(world.session().counters().unexpected_nat_detected_received == 8);
    check_settles(world);
    CHECK(world.plane().path()->interface == wlan0);
    check_carries(world);
}

TEST_CASE("one changed update does no harm, for another is sent [RFC4555-3.9]") {
    World world(without_nats());
    connected_without_nats(world);
    world.network().uplink(wwan0).nat.emplace(*IpAddress::parse("203.0.113.1"));
    world.move(wwan0, MoveKind::forced);
    world.run_for(15ms);
    world.network().uplink(wwan0).nat.reset();
    check_settles(world);
    CHECK(world.count<PathRefused>() == 0);
    check_carries(world);
}

TEST_CASE("addresses that the gateway tells through a NAT it forbids are refused [RFC4555-3.9]") {
    World world;
    REQUIRE(world.connect());
    const wire::Payload further = wire::additional_address(*IpAddress::parse("192.0.2.77"));
    const auto told = [](const char* from) {
        Bytes data;
        for (const IpAddress& address : {*IpAddress::parse(from), *IpAddress::parse("10.1.0.2")}) {
            data.insert(data.end(), address.bytes().begin(), address.bytes().end());
        }
        for (int port = 0; port < 2; ++port) {
            data.push_back(4500 >> 8);
            data.push_back(4500 & 0xff);
        }
        return gateway::notify(NotifyType::no_nats_allowed, data);
    };
    world.wish(gateway::NotifyWish{{further, told("198.51.100.9")}});
    world.run_for(1s);
    CHECK(world.count<session::GatewayAddresses>() == 0);
    CHECK(heard(world, NotifyType::unexpected_nat_detected) == 1);
    CHECK(world.session().counters().unexpected_nat_detected_sent == 1);
    world.wish(gateway::NotifyWish{{further, told("192.0.2.1")}});
    world.run_for(1s);
    CHECK(world.count<session::GatewayAddresses>() == 1);
    CHECK(heard(world, NotifyType::unexpected_nat_detected) == 1);
}

// SPDX-License-Identifier: Apache-2.0
#include "agent/path/nat64_watch.hpp"

#include "tests/agent/test_name_server.hpp"
#include "tests/agent/turning.hpp"
#include "tests/seeded_random.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace agent::test;
using namespace std::chrono_literals;
using netwatch::Nat64;

namespace {

const ike::Prefix prefix = *ike::Prefix::parse("2001:db8:64::/96");
const std::vector known_addresses{ip("2001:db8:64::192.0.0.170"), ip("2001:db8:64::192.0.0.171")};

/// A laptop whose wlan0, as far as it is told, has IPv6 alone.
struct Laptop {
    Laptop() {
        snapshot.links = {{.index = hosts.laptop.interface("wlan0"),
                           .name = "wlan0",
                           .kind = {},
                           .mtu = 1500,
                           .up = true,
                           .running = true,
                           .master = {}}};
        wlan0 = snapshot.links.front().index;
        connect_to("fd01::2");
    }

    /// Another address, and so another network.
    void connect_to(const char* address) {
        snapshot.addresses = {
            {.interface = wlan0, .address = ip(address), .prefix_length = 64, .peer = {}}};
        snapshot.routes = {{.destination = {ip("::"), 0},
                            .source = {},
                            .gateway = ip("fd01::1"),
                            .out = wlan0,
                            .preferred_source = {}}};
    }
    void look() {
        hosts.laptop.enter();
        found = watch.look(snapshot);
    }
    bool until(const std::function<bool()>& condition) {
        return agent_test::until(*loop, condition);
    }
    bool asked() {
        return until([this] { return server.asked(); });
    }
    /// Asks, is answered, and knows the NAT64.
    void find() {
        look();
        REQUIRE(asked());
        server.answer(known_addresses);
        REQUIRE(until([this] { return !found.empty(); }));
    }
    /// A question sent in this time has come.
    bool asked_within(std::chrono::milliseconds time) {
        const auto end = loop->now() + time;
        return until([&] { return server.asked() || loop->now() >= end; }) && loop->now() < end;
    }

    TwoHosts hosts;
    TestNameServer server{hosts.gateway};
    ike::Result<EventLoop, SystemError> loop = EventLoop::create();
    ike::NullLog log;
    tests::SeededRandom random{1};
    ike::InterfaceIndex wlan0;
    netwatch::Snapshot snapshot;
    std::vector<Nat64> found;
    Nat64Watch watch{*loop, log, random, [this](std::vector<Nat64> now) { found = std::move(now); },
                     [] {
                         return std::vector<NameServer>{{TestNameServer::address, {}}};
                     }};
};

}  // namespace

TEST_CASE("a link with IPv6 alone is asked for its NAT64, once [RFC7050-3]") {
    Laptop laptop;
    laptop.find();
    CHECK(laptop.found == std::vector{Nat64{laptop.wlan0, prefix}});
    laptop.look();
    CHECK(laptop.found == std::vector{Nat64{laptop.wlan0, prefix}});
    CHECK_FALSE(laptop.asked_within(100ms));
}

TEST_CASE("a NAT64 is forgotten at once with its network, and the next network is asked") {
    Laptop laptop;
    laptop.find();
    laptop.connect_to("2001:db8:77::2");
    laptop.look();
    CHECK(laptop.found.empty());
    CHECK(laptop.asked());
}

TEST_CASE("a link that gets IPv4, or goes down, has no NAT64 any more") {
    Laptop laptop;
    laptop.find();
    SUBCASE("IPv4") {
        laptop.snapshot.addresses.push_back({.interface = laptop.wlan0,
                                             .address = ip("10.1.0.2"),
                                             .prefix_length = 24,
                                             .peer = {}});
    }
    SUBCASE("down") {
        laptop.snapshot.links[0].up = false;
    }
    laptop.look();
    CHECK(laptop.found.empty());
    CHECK_FALSE(laptop.asked_within(100ms));
}

TEST_CASE("a network that says it has none is not asked again [RFC7050-3]") {
    Laptop laptop;
    laptop.look();
    REQUIRE(laptop.asked());
    laptop.server.answer({}, 3);
    laptop.look();
    CHECK_FALSE(laptop.asked_within(1500ms));
    CHECK(laptop.found.empty());
}

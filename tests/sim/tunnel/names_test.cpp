// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/tunnel/story.hpp"

// The gateway's addresses, and where the tunnel learns them.
using namespace sim;
using namespace ike;
using namespace std::chrono_literals;

namespace {

const IpAddress first = *IpAddress::parse("192.0.2.1");
const IpAddress second = *IpAddress::parse("192.0.2.2");
const IpAddress first6 = *IpAddress::parse("2001:db8:ffff::1");

IpAddress remote(const Laptop& laptop) {
    return laptop.status().path ? laptop.status().path->remote.address : IpAddress{};
}

gateway::Config telling(const std::vector<IpAddress>& addresses) {
    gateway::Config config = gateway::default_config();
    config.additional_addresses = addresses;
    return config;
}

}  // namespace

TEST_CASE("a name that nobody knows is an error, and asked for again") {
    Laptop laptop;
    laptop.names().system.clear();
    laptop.up();
    laptop.run_for(500ms);
    CHECK(laptop.state() == TunnelState::connecting);
    REQUIRE(laptop.status().error);
    CHECK(laptop.status().error->reason == agent::gateway_name_unresolved);
    CHECK(laptop.status().attempts.size() == 1);
    laptop.names().system = {first};
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 5s));
    check_carries(laptop);
}

TEST_CASE("where the system's resolver fails the name servers of each network are asked") {
    Laptop laptop;
    laptop.names().system_answers = false;
    laptop.names().by_link[wwan0] = {first};
    laptop.up();
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 6s));
    CHECK(laptop.names().link_questions() >= 2);
    check_carries(laptop);
}

TEST_CASE("a tunnel whose gateway has another name is connecting while that name is resolved") {
    Laptop laptop;
    connected(laptop);
    laptop.names().takes = 1s;
    laptop.reload([](agent::TunnelConfig& config) { config.gateway = "vpn2.example.org"; });
    laptop.run_for(500ms);
    CHECK_FALSE(laptop.status().ike_sa);
    CHECK(laptop.state() == TunnelState::connecting);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 5s));
    check_carries(laptop);
}

TEST_CASE("an address given in the file is asked of nobody") {
    Laptop laptop({.tune = [](agent::TunnelConfig& config) { config.gateway = "192.0.2.1"; }});
    laptop.names().system.clear();
    connected(laptop);
    CHECK(laptop.names().link_questions() == 0);
    CHECK(laptop.tunnel().recorded().gateways == std::vector{first});
    check_carries(laptop);
}

TEST_CASE("a recording has the file's address before anybody was asked") {
    Laptop laptop({.tune = [](agent::TunnelConfig& config) { config.gateway = "192.0.2.1"; }});
    CHECK(laptop.tunnel().recorded().gateways == std::vector{first});
}

TEST_CASE("a network that appears is asked for the name, and its address is gone to") {
    Laptop laptop;
    laptop.cut(wwan0);
    connected(laptop);
    laptop.names().by_link[wwan0] = {second};
    const auto asked = laptop.names().link_questions();
    laptop.mend(wwan0);
    CHECK(laptop.names().link_questions() == asked + 1);
    laptop.run_for(1s);
    CHECK(laptop.tunnel().recorded().gateways.back() == second);
    CHECK(remote(laptop) == first);
    check_carries(laptop);
}

TEST_CASE("a connected tunnel reconnects by the addresses that it knows when no name is known") {
    Laptop laptop;
    connected(laptop);
    laptop.names().system_answers = false;
    laptop.wish(gateway::DeleteIkeWish{});
    CHECK(laptop.run_until([&] { return attempts(laptop) == 2 && laptop.connected(); }, 4s));
    check_carries(laptop);
}

TEST_CASE("the addresses that the gateway tells are let through, and for when nothing else leads") {
    Laptop laptop({.gateway = telling({second})});
    laptop.names().system = {first6};
    connected(laptop);
    CHECK(remote(laptop) == first6);
    const auto& gateways = laptop.machine().applied()->gateways;
    CHECK(std::ranges::find(gateways, second) != gateways.end());
    laptop.change([](AccessNetworks& networks) {  // no IPv6 any more
        for (const InterfaceIndex interface : {wlan0, wwan0}) {
            networks.uplink(interface).addresses.pop_back();
        }
    });
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 2s));
    CHECK(remote(laptop) == second);
    check_carries(laptop);
}

TEST_CASE("a gateway that tells other addresses than the one in use is followed there") {
    Laptop laptop({.gateway = telling({second})});
    laptop.names().system = {first};
    connected(laptop);
    laptop.run_for(1s);
    CHECK(remote(laptop) == first);
    laptop.wish(gateway::MoveWish{second});
    laptop.run_for(5s);
    CHECK(laptop.connected());
    check_clean(laptop);
}

TEST_CASE("behind a NAT64 the gateway's IPv4 address is reached by the one made of it") {
    Laptop laptop;
    laptop.names().system = {first};
    const Prefix prefix = *Prefix::parse("64:ff9b::/96");
    laptop.change([&](AccessNetworks& networks) {
        Uplink& cellular = networks.uplink(wwan0);
        cellular.addresses.erase(cellular.addresses.begin());
        cellular.nat.reset();
        cellular.nat64.emplace(prefix, *IpAddress::parse("203.0.113.64"));
        networks.access(wwan0).nat64 = prefix;
    });
    connected(laptop);
    laptop.cut(wlan0);
    CHECK(goes_by(laptop, "wwan0", 1s));
    CHECK(remote(laptop) == *IpAddress::parse("64:ff9b::192.0.2.1"));
    CHECK(laptop.status().nat_local);
    check_carries(laptop);
    laptop.mend(wlan0);
    CHECK(goes_by(laptop, "wlan0", 15s));
    CHECK(remote(laptop) == first);
    CHECK(laptop.tunnel().recorded().gateways == std::vector{first});
    check_carries(laptop);
}

TEST_CASE("a name with many answers over time keeps sixteen at most") {
    Laptop laptop;
    laptop.names().system = {first};
    connected(laptop);
    for (int network = 0; network < 30; ++network) {
        laptop.names().by_link[wwan0] = {
            *IpAddress::parse("192.0.2." + std::to_string(100 + network))};
        laptop.cut(wwan0);
        laptop.mend(wwan0);
        laptop.run_for(100ms);
    }
    CHECK(laptop.tunnel().recorded().gateways.size() == 16);
    CHECK(laptop.tunnel().recorded().gateways.front() == first);
    check_clean(laptop);
}

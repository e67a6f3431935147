// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/tunnel_network.hpp"

#include <doctest/doctest.h>

using namespace agent;
using ike::wire::TrafficSelector;

namespace {

ike::Prefix prefix(const char* text) {
    return *ike::Prefix::parse(text);
}

ike::session::AssignedConfig assigned(std::vector<ike::Prefix> addresses) {
    ike::session::AssignedConfig config;
    config.addresses = std::move(addresses);
    return config;
}

const std::vector<std::vector<ike::Prefix>> everything{{prefix("0.0.0.0/0"), prefix("::/0")}};

}  // namespace

TEST_CASE("the gateway's selectors become destinations, its addresses ours") {
    const TunnelNetwork network =
        network_for({{0,
                      {TrafficSelector::from(prefix("10.20.0.0/16")),
                       TrafficSelector::from(prefix("fd20::/64"))}}},
                    assigned({prefix("10.99.0.7"), prefix("fd99::7")}), everything);
    CHECK(network.destinations == std::vector{prefix("10.20.0.0/16"), prefix("fd20::/64")});
    CHECK(network.addresses == std::vector{prefix("10.99.0.7").address, prefix("fd99::7").address});
    CHECK(network.unreachable.empty());
}

TEST_CASE("a selector that is no prefix becomes as many as cover it") {
    TrafficSelector range;
    range.first = prefix("10.0.0.1").address;
    range.last = prefix("10.0.0.3").address;
    const TunnelNetwork network =
        network_for({{0, {range}}}, assigned({prefix("10.99.0.7")}), everything);
    CHECK(network.destinations == std::vector{prefix("10.0.0.1"), prefix("10.0.0.2/31")});
}

TEST_CASE("a gateway for all of IPv4 only leaves no IPv6 beside the tunnel") {
    const auto all4 = TrafficSelector::from(prefix("0.0.0.0/0"));
    CHECK(network_for({{0, {all4}}}, assigned({prefix("10.99.0.7")}), everything).unreachable ==
          std::vector{prefix("::/0")});
    // Unless the configuration asks for IPv4 only.
    CHECK(network_for({{0, {all4}}}, assigned({prefix("10.99.0.7")}), {{prefix("0.0.0.0/0")}})
              .unreachable.empty());
}

TEST_CASE("what belongs to a Child SA that is not made yet goes nowhere, least of all in clear") {
    const std::vector<std::vector<ike::Prefix>> wanted{
        {prefix("10.20.0.0/16")}, {prefix("10.30.0.0/16"), prefix("fd30::/64")}};
    GrantedSelectors granted{{0, {TrafficSelector::from(prefix("10.20.0.0/16"))}}};
    const TunnelNetwork before = network_for(granted, assigned({prefix("10.99.0.7")}), wanted);
    CHECK(before.destinations == std::vector{prefix("10.20.0.0/16")});
    CHECK(before.unreachable == wanted[1]);
    granted[1] = {TrafficSelector::from(prefix("10.30.7.0/24"))};
    const TunnelNetwork after = network_for(granted, assigned({prefix("10.99.0.7")}), wanted);
    CHECK(after.destinations == std::vector{prefix("10.20.0.0/16"), prefix("10.30.7.0/24")});
    CHECK(after.unreachable.empty());
}

TEST_CASE("what the tunnel covered and does not cover any more stays blocked") {
    TunnelNetwork before;
    before.destinations = {prefix("10.20.0.0/16"), prefix("10.30.0.0/16"), prefix("::/0")};
    before.unreachable = {prefix("10.40.0.0/16")};
    TunnelNetwork next;
    next.destinations = {prefix("10.20.1.0/24"), prefix("10.0.0.0/11")};
    keep_blocked(next, before);
    CHECK(next.unreachable == std::vector{prefix("::/0"), prefix("10.40.0.0/16")});
    TunnelNetwork widest;
    widest.destinations = {prefix("0.0.0.0/0"), prefix("::/0")};
    keep_blocked(widest, next);
    CHECK(widest.unreachable.empty());
}

TEST_CASE("what a person may think is covered, and is not, is outside") {
    const auto network = [](std::vector<ike::Prefix> destinations) {
        TunnelNetwork result;
        result.destinations = std::move(destinations);
        return result;
    };
    const auto all4 = prefix("0.0.0.0/0");
    const auto all6 = prefix("::/0");
    CHECK(outside(network({all4, all6}), everything).empty());
    CHECK(outside(network({prefix("0.0.0.0/1"), prefix("128.0.0.0/1"), all6}), everything).empty());
    CHECK(outside(network({prefix("10.0.0.0/8")}), everything) == std::vector{all4, all6});
    CHECK(outside(network({prefix("128.0.0.0/1"), all6}), everything) == std::vector{all4});
    CHECK(outside(network({all4}), {{all4}}) == std::vector{all6});  // asked for IPv4 alone
    CHECK(outside(network({all6}), {{all6}}) == std::vector{all4});
    CHECK(outside(network({prefix("10.1.0.0/16")}), {{prefix("10.1.0.0/16")}}).empty());
    TunnelNetwork blocked = network({all4});
    blocked.unreachable = {all6};
    CHECK(outside(blocked, everything).empty());
}

TEST_CASE("without a virtual address the networks of the other family are unreachable meanwhile") {
    const std::vector<std::vector<ike::Prefix>> wanted{
        {prefix("10.20.0.0/16"), prefix("fd20::/64")}};
    TunnelNetwork network =
        network_for({{0, {TrafficSelector::from(prefix("10.20.0.0/16"))}}}, assigned({}), wanted);
    use_own_address(network, prefix("192.0.2.9").address, wanted);
    CHECK(network.own_address == prefix("192.0.2.9").address);
    CHECK(network.addresses.empty());
    CHECK(network.destinations == std::vector{prefix("10.20.0.0/16")});
    CHECK(network.unreachable == std::vector{prefix("fd20::/64")});
    CHECK(outside(network, wanted).empty());
}

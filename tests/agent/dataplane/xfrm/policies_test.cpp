// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/policies.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace agent::xfrm;
using ike::Prefix;
using ike::wire::TrafficSelector;

namespace {

TrafficSelector all_of(std::string_view prefix) {
    return TrafficSelector::from(Prefix::parse(prefix).value());
}

TrafficSelector ports(std::string_view prefix, std::uint8_t protocol, std::uint16_t first,
                      std::uint16_t last) {
    TrafficSelector selector = all_of(prefix);
    selector.protocol = protocol;
    selector.first_port = first;
    selector.last_port = last;
    return selector;
}

using Selectors = std::vector<TrafficSelector>;

const EncapsulatedPath wifi{.path = {ike::InterfaceIndex{3},
                                     {*ike::IpAddress::parse("192.168.1.23"), 4500},
                                     {*ike::IpAddress::parse("203.0.113.10"), 4500}},
                            .udp_encapsulated = true};

}  // namespace

TEST_CASE("every source goes to every destination of its family, and never to the other one") {
    const auto found = selectors_between(
        Selectors{all_of("10.99.0.7"), all_of("fd99::7")},
        Selectors{all_of("10.20.0.0/16"), all_of("10.30.0.0/16"), all_of("fd20::/64")});
    REQUIRE(found);
    REQUIRE(found->size() == 3);
    CHECK((*found)[0].source == *Prefix::parse("10.99.0.7/32"));
    CHECK((*found)[0].destination == *Prefix::parse("10.20.0.0/16"));
    CHECK((*found)[1].destination == *Prefix::parse("10.30.0.0/16"));
    CHECK((*found)[2].source == *Prefix::parse("fd99::7/128"));
    CHECK((*found)[2].destination == *Prefix::parse("fd20::/64"));
}

TEST_CASE("a range of addresses becomes prefixes, a range of ports becomes ports with masks") {
    TrafficSelector three = all_of("10.20.0.1");
    three.last = *ike::IpAddress::parse("10.20.0.3");
    const auto found = selectors_between(Selectors{three}, Selectors{ports("10.9.0.1", 6, 80, 83)});
    REQUIRE(found);
    REQUIRE(found->size() == 2);  // 10.20.0.1/32 and 10.20.0.2/31
    for (const Selector& selector : *found) {
        CHECK(selector.protocol == 6);
        CHECK(selector.source_port_mask == 0);
        CHECK(selector.destination_port == 80);
        CHECK(selector.destination_port_mask == 0xfffc);
    }
}

TEST_CASE("a range of ports that is no power of two is covered exactly") {
    const auto found =
        selectors_between(Selectors{all_of("10.9.0.1")}, Selectors{ports("10.9.0.2", 17, 5, 12)});
    REQUIRE(found);
    for (unsigned port = 0; port < 0x10000; ++port) {
        int matches = 0;
        for (const Selector& selector : *found) {
            matches += (port & selector.destination_port_mask) == selector.destination_port ? 1 : 0;
        }
        CHECK(matches == (port >= 5 && port <= 12 ? 1 : 0));
    }
}

TEST_CASE("a protocol that one end names holds for both, and two that differ select nothing") {
    const auto tcp = ports("10.9.0.1", 6, 0, 65535);
    CHECK(selectors_between(Selectors{tcp}, Selectors{all_of("10.9.0.2")})->front().protocol == 6);
    CHECK(selectors_between(Selectors{tcp}, Selectors{ports("10.9.0.2", 17, 0, 65535)})->empty());
}

TEST_CASE("ports that nobody can see, and more policies than a roam could carry, are refused") {
    const auto opaque = ports("10.9.0.1", 6, 65535, 0);
    CHECK_FALSE(selectors_between(Selectors{opaque}, Selectors{all_of("10.9.0.2")}));
    const Selectors many(60, ports("10.9.0.1", 6, 1, 65534));
    CHECK_FALSE(selectors_between(many, many));
}

TEST_CASE("an outbound policy names the way and no SPI, an inbound one no path at all") {
    const Owner owner{.reqid = 29283, .if_id = 29283, .hard_age = std::chrono::hours(3)};
    const auto selectors =
        *selectors_between(Selectors{all_of("10.99.0.7")}, Selectors{all_of("10.20.0.0/16")});
    const auto out = outbound_policies(selectors, wifi, owner);
    REQUIRE(out.size() == 1);
    CHECK(out[0].key.direction == Direction::out);
    CHECK(out[0].key.if_id == 29283);
    REQUIRE(out[0].protect_by);
    CHECK(out[0].protect_by->spi == ike::ChildSpi{});
    CHECK(out[0].protect_by->source == wifi.path.local.address);
    CHECK(out[0].protect_by->destination == wifi.path.remote.address);
    CHECK(out[0].protect_by->reqid == 29283);

    const auto in = inbound_policies(selectors, owner);
    REQUIRE(in.size() == 2);
    CHECK(in[0].key.direction == Direction::in);
    CHECK(in[1].key.direction == Direction::forward);
    for (const Policy& policy : in) {
        REQUIRE(policy.protect_by);
        CHECK(policy.protect_by->reqid == 29283);
        CHECK(policy.protect_by->spi == ike::ChildSpi{});
        CHECK(policy.protect_by->source.is_unspecified());
    }
}

TEST_CASE("the more specific policy comes first, and all of them before other daemons' policies") {
    const auto selectors = *selectors_between(
        Selectors{all_of("10.99.0.7")}, Selectors{all_of("0.0.0.0/0"), all_of("10.20.0.0/16")});
    const auto policies = outbound_policies(selectors, wifi, Owner{1});
    REQUIRE(policies.size() == 2);
    CHECK(policies[0].priority > policies[1].priority);
    CHECK(policies[0].priority < 100000);
}

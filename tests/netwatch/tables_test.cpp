// SPDX-License-Identifier: Apache-2.0
#include "netwatch/tables.hpp"

#include "tests/netwatch/values.hpp"

#include <doctest/doctest.h>

using namespace netwatch;
using namespace netwatch::values;

namespace {

const Route wifi_default = route("0.0.0.0/0", "10.1.0.1", wlan0, 600);

/// The laptop, dumped.
Tables watched(std::size_t max_routes = 100) {
    Tables tables(max_routes);
    const Snapshot all = laptop();
    for (const Link& each : all.links) {
        tables.apply(LinkChanged{each});
    }
    for (const Address& each : all.addresses) {
        tables.apply(AddressChanged{each});
    }
    tables.start_routes();
    for (const Route& each : all.routes) {
        tables.apply(RouteChanged{{each}, false});
    }
    tables.finish_routes();
    return tables;
}

std::size_t route_count(const Tables& tables) {
    return tables.snapshot(1).routes.size();
}

}  // namespace

TEST_CASE("a snapshot is sorted, and the same whatever the order of messages") {
    Snapshot sorted = laptop();
    std::ranges::sort(sorted.routes);
    CHECK(watched().snapshot(1) == sorted);
}

TEST_CASE("messages that come a second time change nothing") {
    Tables tables = watched();
    const Snapshot before = tables.snapshot(1);
    tables.apply(RouteChanged{{wifi_default}, false});
    tables.apply(LinkChanged{before.links[1]});
    tables.apply(AddressChanged{before.addresses[1]});
    CHECK(tables.snapshot(2) == before);
    CHECK_FALSE(tables.routes_stale());
}

TEST_CASE("a link that goes down or up, or loses an address, makes the routes stale") {
    Tables tables = watched();
    Link down = link(wlan0, "wlan0");
    down.up = false;
    tables.apply(LinkChanged{down});
    CHECK(tables.routes_stale());
    tables.finish_routes();
    tables.apply(LinkChanged{link(wlan0, "wlan0")});
    CHECK(tables.routes_stale());
    tables.finish_routes();
    tables.apply(AddressRemoved{address(wlan0, "10.1.0.2", 24)});
    CHECK(tables.routes_stale());
}

TEST_CASE("a link that goes down takes its routes along, and its addresses stay") {
    Tables tables = watched();
    Link down = link(wlan0, "wlan0");
    down.up = false;
    tables.apply(LinkChanged{down});
    CHECK(route_count(tables) == 2);
    CHECK(tables.snapshot(1).addresses.size() == 3);
}

TEST_CASE("a carrier lost takes no routes along; its return may revive next hops") {
    Tables tables = watched();
    Link idle = link(wlan0, "wlan0");
    idle.running = false;
    tables.apply(LinkChanged{idle});
    CHECK_FALSE(tables.routes_stale());
    CHECK_FALSE(tables.snapshot(1).find_link(wlan0)->running);
    CHECK(route_count(tables) == 4);
    tables.apply(LinkChanged{link(wlan0, "wlan0")});
    CHECK(tables.routes_stale());
}

TEST_CASE("the last IPv4 address of a link takes all IPv4 routes over it along") {
    Tables tables = watched();
    tables.apply(AddressChanged{address(wlan0, "10.1.0.3", 24)});
    tables.apply(AddressChanged{address(wlan0, "2001:db8::2", 64)});
    tables.apply(RouteChanged{{route("::/0", "fe80::1", wlan0, 600)}, false});
    tables.apply(AddressRemoved{address(wlan0, "10.1.0.2", 24)});
    CHECK(route_count(tables) == 5);
    tables.apply(AddressRemoved{address(wlan0, "10.1.0.3", 24)});
    CHECK(route_count(tables) == 3);
}

TEST_CASE("a removed IPv4 address takes along the routes that prefer it, if no other link has it") {
    Route preferring = route("0.0.0.0/0", "10.1.0.1", wlan0, 10);
    preferring.preferred_source = ip("10.1.0.2");
    Tables tables = watched();
    tables.apply(RouteChanged{{preferring}, false});
    tables.apply(AddressChanged{address(wlan0, "10.1.0.3", 24)});
    tables.apply(AddressChanged{address(wwan0, "10.1.0.2", 24)});
    tables.apply(AddressRemoved{address(wlan0, "10.1.0.2", 24)});
    CHECK(route_count(tables) == 5);
    tables.apply(AddressRemoved{address(wwan0, "10.1.0.2", 24)});
    CHECK(route_count(tables) == 4);
}

TEST_CASE("a removed link takes its addresses and routes along") {
    Tables tables = watched();
    tables.apply(LinkRemoved{wlan0});
    const Snapshot left = tables.snapshot(1);
    CHECK(left.find_link(wlan0) == nullptr);
    CHECK(left.addresses.size() == 2);
    CHECK(left.routes.size() == 2);
}

TEST_CASE("a replacing route takes the place of the one with its destination and metric") {
    Tables tables = watched();
    tables.apply(RouteChanged{{route("0.0.0.0/0", "10.1.0.254", wlan0, 600)}, true});
    CHECK(route_count(tables) == 4);
    CHECK_FALSE(tables.routes_stale());
    CHECK(std::ranges::count(tables.snapshot(1).routes, wifi_default) == 0);
}

TEST_CASE("which of two equal routes is replaced, only a dump tells") {
    Tables tables = watched();
    tables.apply(RouteChanged{{route("0.0.0.0/0", "10.1.0.253", wlan0, 600)}, false});
    CHECK_FALSE(tables.routes_stale());
    tables.apply(RouteChanged{{route("0.0.0.0/0", "10.1.0.254", wlan0, 600)}, true});
    CHECK(tables.routes_stale());
}

TEST_CASE("what multipath routes and nexthop objects do, only a dump tells") {
    Tables tables = watched();
    tables.apply(RouteChanged{{wifi_default, route("0.0.0.0/0", "10.2.0.1", wwan0, 600)}, false});
    CHECK(tables.routes_stale());
    tables.finish_routes();
    tables.apply(NextHopChanged{});
    CHECK(tables.routes_stale());
}

TEST_CASE("the removal of a route never seen makes the routes stale") {
    Tables tables = watched();
    tables.apply(RouteRemoved{{wifi_default}});
    CHECK(route_count(tables) == 3);
    CHECK_FALSE(tables.routes_stale());
    tables.apply(RouteRemoved{{wifi_default}});
    CHECK(tables.routes_stale());
}

TEST_CASE("beyond the limit only default routes find room") {
    Tables tables = watched(4);
    tables.apply(RouteChanged{{route("198.51.100.0/24", "10.1.0.1", wlan0, 0)}, false});
    CHECK(route_count(tables) == 4);
    CHECK(tables.routes_left_out() == 1);
    tables.apply(RouteChanged{{route("0.0.0.0/0", "10.2.0.1", wwan0, 50)}, false});
    CHECK(route_count(tables) == 5);
    tables.apply(RouteRemoved{{route("198.51.100.0/24", "10.1.0.1", wlan0, 0)}});
    CHECK_FALSE(tables.routes_stale());
}

TEST_CASE("an address of one link is another than the same of another link or prefix") {
    Tables tables = watched();
    tables.apply(AddressChanged{address(wwan0, "10.1.0.2", 24)});
    tables.apply(AddressChanged{address(wlan0, "10.1.0.2", 25)});
    CHECK(tables.snapshot(1).addresses.size() == 5);
    tables.apply(AddressRemoved{address(wlan0, "10.1.0.2", 24)});
    CHECK(tables.snapshot(1).addresses.size() == 4);
}

// SPDX-License-Identifier: Apache-2.0
#include "netwatch/policy.hpp"

#include "tests/netwatch/values.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace netwatch;
using namespace netwatch::values;

namespace {

const Current on_wifi{wlan0, ip("10.1.0.2")};
const Current on_cellular{wwan0, ip("10.2.0.2")};

Decision decide_on(const Snapshot& snapshot, const std::optional<Current>& current) {
    return decide(snapshot, uplinks(snapshot, ip("192.0.2.1"), {"roamd0"}), current);
}

/// "forced to wwan0 10.2.0.2: link-down", "keep", "no path: link-down"
std::string said(const Decision& decision) {
    if (const auto* move = std::get_if<Move>(&decision)) {
        return std::string(move->forced ? "forced" : "preferred") + " to " + move->to.name + " " +
               move->to.local.text() + ": " + std::string(name(move->reason));
    }
    if (const auto* none = std::get_if<NoPath>(&decision)) {
        return "no path: " + std::string(name(none->reason));
    }
    return "keep";
}

}  // namespace

TEST_CASE("with nothing changed the path is kept") {
    CHECK(said(decide_on(laptop(), on_wifi)) == "keep");
}

TEST_CASE("the first path is the best") {
    CHECK(said(decide_on(laptop(), std::nullopt)) == "preferred to wlan0 10.1.0.2: first-path");
}

TEST_CASE("without a path and without uplinks there is nothing to do but wait") {
    CHECK(said(decide_on(Snapshot{}, std::nullopt)) == "no path: no-path");
}

TEST_CASE("link down forces to cellular at once, though address and routes are still there") {
    Snapshot snapshot = laptop();
    find(snapshot, wlan0).up = false;
    CHECK(said(decide_on(snapshot, on_wifi)) == "forced to wwan0 10.2.0.2: link-down");
}

TEST_CASE("carrier lost forces to cellular") {
    Snapshot snapshot = laptop();
    find(snapshot, wlan0).running = false;
    CHECK(said(decide_on(snapshot, on_wifi)) == "forced to wwan0 10.2.0.2: carrier-lost");
}

TEST_CASE("a device pulled out forces to cellular") {
    Snapshot snapshot = laptop();
    std::erase_if(snapshot.links, [](const Link& link) { return link.index == wlan0; });
    CHECK(said(decide_on(snapshot, on_wifi)) == "forced to wwan0 10.2.0.2: link-gone");
}

TEST_CASE("an address replaced on the same link forces to the new one") {
    Snapshot snapshot = laptop();
    remove_address(snapshot, "10.1.0.2");
    snapshot.addresses.push_back(address(wlan0, "10.1.0.99", 24));
    CHECK(said(decide_on(snapshot, on_wifi)) == "forced to wlan0 10.1.0.99: address-removed");
}

TEST_CASE("an address that turns out a duplicate forces away") {
    Snapshot snapshot = laptop();
    for (Address& mine : snapshot.addresses) {
        mine.dad_failed = mine.address == on_wifi.local;
    }
    CHECK(said(decide_on(snapshot, on_wifi)) == "forced to wwan0 10.2.0.2: address-unusable");
}

TEST_CASE("a default route removed forces away, though link and address are well") {
    Snapshot snapshot = laptop();
    snapshot.routes.erase(snapshot.routes.begin());
    CHECK(said(decide_on(snapshot, on_wifi)) == "forced to wwan0 10.2.0.2: route-removed");
}

TEST_CASE("the last path gone is no path, and says why") {
    Snapshot snapshot = laptop();
    find(snapshot, wlan0).up = false;
    find(snapshot, wwan0).up = false;
    CHECK(said(decide_on(snapshot, on_wifi)) == "no path: link-down");
}

TEST_CASE("Wi-Fi coming back is a preferred roam") {
    CHECK(said(decide_on(laptop(), on_cellular)) == "preferred to wlan0 10.1.0.2: better-path");
}

TEST_CASE("a standby that vanishes moves nothing") {
    Snapshot snapshot = laptop();
    find(snapshot, wwan0).up = false;
    CHECK(said(decide_on(snapshot, on_wifi)) == "keep");
}

TEST_CASE("two default routes of one metric never flap, whichever is in use") {
    Snapshot snapshot = laptop();
    snapshot.routes[1].metric = 600;
    CHECK(said(decide_on(snapshot, on_wifi)) == "keep");
    CHECK(said(decide_on(snapshot, on_cellular)) == "keep");
}

TEST_CASE("two addresses of one link never flap, whichever is in use") {
    Snapshot snapshot = laptop();
    snapshot.addresses.push_back(address(wlan0, "10.1.0.1", 24));
    snapshot.addresses.push_back(address(wlan0, "10.1.0.99", 24));
    for (const char* mine : {"10.1.0.1", "10.1.0.2", "10.1.0.99"}) {
        CHECK(said(decide_on(snapshot, Current{wlan0, ip(mine)})) == "keep");
    }
}

TEST_CASE("an equal route with a nicer source on another device is no reason to leave") {
    Snapshot snapshot = laptop();
    snapshot.routes[1].metric = 600;
    snapshot.addresses[1].prefix_length =
        32;  // wlan0's address now shares no network with its router
    CHECK(said(decide_on(snapshot, on_wifi)) == "keep");
}

TEST_CASE("an address that becomes deprecated is left for its successor while it still works") {
    Snapshot snapshot = laptop();
    snapshot.addresses[1].deprecated = true;
    snapshot.addresses.push_back(address(wlan0, "10.1.0.99", 24));
    CHECK(said(decide_on(snapshot, on_wifi)) == "preferred to wlan0 10.1.0.99: better-path");
}

TEST_CASE("a metric that changes without changing the order moves nothing") {
    Snapshot snapshot = laptop();
    snapshot.routes[0].metric = 100;
    CHECK(said(decide_on(snapshot, on_wifi)) == "keep");
}

TEST_CASE("containers that come and go move nothing") {
    Snapshot snapshot = laptop();
    snapshot.links.push_back(link(other, "veth0"));
    snapshot.addresses.push_back(address(other, "172.17.0.1", 16));
    snapshot.routes.push_back(route("172.17.0.0/16", "", other, 0));
    CHECK(said(decide_on(snapshot, on_wifi)) == "keep");
}

TEST_CASE("a portal before the current path moves to what has none, though its metric is worse") {
    Snapshot snapshot = laptop();
    snapshot.managed = managed({{"wlan0", Connectivity::portal}, {"wwan0", Connectivity::full}});
    CHECK(said(decide_on(snapshot, on_wifi)) == "preferred to wwan0 10.2.0.2: portal");
    CHECK(said(decide_on(snapshot, on_cellular)) == "keep");
    snapshot.managed = managed({{"wlan0", Connectivity::full}, {"wwan0", Connectivity::full}});
    CHECK(said(decide_on(snapshot, on_cellular)) == "preferred to wlan0 10.1.0.2: better-path");
}

TEST_CASE("a path that the gateway answered by is not left for nothing, or for no better") {
    Snapshot snapshot = laptop();
    snapshot.managed =
        managed({{"wlan0", Connectivity::limited}, {"wwan0", Connectivity::limited}});
    CHECK(said(decide_on(snapshot, on_wifi)) == "keep");
    CHECK(said(decide_on(snapshot, on_cellular)) == "keep");
    find(snapshot, wwan0).up = false;
    CHECK(said(decide_on(snapshot, on_wifi)) == "keep");
    snapshot.managed = managed({{"wlan0", Connectivity::portal}});
    CHECK(said(decide_on(snapshot, on_wifi)) == "keep");
}

TEST_CASE("limited connectivity of the current path moves to what has more") {
    Snapshot snapshot = laptop();
    snapshot.managed =
        managed({{"wlan0", Connectivity::limited}, {"wwan0", Connectivity::unknown}});
    CHECK(said(decide_on(snapshot, on_wifi)) ==
          "preferred to wwan0 10.2.0.2: limited-connectivity");
}

TEST_CASE("a path that only a portal has answered on so far is left, for nothing if need be") {
    Snapshot snapshot = laptop();
    snapshot.managed = managed({{"wlan0", Connectivity::portal}});
    const Current untried{wlan0, ip("10.1.0.2"), false};
    CHECK(said(decide_on(snapshot, untried)) == "forced to wwan0 10.2.0.2: portal");
    find(snapshot, wwan0).up = false;
    CHECK(said(decide_on(snapshot, untried)) == "no path: portal");
    snapshot.managed = managed({{"wlan0", Connectivity::limited}});
    CHECK(said(decide_on(snapshot, untried)) == "keep");
}

TEST_CASE("without a path, or when it goes, nothing behind a portal is taken") {
    Snapshot snapshot = laptop();
    snapshot.managed = managed({{"wlan0", Connectivity::portal}});
    CHECK(said(decide_on(snapshot, std::nullopt)) == "preferred to wwan0 10.2.0.2: first-path");
    find(snapshot, wwan0).up = false;
    CHECK(said(decide_on(snapshot, std::nullopt)) == "no path: portal");
    CHECK(said(decide_on(snapshot, on_cellular)) == "no path: portal");
    snapshot.managed = managed({{"wlan0", Connectivity::limited}});
    CHECK(said(decide_on(snapshot, on_cellular)) == "no path: limited-connectivity");
    snapshot.managed = {};
    CHECK(said(decide_on(snapshot, on_cellular)) == "forced to wlan0 10.1.0.2: link-down");
}

TEST_CASE("a path whose source lives on loopback is gone for the route, not for the address") {
    Snapshot snapshot = laptop();
    snapshot.addresses.push_back(address(lo, "203.0.113.5", 32));
    const Current current{wlan0, ip("203.0.113.5")};
    CHECK(why_gone(snapshot, current) == RoamReason::route_removed);
}

TEST_CASE("every reason has a word of its own") {
    std::set<std::string_view> words;
    for (unsigned value = 0; value <= static_cast<unsigned>(RoamReason::no_path); ++value) {
        words.insert(name(static_cast<RoamReason>(value)));
    }
    CHECK(words.size() == 12);
    CHECK_FALSE(words.contains("unknown"));
}

TEST_CASE("Wi-Fi that fades is left for cellular of a worse metric while it still works") {
    Snapshot snapshot = laptop();
    fade(snapshot);
    CHECK(said(decide_on(snapshot, on_wifi)) == "preferred to wwan0 10.2.0.2: weak-signal");
    CHECK(said(decide_on(snapshot, on_cellular)) == "keep");
}

TEST_CASE(
    "Wi-Fi that fades stays where there is nothing better, and is taken where nothing else is") {
    Snapshot snapshot = laptop();
    fade(snapshot);
    find(snapshot, wwan0).up = false;
    CHECK(said(decide_on(snapshot, on_wifi)) == "keep");
    CHECK(said(decide_on(snapshot, std::nullopt)) == "preferred to wlan0 10.1.0.2: first-path");
}

TEST_CASE("Wi-Fi that fades is not left for a portal") {
    Snapshot snapshot = laptop();
    fade(snapshot);
    snapshot.managed.devices[1].ip4 = Connectivity::portal;
    CHECK(said(decide_on(snapshot, on_wifi)) == "keep");
}

// SPDX-License-Identifier: Apache-2.0
#include "netwatch/uplink.hpp"

#include "tests/netwatch/values.hpp"

#include <doctest/doctest.h>

using namespace netwatch;
using namespace netwatch::values;

namespace {

const ike::IpAddress gateway = ip("192.0.2.1");
const ike::IpAddress gateway6 = ip("2001:db8:9::1");

/// "wlan0 10.1.0.2, wwan0 10.2.0.2": the uplinks in their order.
std::string ways(const Snapshot& snapshot, const ike::IpAddress& to = gateway,
                 const DeviceNames& own = {"roamd0"}) {
    std::string all;
    for (const Uplink& uplink : uplinks(snapshot, to, own)) {
        all += (all.empty() ? "" : ", ") + uplink.name + " " + uplink.local.text();
    }
    return all;
}

/// The laptop on wlan0 with IPv6: a stable and a temporary address, a router by advertisement.
Snapshot laptop6() {
    Snapshot snapshot = laptop();
    Address link_local = address(wlan0, "fe80::2", 64);
    link_local.scope = Scope::link;
    Address temporary = address(wlan0, "2001:db8:1::aaaa", 64);
    temporary.temporary = true;
    snapshot.addresses.push_back(address(wlan0, "2001:db8:1::2", 64));
    snapshot.addresses.push_back(temporary);
    snapshot.addresses.push_back(link_local);
    snapshot.routes.push_back(route("::/0", "fe80::1", wlan0, 600));
    snapshot.routes.push_back(route("fe80::/64", "", wlan0, 256));
    return snapshot;
}

}  // namespace

TEST_CASE("Wi-Fi comes before cellular by its lower metric, and cellular is there as standby") {
    CHECK(ways(laptop()) == "wlan0 10.1.0.2, wwan0 10.2.0.2");
}

TEST_CASE("an uplink says its next hop, MTU, metric and interface") {
    const Uplink best = uplinks(laptop(), gateway, {}).front();
    CHECK(best.interface == wlan0);
    CHECK(best.next_hop == ip("10.1.0.1"));
    CHECK(best.mtu == 1500);
    CHECK(best.rank.metric == 600);
    CHECK(text(best) == "wlan0 10.1.0.2 via 10.1.0.1 metric 600");
}

TEST_CASE("the MTU of a route limits that of its link") {
    Snapshot snapshot = laptop();
    snapshot.routes[0].mtu = 1280;
    CHECK(uplinks(snapshot, gateway, {}).front().mtu == 1280);
    snapshot.routes[0].mtu = 9000;
    CHECK(uplinks(snapshot, gateway, {}).front().mtu == 1500);
}

TEST_CASE("a better metric turns the order round") {
    Snapshot snapshot = laptop();
    snapshot.routes[1].metric = 50;
    CHECK(ways(snapshot) == "wwan0 10.2.0.2, wlan0 10.1.0.2");
}

TEST_CASE("a link that is down is no uplink even while its address and routes are still there") {
    Snapshot snapshot = laptop();
    find(snapshot, wlan0).up = false;
    CHECK(ways(snapshot) == "wwan0 10.2.0.2");
}

TEST_CASE("a link without carrier is no uplink") {
    Snapshot snapshot = laptop();
    find(snapshot, wlan0).running = false;
    CHECK(ways(snapshot) == "wwan0 10.2.0.2");
}

TEST_CASE("a link without an address is no uplink") {
    Snapshot snapshot = laptop();
    remove_address(snapshot, "10.1.0.2");
    CHECK(ways(snapshot) == "wwan0 10.2.0.2");
}

TEST_CASE("a link with only the route to its own network is no uplink to the gateway") {
    Snapshot snapshot = laptop();
    snapshot.routes.erase(snapshot.routes.begin());
    CHECK(ways(snapshot) == "wwan0 10.2.0.2");
}

TEST_CASE("without any network there is no uplink") {
    CHECK(ways(Snapshot{}) == "");
}

TEST_CASE("a containers' bridge and veth have routes, but none to the gateway") {
    Snapshot snapshot = laptop();
    Link bridge = link(other, "docker0");
    bridge.kind = "bridge";
    Link veth = link({5}, "veth1a2b3c");
    veth.kind = "veth";
    veth.master = other;
    snapshot.links.push_back(bridge);
    snapshot.links.push_back(veth);
    snapshot.addresses.push_back(address(other, "172.17.0.1", 16));
    snapshot.routes.push_back(route("172.17.0.0/16", "", other, 0));
    CHECK(ways(snapshot) == "wlan0 10.1.0.2, wwan0 10.2.0.2");
}

TEST_CASE("our own tunnel is no uplink, be its route to the gateway as good as it may") {
    Snapshot snapshot = laptop();
    snapshot.links.push_back(link(other, "roamd0"));
    snapshot.addresses.push_back(address(other, "10.9.0.1", 32));
    snapshot.routes.push_back(route("192.0.2.1/32", "", other, 0));
    CHECK(ways(snapshot) == "wlan0 10.1.0.2, wwan0 10.2.0.2");
    CHECK(ways(snapshot, gateway, {}).starts_with("roamd0 10.9.0.1"));
}

TEST_CASE("a route over loopback is no uplink") {
    Snapshot snapshot = laptop();
    snapshot.routes.push_back(route("192.0.2.0/24", "", lo, 0));
    CHECK(ways(snapshot) == "wlan0 10.1.0.2, wwan0 10.2.0.2");
}

TEST_CASE("the longest prefix wins over the better metric") {
    Snapshot snapshot = laptop();
    snapshot.routes.push_back(route("192.0.2.0/24", "10.2.0.1", wwan0, 5000));
    CHECK(ways(snapshot) == "wwan0 10.2.0.2, wlan0 10.1.0.2");
}

TEST_CASE("of a link's several routes to the gateway its best one counts, once") {
    Snapshot snapshot = laptop();
    snapshot.routes.push_back(route("192.0.2.1/32", "10.1.0.254", wlan0, 10));
    CHECK(ways(snapshot) == "wlan0 10.1.0.2, wwan0 10.2.0.2");
    CHECK(uplinks(snapshot, gateway, {}).front().next_hop == ip("10.1.0.254"));
}

TEST_CASE("the default table is asked after main, whatever its metric") {
    Snapshot snapshot = laptop();
    snapshot.routes[0].table = default_table;
    snapshot.routes[0].metric = 1;
    CHECK(ways(snapshot) == "wwan0 10.2.0.2, wlan0 10.1.0.2");
}

TEST_CASE("two default routes of one metric are two uplinks of equal worth") {
    Snapshot snapshot = laptop();
    snapshot.routes[1].metric = 600;
    const auto both = uplinks(snapshot, gateway, {});
    REQUIRE(both.size() == 2);
    CHECK(both[0].rank == both[1].rank);
}

TEST_CASE("a route that rejects hides what the kernel would ask after it, and nothing else") {
    Snapshot snapshot = laptop();
    Route reject = route("0.0.0.0/0", "", {0}, 650);
    reject.rejects = true;
    snapshot.routes.push_back(reject);
    CHECK(ways(snapshot) == "wlan0 10.1.0.2");
    snapshot.routes.back().destination = ike::Prefix::host(gateway);
    CHECK(ways(snapshot) == "");
    CHECK(ways(snapshot, ip("192.0.2.2")) == "wlan0 10.1.0.2, wwan0 10.2.0.2");
}

TEST_CASE("a gateway on the link is reached without a next hop") {
    const auto near = uplinks(laptop(), ip("10.1.0.77"), {});
    REQUIRE(near.size() == 2);
    CHECK(near[0].name == "wlan0");
    CHECK_FALSE(near[0].next_hop.has_value());
}

TEST_CASE("an address of ours is never the way to itself") {
    CHECK(ways(laptop(), ip("10.1.0.2")) == "wwan0 10.2.0.2");
}

TEST_CASE("the source that the route prefers comes first, also before one that suits better") {
    Snapshot snapshot = laptop();
    snapshot.addresses.push_back(address(wlan0, "10.7.0.2", 24));
    CHECK(ways(snapshot) == "wlan0 10.1.0.2, wlan0 10.7.0.2, wwan0 10.2.0.2");
    snapshot.routes[0].preferred_source = ip("10.7.0.2");
    CHECK(ways(snapshot) == "wlan0 10.7.0.2, wlan0 10.1.0.2, wwan0 10.2.0.2");
}

TEST_CASE("a preferred source on another device serves; no other address from there does") {
    Snapshot snapshot = laptop();
    snapshot.addresses.push_back(address(lo, "203.0.113.5", 32));
    CHECK(ways(snapshot) == "wlan0 10.1.0.2, wwan0 10.2.0.2");
    snapshot.routes[0].preferred_source = ip("203.0.113.5");
    CHECK(ways(snapshot) == "wlan0 203.0.113.5, wlan0 10.1.0.2, wwan0 10.2.0.2");
}

TEST_CASE("a self-assigned 169.254 address reaches no gateway beyond its link [RFC3927-2.6.2]") {
    Snapshot snapshot = laptop();
    remove_address(snapshot, "10.1.0.2");
    snapshot.addresses.push_back(address(wlan0, "169.254.3.4", 16));
    CHECK(ways(snapshot) == "wwan0 10.2.0.2");
}

TEST_CASE("a point-to-point modem without a next hop is an uplink") {
    Snapshot snapshot = laptop();
    find(snapshot, wwan0).point_to_point = true;
    snapshot.routes[1].gateway.reset();
    CHECK(ways(snapshot) == "wlan0 10.1.0.2, wwan0 10.2.0.2");
}

TEST_CASE("a next hop of the other family leads to an IPv4 gateway [RFC8950]") {
    Snapshot snapshot = laptop();
    snapshot.routes[0].gateway = ip("fe80::1");
    CHECK(ways(snapshot) == "wlan0 10.1.0.2, wwan0 10.2.0.2");
}

TEST_CASE("an IPv6 gateway is reached from IPv6 addresses, a temporary one first [RFC6724-5]") {
    CHECK(ways(laptop6(), gateway6) == "wlan0 2001:db8:1::aaaa, wlan0 2001:db8:1::2");
}

TEST_CASE("a deprecated address comes last, temporary or not [RFC6724-5]") {
    Snapshot snapshot = laptop6();
    for (Address& mine : snapshot.addresses) {
        mine.deprecated = mine.temporary;
    }
    CHECK(ways(snapshot, gateway6) == "wlan0 2001:db8:1::2, wlan0 2001:db8:1::aaaa");
}

TEST_CASE("an address under or failed in duplicate address detection is no source [RFC4862-5.4]") {
    Snapshot snapshot = laptop6();
    for (Address& mine : snapshot.addresses) {
        mine.tentative = mine.temporary;
    }
    CHECK(ways(snapshot, gateway6) == "wlan0 2001:db8:1::2");
    for (Address& mine : snapshot.addresses) {
        mine.dad_failed = mine.address == ip("2001:db8:1::2");
    }
    CHECK(ways(snapshot, gateway6) == "");
}

TEST_CASE("a unique local address comes after a global one for a global gateway [RFC6724-5]") {
    Snapshot snapshot = laptop6();
    Address local = address(wlan0, "fd00:1::2", 64);
    local.temporary = true;
    snapshot.addresses.push_back(local);
    CHECK(ways(snapshot, gateway6) ==
          "wlan0 2001:db8:1::aaaa, wlan0 2001:db8:1::2, wlan0 fd00:1::2");
}

TEST_CASE("a route for one source prefix serves addresses of that prefix only") {
    Snapshot snapshot = laptop6();
    snapshot.addresses.push_back(address(wlan0, "2001:db8:2::2", 64));
    snapshot.routes[4].source = ike::Prefix::parse("2001:db8:2::/48");
    CHECK(ways(snapshot, gateway6) == "wlan0 2001:db8:2::2");
}

TEST_CASE("of two routers with one metric the advertised preference decides [RFC4191-3.2]") {
    Snapshot snapshot = laptop6();
    snapshot.addresses.push_back(address(wwan0, "2001:db8:3::2", 64));
    Route high = route("::/0", "fe80::9", wwan0, 600);
    high.preference = RouterPreference::high;
    snapshot.routes.push_back(high);
    CHECK(ways(snapshot, gateway6).starts_with("wwan0 2001:db8:3::2, wlan0 "));
}

TEST_CASE(
    "an uplink behind a portal or with limited connectivity ranks last, whatever its metric") {
    Snapshot snapshot = laptop();
    for (const Connectivity connectivity : {Connectivity::portal, Connectivity::limited}) {
        snapshot.managed = managed({{"wlan0", connectivity}, {"wwan0", Connectivity::full}});
        const auto found = uplinks(snapshot, ip("192.0.2.1"), {});
        REQUIRE(found.size() == 2);
        CHECK(found[0].name == "wwan0");
        CHECK(found[1].name == "wlan0");
    }
}

TEST_CASE("of equal metrics the unmetered uplink comes first, of others the metric decides") {
    Snapshot snapshot = laptop();
    snapshot.managed = managed({{"wlan0", Connectivity::full}, {"wwan0", Connectivity::full}});
    snapshot.managed.devices[0].metered = true;
    CHECK(uplinks(snapshot, ip("192.0.2.1"), {})[0].name == "wlan0");
    snapshot.routes[1].metric = 600;
    CHECK(uplinks(snapshot, ip("192.0.2.1"), {})[0].name == "wwan0");
}

TEST_CASE(
    "another VPN's tunnel is used where nothing else leads to the gateway, whatever its routes") {
    Snapshot snapshot = laptop();
    snapshot.links.push_back(link(other, "tun0"));
    snapshot.addresses.push_back(address(other, "10.8.0.2", 24));
    snapshot.routes.push_back(route("0.0.0.0/1", "10.8.0.1", other, 0));
    snapshot.routes.push_back(route("128.0.0.0/1", "10.8.0.1", other, 0));
    for (const char* kind : {"tun", "wireguard", "xfrm"}) {
        find(snapshot, other).kind = kind;
        CHECK(ways(snapshot) == "wlan0 10.1.0.2, wwan0 10.2.0.2, tun0 10.8.0.2");
    }
    find(snapshot, wlan0).up = find(snapshot, wwan0).up = false;
    CHECK(ways(snapshot) == "tun0 10.8.0.2");
}

TEST_CASE("a bridge, a bond or PPP with the routes to the gateway is an uplink as any other") {
    Snapshot snapshot = laptop();
    for (const char* kind : {"bridge", "bond", "ppp", "vlan", "veth", "wwan"}) {
        find(snapshot, wlan0).kind = kind;
        CHECK(ways(snapshot) == "wlan0 10.1.0.2, wwan0 10.2.0.2");
    }
}

// SPDX-License-Identifier: Apache-2.0
#include "agent/path/local_addresses.hpp"

#include <doctest/doctest.h>

using namespace agent;
using ike::InterfaceIndex;
using ike::IpAddress;

namespace {

IpAddress address(const char* text) {
    return *IpAddress::parse(text);
}

void add_uplink(netwatch::Snapshot& snapshot, InterfaceIndex index, const char* name,
                const char* local) {
    netwatch::Link link;
    link.index = index;
    link.name = name;
    link.mtu = 1500;
    link.up = link.running = true;
    snapshot.links.push_back(link);
    netwatch::Address own;
    own.interface = index;
    own.address = address(local);
    own.prefix_length = own.address.is_ipv4() ? 24 : 64;
    snapshot.addresses.push_back(own);
    netwatch::Route route;
    route.destination = {IpAddress::any(own.address.family()), 0};
    route.out = index;
    route.metric = 100 * index.value;
    route.gateway = own.address.is_ipv4() ? address("10.0.0.1") : address("fe80::1");
    snapshot.routes.push_back(route);
}

netwatch::Snapshot two_uplinks_and_ours() {
    netwatch::Snapshot snapshot;
    add_uplink(snapshot, {2}, "wlan0", "10.9.0.2");
    add_uplink(snapshot, {3}, "wwan0", "10.2.0.2");
    add_uplink(snapshot, {4}, "eth0", "2001:db8:2::2");
    add_uplink(snapshot, {5}, "roamd0", "10.50.0.1");
    return snapshot;
}

}  // namespace

TEST_CASE("our addresses are those that the gateway can be reached from, once [RFC4555-3.4]") {
    const auto snapshot = two_uplinks_and_ours();
    const std::vector one_family{address("192.0.2.1"), address("192.0.2.2")};
    CHECK(local_addresses(snapshot, one_family, {"roamd0"}) ==
          std::vector{address("10.2.0.2"), address("10.9.0.2")});
    const std::vector both{address("192.0.2.1"), address("2001:db8::1")};
    CHECK(local_addresses(snapshot, both, {"roamd0"}) ==
          std::vector{address("10.2.0.2"), address("10.9.0.2"), address("2001:db8:2::2")});
}

TEST_CASE("after a refusal the next path is tried, until all were refused [RFC4555-3.5]") {
    const ike::session::AddressPair wifi{{2}, address("10.9.0.2"), address("192.0.2.1")};
    const ike::session::AddressPair cellular{{3}, address("10.2.0.2"), address("192.0.2.1")};
    const ike::session::AddressPair other_address{{2}, address("10.9.0.2"), address("192.0.2.2")};
    const std::vector paths{wifi, cellular, other_address};
    CHECK(not_refused(paths, {wifi}) == cellular);
    CHECK(not_refused(paths, {cellular, wifi}) == other_address);
    CHECK_FALSE(not_refused(paths, paths));
}

TEST_CASE("the addresses of the gateway's name come before those that it told [RFC4555-3.4]") {
    const std::vector named{address("192.0.2.1"), address("192.0.2.9")};
    const std::vector told{address("192.0.2.5"), address("192.0.2.1")};
    CHECK(gateway_destinations(named, told) ==
          std::vector{address("192.0.2.1"), address("192.0.2.9"), address("192.0.2.5")});
}

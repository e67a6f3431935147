// SPDX-License-Identifier: Apache-2.0
#include "netwatch/nat64.hpp"

#include "tests/netwatch/values.hpp"

#include <doctest/doctest.h>

using namespace netwatch;
using namespace netwatch::values;
using ike::Prefix;

namespace {

const ike::IpAddress gateway = ip("192.0.2.33");
const ike::IpAddress well_known = ip("64:ff9b::c000:221");
const ike::IpAddress by_network = ip("2001:db8:64::c000:221");

Prefix prefix(std::string_view text) {
    return Prefix::parse(text).value();
}

/// Wi-Fi has IPv4 alone, cellular IPv6 alone.
Snapshot street() {
    Snapshot snapshot = laptop();
    remove_address(snapshot, "10.2.0.2");
    std::erase_if(snapshot.routes, [](const Route& route) { return route.out == wwan0; });
    snapshot.addresses.push_back(address(wwan0, "2001:db8:2::2", 64));
    snapshot.routes.push_back(route("::/0", "fe80::1", wwan0, 700));
    return snapshot;
}

/// "wwan0 2001:db8:2::2"
std::string ways(const Snapshot& snapshot, const ike::IpAddress& to) {
    std::string all;
    for (const Uplink& uplink : uplinks(snapshot, to, {})) {
        all += (all.empty() ? "" : ", ") + uplink.name + " " + uplink.local.text();
    }
    return all;
}

}  // namespace

TEST_CASE(
    "an IPv4 address stands in a prefix of each allowed length, around byte 8 [RFC6052-2.4]") {
    const auto check = [](const char* of, const char* whole) {
        CHECK(synthesised(prefix(of), gateway) == ip(whole));
        CHECK(embedded(prefix(of), ip(whole)) == gateway);
    };
    check("2001:db8::/32", "2001:db8:c000:221::");
    check("2001:db8:100::/40", "2001:db8:1c0:2:21::");
    check("2001:db8:122::/48", "2001:db8:122:c000:2:2100::");
    check("2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::");
    check("2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::");
    check("2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33");
    check("64:ff9b::/96", "64:ff9b::192.0.2.33");
}

TEST_CASE(
    "nothing stands in a prefix of another length, for an IPv6 address, or beside the prefix") {
    CHECK_FALSE(synthesised(prefix("2001:db8::/33"), gateway));
    CHECK_FALSE(synthesised(prefix("10.0.0.0/8"), gateway));
    CHECK_FALSE(synthesised(well_known_nat64(), ip("2001:db8::1")));
    CHECK_FALSE(embedded(well_known_nat64(), by_network));
    CHECK_FALSE(embedded(well_known_nat64(), gateway));
}

TEST_CASE("the answers for ipv4only.arpa tell the prefix, each once [RFC7050-3]") {
    const std::vector both{ip("64:ff9b::192.0.0.170"), ip("64:ff9b::192.0.0.171")};
    CHECK(nat64_prefixes(both) == std::vector{prefix("64:ff9b::/96")});
    const std::vector short_ones{ip("2001:db8:122:c000:0:aa00::"), ip("2001:db8:c000:ab::")};
    CHECK(nat64_prefixes(short_ones) ==
          std::vector{prefix("2001:db8:122::/48"), prefix("2001:db8::/32")});
}

TEST_CASE("an answer with none of the known addresses, or with two, tells nothing [RFC7050-3]") {
    const std::vector useless{ip("2001:db8::1"), ip("192.0.0.170"),
                              ip("2001:db8:c000:aa::c000:aa")};
    CHECK(nat64_prefixes(useless).empty());
}

TEST_CASE("IPv6 only is a link with an address and a default route of it, and no IPv4") {
    Snapshot snapshot = street();
    CHECK(ipv6_only(snapshot, wwan0));
    CHECK_FALSE(ipv6_only(snapshot, wlan0));
    snapshot.addresses.push_back(address(wwan0, "169.254.3.4", 16));
    CHECK(ipv6_only(snapshot, wwan0));
    snapshot.addresses.push_back(address(wwan0, "10.2.0.2", 24));
    CHECK_FALSE(ipv6_only(snapshot, wwan0));
    Snapshot unready = street();
    unready.addresses.back().tentative = true;
    CHECK_FALSE(ipv6_only(unready, wwan0));
    Snapshot local = street();
    local.routes.pop_back();
    CHECK_FALSE(ipv6_only(local, wwan0));
}

TEST_CASE("what stands for the gateway behind one link's NAT64 is reached by that link alone") {
    Snapshot snapshot = street();
    snapshot.addresses.push_back(address(wlan0, "2001:db8:1::2", 64));
    snapshot.routes.push_back(route("::/0", "fe80::1", wlan0, 600));
    CHECK(ways(snapshot, by_network) == "wlan0 2001:db8:1::2, wwan0 2001:db8:2::2");
    snapshot.nat64 = {{wwan0, prefix("2001:db8:64::/96")}};
    CHECK(ways(snapshot, by_network) == "wwan0 2001:db8:2::2");
    CHECK(ways(snapshot, ip("2001:db8:9::1")) == "wlan0 2001:db8:1::2, wwan0 2001:db8:2::2");
}

TEST_CASE("two links behind the same prefix both lead there") {
    Snapshot snapshot = street();
    snapshot.addresses.push_back(address(wlan0, "2001:db8:1::2", 64));
    snapshot.routes.push_back(route("::/0", "fe80::1", wlan0, 600));
    snapshot.nat64 = {{wlan0, well_known_nat64()}, {wwan0, well_known_nat64()}};
    CHECK(ways(snapshot, well_known) == "wlan0 2001:db8:1::2, wwan0 2001:db8:2::2");
}

TEST_CASE("an address of the well-known prefix is not sent to by a link that has IPv4") {
    Snapshot snapshot = street();
    CHECK(ways(snapshot, well_known) == "wwan0 2001:db8:2::2");
    snapshot.addresses.push_back(address(wwan0, "10.2.0.2", 24));
    CHECK(ways(snapshot, well_known).empty());
}

TEST_CASE("where another prefix is known the well-known one leads nowhere") {
    Snapshot snapshot = street();
    snapshot.nat64 = {{wwan0, prefix("2001:db8:64::/96")}};
    CHECK(ways(snapshot, well_known).empty());
}

TEST_CASE(
    "a gateway's address from one network's DNS64 is kept as the IPv4 address it stands for") {
    Snapshot snapshot = street();
    snapshot.nat64 = {{wwan0, prefix("2001:db8:64::/96")}};
    const std::vector told{by_network, ip("2001:db8:9::1"), gateway};
    CHECK(without_nat64(snapshot, told) == std::vector{gateway, ip("2001:db8:9::1")});
}

TEST_CASE(
    "one of the well-known prefix stays beside what it stands for until that prefix is found") {
    Snapshot snapshot = street();
    CHECK(without_nat64(snapshot, std::vector{well_known}) == std::vector{gateway, well_known});
    snapshot.nat64 = {{wwan0, well_known_nat64()}};
    CHECK(without_nat64(snapshot, std::vector{well_known}) == std::vector{gateway});
}

TEST_CASE("each IPv4 address of the gateway has one that stands for it behind each NAT64") {
    Snapshot snapshot = street();
    const std::vector real{gateway, ip("2001:db8:9::1")};
    CHECK(with_nat64(snapshot, real) == real);
    snapshot.nat64 = {{wwan0, prefix("2001:db8:64::/96")}};
    CHECK(with_nat64(snapshot, real) == std::vector{gateway, ip("2001:db8:9::1"), by_network});
}

TEST_CASE("a NAT64 found is another network") {
    Snapshot found = street();
    found.nat64 = {{wwan0, well_known_nat64()}};
    CHECK_FALSE(found == street());
}

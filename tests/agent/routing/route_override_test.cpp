// SPDX-License-Identifier: Apache-2.0
#include "agent/linux/kernel_ids.hpp"
#include "agent/routing/route_override_watch.hpp"
#include "tests/agent/network_namespace.hpp"
#include "tests/agent/turning.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <utility>

using namespace agent;
using namespace agent::test;

namespace {

TunnelNetwork network_of(std::vector<std::string> destinations) {
    TunnelNetwork network;
    network.device = "roamd0";
    network.mtu = 1400;
    network.addresses = {*ike::IpAddress::parse("10.99.0.7"), *ike::IpAddress::parse("fd99::7")};
    for (const std::string& each : destinations) {
        network.destinations.push_back(*ike::Prefix::parse(each));
    }
    return network;
}

/// A laptop with Wi-Fi, and the routes and rules of a tunnel.
struct Laptop {
    explicit Laptop(TunnelNetwork wanted = network_of({"0.0.0.0/0", "::/0"}))
        : network(std::move(wanted)) {
        REQUIRE(enter_network_namespace());
        REQUIRE(run("ip link set lo up"));
        REQUIRE(run("ip link add wlan0 type bridge && ip link set wlan0 up"));
        REQUIRE(run("ip addr add 192.0.2.9/24 dev wlan0 && ip route add default via 192.0.2.1"));
        REQUIRE(run("ip addr add 2001:db8::9/64 dev wlan0 nodad"));
        REQUIRE(receives_by("2001:db8::9", "wlan0"));
        REQUIRE(run("ip -6 route add default via 2001:db8::1"));
        REQUIRE(run("ip tuntap add roamd0 mode tun"));
        REQUIRE(routes.apply(network).ok());
    }
    std::optional<RouteOverride> overridden() const {
        const auto precedence = precedence_of(network);
        REQUIRE(precedence.ok());
        return precedence->overridden;
    }

    Routes routes{first_table};
    TunnelNetwork network;
};

}  // namespace

TEST_CASE("nobody's rule before the tunnel's: nothing overrides it") {
    CHECK_FALSE(Laptop().overridden());
}

TEST_CASE("a rule before the tunnel's that takes what it covers is named, with a remedy") {
    Laptop laptop;
    std::string by;
    std::string remedy = "ip rule del priority 1";
    SUBCASE("to the main table") {
        REQUIRE(run("ip rule add pref 1 lookup main"));
        by = "rule 1: from all lookup main";
    }
    SUBCASE("of one family") {
        REQUIRE(run("ip -6 rule add pref 1 lookup main"));
        by = "rule 1: from all lookup main";
        remedy = "ip -6 rule del priority 1";
    }
    SUBCASE("to a table of somebody's, behind one that has no route") {
        REQUIRE(run("ip rule add pref 1 lookup 77 && ip rule add pref 2 lookup 78"));
        REQUIRE(run("ip route add default dev wlan0 table 78"));
        by = "rule 2: from all lookup 78";
        remedy = "ip rule del priority 2";
    }
    SUBCASE("by the virtual address as the source") {
        REQUIRE(run("ip rule add pref 1 from 10.99.0.0/16 lookup main"));
        by = "rule 1: from 10.99.0.0/16 lookup main";
    }
    SUBCASE("that drops") {
        REQUIRE(run("ip rule add pref 1 blackhole"));
        by = "rule 1: from all that drops or refuses";
    }
    SUBCASE("to a route that drops") {
        REQUIRE(run("ip rule add pref 1 lookup 78 && ip route add blackhole default table 78"));
        by = "rule 1: from all lookup 78";
    }
    const auto found = laptop.overridden();
    REQUIRE(found);
    CHECK(found->by == by);
    CHECK(found->remedy.find(remedy) != std::string::npos);
    CHECK_FALSE(found->partly);
}

TEST_CASE("a rule for a part of a network overrides that part") {
    Laptop laptop;
    REQUIRE(run("ip rule add pref 1 to 10.44.0.0/16 lookup main"));
    const auto found = laptop.overridden();
    REQUIRE(found);
    CHECK(found->partly);
    CHECK(found->destination.text().starts_with("10.44."));
    SUBCASE("unless another one takes all") {
        REQUIRE(run("ip -6 rule add pref 1 lookup main"));
        CHECK_FALSE(laptop.overridden()->partly);
    }
}

TEST_CASE("rules that take nothing of what the tunnel covers override nothing") {
    for (const auto& row : std::initializer_list<std::pair<const char*, const char*>>{
             {"local networks before all else, as wg-quick has them",
              "ip rule add pref 1 lookup main suppress_prefixlength 0"},
             {"to an empty table", "ip rule add pref 1 lookup 77"},
             {"to elsewhere", "ip rule add pref 1 to 10.30.0.0/16 lookup main"},
             {"of another source", "ip rule add pref 1 from 192.0.2.9 lookup main"},
             {"behind the tunnel's", "ip rule add pref 30000 lookup main"},
             {"of sockets with a mark", "ip rule add pref 1 fwmark 7 lookup main"},
             {"of one user", "ip rule add pref 1 uidrange 1000-1000 lookup main"},
             {"of a port", "ip rule add pref 1 ipproto tcp dport 22 lookup main"},
         }) {
        CAPTURE(std::string(row.first));
        Laptop laptop(network_of({"10.20.0.0/16", "fd20::/64"}));
        REQUIRE(run(row.second));
        CHECK_FALSE(laptop.overridden());
    }
}

TEST_CASE("the watch notices a rule and a route that come and go, and nothing else wakes it") {
    Laptop laptop;
    auto loop = EventLoop::create();
    REQUIRE(loop.ok());
    ike::NullLog log;
    int told = 0;
    RouteOverrideWatch watch(*loop, log, [&told] { ++told; });
    watch.watch(laptop.network);
    const auto becomes = [&](bool overridden) {
        return agent_test::until(*loop,
                                 [&] { return watch.overridden().has_value() == overridden; });
    };
    REQUIRE(run("ip rule add pref 1 lookup 78"));
    REQUIRE(agent_test::until(
        *loop, [&] { return precedence_of(laptop.network)->tables_before.contains(78); }));
    for (int turn = 0; turn < 5; ++turn) {
        REQUIRE(loop->run_once(std::chrono::milliseconds(10)));
    }
    CHECK(told == 0);
    REQUIRE(run("ip route add default dev wlan0 table 78"));
    CHECK(becomes(true));
    REQUIRE(run("ip route del default table 78"));
    CHECK(becomes(false));
    REQUIRE(run("ip rule add pref 2 lookup main"));
    CHECK(becomes(true));
    REQUIRE(run("ip rule del pref 2"));
    CHECK(becomes(false));
    CHECK(told == 4);
}

TEST_CASE("rules in a storm are asked about at a bounded pace") {
    Laptop laptop;
    auto loop = EventLoop::create();
    REQUIRE(loop.ok());
    ike::NullLog log;
    int told = 0;
    RouteOverrideWatch watch(*loop, log, [&told] { ++told; });
    watch.watch(laptop.network);
    for (int round = 0; round < 40; ++round) {
        REQUIRE(run("ip rule add pref 2 lookup main"));
        REQUIRE(loop->run_once(std::chrono::milliseconds(5)));
        REQUIRE(run("ip rule del pref 2"));
        REQUIRE(loop->run_once(std::chrono::milliseconds(5)));
    }
    CHECK(told < 2 * RepairPace::at_once);
}

// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/own_state_watch.hpp"

#include "agent/linux/kernel_ids.hpp"
#include "agent/routing/tunnel_routes.hpp"
#include "tests/agent/network_namespace.hpp"
#include "tests/agent/turning.hpp"

#include <doctest/doctest.h>

#include <net/if.h>

using namespace agent;
using namespace agent::test;

namespace {

TunnelNetwork everything() {
    TunnelNetwork network;
    network.device = "roamd0";
    network.mtu = 1400;
    network.addresses = {*ike::IpAddress::parse("10.99.0.7"), *ike::IpAddress::parse("fd99::7")};
    network.destinations = {*ike::Prefix::parse("0.0.0.0/0"), *ike::Prefix::parse("::/0")};
    network.gateways = {*ike::IpAddress::parse("203.0.113.1")};
    return network;
}

/// A tunnel's network, and who watches it: each look puts it back.
struct Watched {
    Watched() {
        REQUIRE(enter_network_namespace());
        REQUIRE(run("ip link set lo up"));
        REQUIRE(run("ip link add wlan0 type bridge && ip link set wlan0 up"));
        REQUIRE(run("ip addr add 192.0.2.9/24 dev wlan0 && ip route add default via 192.0.2.1"));
        REQUIRE(run("ip tuntap add roamd0 mode tun"));
        auto created = EventLoop::create();
        REQUIRE(created.ok());
        loop.emplace(std::move(*created));
        REQUIRE(routes.apply(everything()).ok());
        watch.emplace(*loop, log, first_table, [this] {
            ++looks;
            return routes.apply(everything()).ok();
        });
        watch->watch_device({::if_nametoindex("roamd0")});
        REQUIRE(receives_by("fd99::7", "roamd0"));
        before = state();
    }
    static std::string state() {
        return output_of(
            "(ip rule; ip -6 rule; ip route show table 29280; ip -6 route show table 29280; "
            "ip -o addr show roamd0; ip route show table local dev roamd0; ip -6 route show table "
            "local dev roamd0; ip -o link show roamd0 | grep -o 'mtu.*state') | sort");
    }
    bool looked() {
        return agent_test::until(*loop, [this] { return looks > 0; });
    }
    /// Every event that is due is told.
    void settle() {
        for (int turn = 0; turn < 5; ++turn) {
            REQUIRE(loop->run_once(std::chrono::milliseconds(10)));
        }
    }

    ike::NullLog log;
    std::optional<EventLoop> loop;
    Routes routes{first_table};
    int looks = 0;
    std::optional<OwnStateWatch> watch;
    std::string before;
};

}  // namespace

TEST_CASE("whatever somebody does to a tunnel's device, addresses, routes and rules is put back") {
    for (const char* disturbance :
         {"ip rule del prio 29281", "ip -6 rule del prio 29281",
          "ip rule del prio 29200 to 203.0.113.1 ipproto udp dport 500",
          "ip route flush table 29280", "ip -6 route flush table 29280",
          "ip route del unreachable default table 29280 metric 4294967295",
          "ip route replace default dev wlan0 table 29280", "ip link set roamd0 down",
          "ip link set roamd0 down && ip link set roamd0 up", "ip addr flush dev roamd0",
          "ip addr del 10.99.0.7/32 dev roamd0", "ip link set roamd0 mtu 1300",
          "ip route flush dev roamd0 table all && ip -6 route flush dev roamd0 table all",
          "ip link set roamd0 mtu 1000", "echo 1 >/proc/sys/net/ipv6/conf/roamd0/disable_ipv6"}) {
        CAPTURE(std::string(disturbance));
        Watched watched;
        REQUIRE(run(disturbance));
        CHECK(watched.looked());
        CHECK(agent_test::until(*watched.loop, [&] { return Watched::state() == watched.before; }));
        watched.settle();
        CHECK(Watched::state() == watched.before);
        // A change of our own is told, too, but does not go on for ever.
        CHECK(watched.looks < RepairPace::at_once);
        CHECK_FALSE(watched.watch->fought());
    }
}

TEST_CASE("what others do to what is theirs is not looked at") {
    Watched watched;
    REQUIRE(run("ip link set wlan0 mtu 1400 && ip addr add 192.0.2.10/24 dev wlan0"));
    REQUIRE(run("ip addr del 192.0.2.10/24 dev wlan0"));
    REQUIRE(run("ip route add 10.7.0.0/16 dev wlan0 && ip route del 10.7.0.0/16"));
    REQUIRE(run("ip rule add to 10.8.0.0/16 lookup 77 && ip rule del to 10.8.0.0/16"));
    REQUIRE(run("ip rule add lookup 29281 prio 29280 proto 114 && ip rule del prio 29280"));
    watched.settle();
    CHECK(watched.looks == 0);
}

TEST_CASE("a look that does not put all back is followed by another") {
    Watched watched;
    REQUIRE(run("ip link del roamd0"));
    REQUIRE(watched.looked());
    CHECK(output_of("ip route get 198.51.100.1").find("dev ") == std::string::npos);
    REQUIRE(run("ip tuntap add roamd0 mode tun"));
    CHECK(agent_test::until(*watched.loop, [] {
        return output_of("ip route get 198.51.100.1").find("dev roamd0") != std::string::npos;
    }));
}

TEST_CASE("somebody who removes a route as often as it comes back is told of, and costs little") {
    Watched watched;
    agent_test::until(*watched.loop, [&] {
        (void)output_of("ip route flush table 29280");
        return watched.watch->fought();
    });
    CHECK(watched.watch->fought());
    CHECK(watched.looks < 2 * RepairPace::at_once);
}

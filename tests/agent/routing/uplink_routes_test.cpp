// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/uplink_routes.hpp"

#include "agent/linux/kernel_ids.hpp"
#include "tests/agent/turning.hpp"
#include "tests/agent/two_uplinks.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace agent;
using namespace agent::test;

namespace {

const ike::IpAddress gateway = address("203.0.113.10");

/// The ways of a tunnel on a laptop with two uplinks.
struct Laptop {
    explicit Laptop(UplinkRoutes::Wanted wanted) {
        set_up_two_uplinks();
        auto created = EventLoop::create();
        REQUIRE(created.ok());
        loop.emplace(std::move(*created));
        network = network_now();
        routes = std::make_unique<UplinkRoutes>(*loop, log, network, first_table, "roamd0", wanted);
    }
    /// Everything that was put off is done.
    void turn() {
        for (int turns = 0; turns < 3; ++turns) {
            REQUIRE(loop->run_once(std::chrono::milliseconds(5)));
        }
    }
    static bool led(const char* local) {
        return output_of("ip rule").find("from " + std::string(local) + " to 203.0.113.10") !=
               std::string::npos;
    }

    ike::NullLog log;
    std::optional<EventLoop> loop;
    netwatch::Snapshot network;
    std::unique_ptr<UplinkRoutes> routes;
};

}  // namespace

TEST_CASE("what sockets send has ways of its own once an uplink is filtered strictly, not before") {
    Laptop laptop(UplinkRoutes::Wanted::where_filtered);
    REQUIRE(
        run("for link in all wlan0 wwan0; do "
            "echo 0 >/proc/sys/net/ipv4/conf/$link/rp_filter; done"));
    laptop.routes->lead_to(gateway);
    laptop.turn();
    laptop.routes->use(path_by(laptop.network, "wwan0", gateway));
    CHECK_FALSE(Laptop::led("192.168.1.23"));
    CHECK_FALSE(Laptop::led("10.137.5.8"));
    REQUIRE(run("echo 1 >/proc/sys/net/ipv4/conf/wwan0/rp_filter"));
    laptop.routes->lead_to(gateway);
    laptop.turn();
    CHECK(Laptop::led("192.168.1.23"));
    CHECK(Laptop::led("10.137.5.8"));
    laptop.routes.reset();
    CHECK_FALSE(Laptop::led("192.168.1.23"));
    CHECK_FALSE(Laptop::led("10.137.5.8"));
}

TEST_CASE("what the kernel sends has the way of each uplink, of new ones as well; gone ones go") {
    Laptop laptop(UplinkRoutes::Wanted::always);
    laptop.routes->network_changed();  // nobody knows where to yet
    laptop.turn();
    CHECK_FALSE(Laptop::led("192.168.1.23"));
    laptop.routes->lead_to(gateway);
    laptop.turn();
    CHECK(Laptop::led("192.168.1.23"));
    CHECK(Laptop::led("10.137.5.8"));

    const ike::Path cellular = path_by(laptop.network, "wwan0", gateway);
    REQUIRE(run("ip addr del 192.168.1.23/24 dev wlan0"));
    REQUIRE(
        run("ip addr add 192.168.7.9/24 dev wlan0 && "
            "ip route add default via 192.168.7.1 dev wlan0 metric 600"));
    laptop.network = network_now();
    laptop.routes->network_changed();
    laptop.turn();
    CHECK(Laptop::led("192.168.7.9"));
    laptop.routes->tidy(cellular);
    CHECK_FALSE(Laptop::led("192.168.1.23"));
    CHECK(Laptop::led("10.137.5.8"));

    REQUIRE(run("ip rule flush && ip rule add from all lookup main"));
    CHECK_FALSE(Laptop::led("10.137.5.8"));
    laptop.routes->restore();
    CHECK(Laptop::led("10.137.5.8"));
    CHECK(Laptop::led("192.168.7.9"));
}

// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/tunnel/story.hpp"

// Every uplink is restricted: NetworkManager's check finds a portal, or no way to the internet.
using namespace sim;
using namespace ike;
using namespace std::chrono_literals;
using netwatch::Connectivity;

namespace {

void find(Laptop& laptop, InterfaceIndex interface, Connectivity connectivity) {
    laptop.change(interface, [&](Access& access) { access.connectivity = connectivity; });
}

/// Wi-Fi alone, with a portal before it.
void set_up_portal(Laptop& laptop) {
    laptop.cut(wwan0);
    find(laptop, wlan0, Connectivity::portal);
}

}  // namespace

TEST_CASE("a portal that appears on the path in use is left for a network without one") {
    Laptop laptop({.network_manager = true});
    connected(laptop);
    find(laptop, wlan0, Connectivity::portal);
    CHECK(goes_by(laptop, "wwan0", 1s));
    CHECK(last_roam(laptop) == "wlan0 -> wwan0 preferred portal moved");
    CHECK(laptop.status().connection->connectivity == "full");
    check_carries(laptop);
}

TEST_CASE(
    "limited connectivity is no reason to leave the only path, by which the gateway answers") {
    Laptop laptop({.tune = [](auto& config) { config.leak_guard = agent::LeakGuardChoice::off; },
                   .network_manager = true});
    laptop.cut(wwan0);
    connected(laptop);
    find(laptop, wlan0, Connectivity::limited);
    CHECK(laptop.connected());
    check_carries(laptop);
    CHECK(laptop.roams().empty());
}

TEST_CASE("behind a portal the tunnel holds, and tries after ten seconds") {
    Laptop laptop({.network_manager = true});
    set_up_portal(laptop);
    laptop.up();
    laptop.run_for(9900ms);
    CHECK(laptop.state() == TunnelState::holding);
    CHECK(laptop.status().hold_reason == "portal");
    CHECK(laptop.sent().empty());
    laptop.run_for(200ms);
    CHECK(laptop.connected());
    CHECK(laptop.by() == "wlan0");
    check_carries(laptop);
}

TEST_CASE("a portal that lets nothing through is tried for five seconds each, ever more rarely") {
    Laptop laptop({.network_manager = true});
    laptop.swallow(wlan0);
    set_up_portal(laptop);
    laptop.up();
    std::vector<Duration> tries;
    const Instant begun = laptop.now();
    std::size_t sent = 0;
    while (laptop.now() - begun < 300s && laptop.violations().empty()) {
        laptop.run_for(1s);
        if (laptop.sent().size() != sent &&
            (tries.empty() || laptop.now() - begun - tries.back() > 6s)) {
            tries.push_back(laptop.now() - begun);
        }
        sent = laptop.sent().size();
    }
    REQUIRE(tries.size() == 4);
    CHECK(tries[0] / 1s == 11);
    CHECK(tries[1] / 1s == 36);
    CHECK(tries[2] / 1s == 81);
    CHECK(tries[3] / 1s == 166);
    CHECK(laptop.state() == TunnelState::holding);
    check_clean(laptop);
}

TEST_CASE("once a person has logged in the tunnel connects at once") {
    Laptop laptop({.network_manager = true});
    set_up_portal(laptop);
    laptop.up();
    laptop.run_for(5s);
    find(laptop, wlan0, Connectivity::full);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 1s));
    check_carries(laptop);
}

TEST_CASE("a held tunnel opens the way to the portal's page, and to the network's name servers") {
    Laptop laptop({.network_manager = true});
    connected(laptop);
    laptop.names().servers = {{*IpAddress::parse("10.1.0.1"), ""}};
    laptop.change([](AccessNetworks& networks) {
        networks.uplink(wlan0).up = networks.uplink(wwan0).up = false;
    });
    CHECK(laptop.resolved().all().contains("roamd0"));
    laptop.change([](AccessNetworks& networks) {
        networks.access(wlan0).connectivity = Connectivity::portal;
        networks.uplink(wlan0).up = true;
    });
    CHECK(laptop.state() == TunnelState::holding);
    CHECK(laptop.status().hold_reason == "portal");
    CHECK(laptop.status().guard.state == "portal");
    CHECK(laptop.status().guard.portal == "wlan0");
    CHECK_FALSE(laptop.resolved().all().contains("roamd0"));
    REQUIRE(laptop.filter().protection("office")->portal);
    CHECK(laptop.filter().protection("office")->portal->resolvers.size() == 1);
    REQUIRE(laptop.machine().applied()->portal);
    find(laptop, wlan0, Connectivity::full);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 2s));
    CHECK(laptop.status().guard.state == "on");
    CHECK(laptop.resolved().all().contains("roamd0"));
    CHECK_FALSE(laptop.machine().applied()->portal);
    check_carries(laptop);
}

TEST_CASE("a guard that hides NetworkManager's check takes \"limited\" for unknown") {
    Laptop laptop({.network_manager = true});
    laptop.cut(wwan0);
    connected(laptop);
    CHECK(laptop.tunnel().hides_checks());
    laptop.cut(wlan0);
    laptop.change([](AccessNetworks& networks) {
        networks.access(wlan0).connectivity = Connectivity::limited;
        networks.uplink(wlan0).up = true;
    });
    CHECK(goes_by(laptop, "wlan0", 1s));
    check_carries(laptop);
}

TEST_CASE("the try behind a portal ends as a hold when nobody answers, not as an error") {
    Laptop laptop({.network_manager = true});
    laptop.swallow(wlan0);
    set_up_portal(laptop);
    laptop.up();
    laptop.run_for(12s);
    CHECK(laptop.state() == TunnelState::connecting);
    laptop.run_for(4s);
    CHECK(laptop.state() == TunnelState::holding);
    CHECK_FALSE(laptop.status().error);
}

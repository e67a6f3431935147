// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/tunnel/story.hpp"

#include <algorithm>

// A connected tunnel follows the network.
using namespace sim;
using namespace ike;
using namespace std::chrono_literals;

namespace {

void cut_both(Laptop& laptop) {
    laptop.change([](AccessNetworks& networks) {
        networks.uplink(wlan0).up = networks.uplink(wwan0).up = false;
    });
}

void ask_in_vain(Laptop& laptop, Duration duration) {
    for (const Instant until = laptop.now() + duration; laptop.now() < until;) {
        laptop.send_up();
        laptop.run_for(50ms);
    }
}

}  // namespace

TEST_CASE("a link that goes down is left at once, with the same IKE SA") {
    Laptop laptop;
    connected(laptop);
    const auto before = laptop.status().ike_sa;
    laptop.cut(wlan0);
    CHECK(laptop.state() == TunnelState::moving);
    REQUIRE(laptop.status().target);
    CHECK(laptop.status().target->interface == "wwan0");
    CHECK(goes_by(laptop, "wwan0", 1s));
    CHECK(laptop.status().ike_sa == before);
    CHECK(last_roam(laptop) == "wlan0 -> wwan0 forced carrier-lost moved");
    CHECK(heard(laptop, wire::NotifyType::update_sa_addresses) == 1);
    check_carries(laptop);
    CHECK(laptop.tunnel().roams().back().first_packet);
    CHECK(laptop.tunnel().counters().roams_by_reason.at("carrier-lost") == 1);
}

TEST_CASE("UPDATE_SA_ADDRESSES leaves in the turn in which the kernel told") {
    Laptop laptop;
    connected(laptop);
    laptop.cut(wlan0);
    const agent::RoamRecord& roam = laptop.tunnel().roams().back();
    CHECK(roam.update_sent == roam.event);
}

TEST_CASE("another address of the same link is moved to") {
    Laptop laptop;
    connected(laptop);
    laptop.give_address(wlan0, "10.1.0.77");
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 1s));
    CHECK(last_roam(laptop) == "wlan0 -> wlan0 forced address-removed moved");
    CHECK(laptop.status().path->local.address == *IpAddress::parse("10.1.0.77"));
    check_carries(laptop);
}

TEST_CASE("a default route that goes is a forced roam, too") {
    Laptop laptop;
    connected(laptop);
    laptop.change(wlan0, [](Access& access) { access.routed = false; });
    CHECK(goes_by(laptop, "wwan0", 1s));
    CHECK(last_roam(laptop) == "wlan0 -> wwan0 forced route-removed moved");
    check_carries(laptop);
}

TEST_CASE("a better uplink is gone to while data goes on by the old one, and nothing is lost") {
    Laptop laptop;
    laptop.cut(wlan0);
    connected(laptop);
    REQUIRE(laptop.by() == "wwan0");
    laptop.talk(5ms, 100ms);
    laptop.mend(wlan0);
    laptop.talk(5ms, 1s);
    CHECK(laptop.by() == "wlan0");
    CHECK(laptop.connected());
    CHECK(last_roam(laptop) == "wwan0 -> wlan0 preferred better-path moved");
    laptop.run_for(1s);
    CHECK(laptop.traffic_up().received == laptop.traffic_up().sent);
    CHECK(laptop.traffic_down().received == laptop.traffic_down().sent);
    check_carries(laptop);
}

TEST_CASE("a better uplink that does not carry is not moved to, and avoided for ten seconds") {
    Laptop laptop;
    laptop.cut(wlan0);
    connected(laptop);
    laptop.swallow(wlan0);
    laptop.mend(wlan0);
    CHECK(laptop.state() == TunnelState::moving);
    CHECK(laptop.by() == "wwan0");
    laptop.run_until([&] { return laptop.connected(); }, 30s);
    CHECK(laptop.by() == "wwan0");
    CHECK(last_roam(laptop) == "wwan0 -> wlan0 preferred better-path failed");
    laptop.swallow(wlan0, false);
    const Instant refused = laptop.now();
    CHECK(goes_by(laptop, "wlan0", 20s));
    CHECK(laptop.now() - refused >= 9s);
    CHECK(laptop.now() - refused <= 12s);
    check_carries(laptop);
}

TEST_CASE("the old uplink goes while a better one is tested: nothing is waited for") {
    Laptop laptop;
    laptop.cut(wlan0);
    connected(laptop);
    laptop.networks().uplink(wlan0).quality.delay = 400ms;
    laptop.mend(wlan0);
    laptop.run_for(100ms);
    CHECK(laptop.by() == "wwan0");
    laptop.cut(wwan0);
    CHECK(laptop.by() == "wlan0");
    CHECK(goes_by(laptop, "wlan0", 5s));
    check_carries(laptop);
}

TEST_CASE("Wi-Fi that fades is left for cellular before it is gone") {
    Laptop laptop({.network_manager = true});
    connected(laptop);
    laptop.change(wlan0, [](Access& access) { access.weak = true; });
    CHECK(goes_by(laptop, "wwan0", 1s));
    CHECK(last_roam(laptop) == "wlan0 -> wwan0 preferred weak-signal moved");
    REQUIRE(laptop.status().connection);
    CHECK(laptop.status().connection->type == "modem");
    check_carries(laptop);
}

TEST_CASE("a network that keeps vanishing has to stay before it is gone back to") {
    Laptop laptop;
    connected(laptop);
    for (int flaps = 0; flaps < 4; ++flaps) {
        laptop.cut(wlan0);
        REQUIRE(goes_by(laptop, "wwan0", 1s));
        laptop.mend(wlan0);
        laptop.run_for(1s);
    }
    CHECK(laptop.by() == "wwan0");
    CHECK(goes_by(laptop, "wlan0", 10s));
    check_carries(laptop);
}

TEST_CASE("an uplink that swallows everything under traffic is left for one that answers") {
    Laptop laptop;
    connected(laptop);
    laptop.talk(20ms, 500ms);
    laptop.swallow(wlan0);
    laptop.talk(20ms, 2s);
    CHECK(laptop.by() == "wwan0");
    CHECK(laptop.connected());
    CHECK(last_roam(laptop) == "wlan0 -> wwan0 forced path-dead moved");
    check_carries(laptop);
    laptop.swallow(wlan0, false);
    CHECK(goes_by(laptop, "wlan0", 15s));
    check_carries(laptop);
}

TEST_CASE("an address that carries nothing is left for another one of its link") {
    Laptop laptop;
    laptop.cut(wwan0);
    connected(laptop);
    laptop.change([](AccessNetworks& networks) {
        networks.uplink(wlan0).addresses.push_back(*IpAddress::parse("2001:db8:1::77"));
    });
    laptop.networks().uplink(wlan0).nat.reset();  // IPv4 has no way back any more
    laptop.networks().uplink(wlan0).addresses.erase(
        laptop.networks().uplink(wlan0).addresses.begin());
    laptop.talk(20ms, 3s);
    CHECK(laptop.status().path->local.address.family() == Family::ipv6);
    check_clean(laptop);
}

TEST_CASE("a gateway that does not answer is stalled, asked by all paths, and answers again") {
    Laptop laptop;
    connected(laptop);
    laptop.talk(20ms, 300ms);
    laptop.gateway_hears(false);
    ask_in_vain(laptop, 4s);
    CHECK(laptop.state() == TunnelState::stalled);
    CHECK(laptop.status().proven);  // it was heard a moment ago
    laptop.gateway_hears(true);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 20s));
    check_carries(laptop, 1min);
    CHECK(attempts(laptop) == 1);
}

TEST_CASE("a gateway that never answers again is given up, and connected to anew when it is back") {
    Laptop laptop;
    connected(laptop);
    laptop.talk(20ms, 300ms);
    laptop.restart_gateway();
    laptop.gateway_hears(false);
    ask_in_vain(laptop, 3min);
    CHECK(laptop.state() == TunnelState::connecting);
    CHECK(laptop.status().error->reason == "gateway-unreachable");
    laptop.gateway_hears(true);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 3min));
    check_carries(laptop);
}

TEST_CASE("without any network the IKE SA is held, and goes on by the first one that is back") {
    Laptop laptop;
    connected(laptop);
    const auto before = laptop.status().ike_sa;
    cut_both(laptop);
    CHECK(laptop.state() == TunnelState::holding);
    CHECK(laptop.status().hold_reason == "carrier-lost");
    CHECK_FALSE(laptop.status().path);
    laptop.talk(1s, 10min);
    CHECK(laptop.traffic_up().received == 0);
    laptop.mend(wwan0);
    CHECK(goes_by(laptop, "wwan0", 1s));
    CHECK(laptop.status().ike_sa == before);
    check_carries(laptop);
}

TEST_CASE("held for longer than the file says the next network starts anew") {
    Laptop laptop;
    connected(laptop);
    cut_both(laptop);
    laptop.run_for(29min);
    CHECK(laptop.tunnel().carries());
    laptop.run_for(2min);
    CHECK_FALSE(laptop.tunnel().carries());
    CHECK(laptop.state() == TunnelState::holding);
    laptop.mend(wwan0);
    CHECK(laptop.state() == TunnelState::connecting);
    CHECK(goes_by(laptop, "wwan0", 1s));
    CHECK(attempts(laptop) == 2);
    check_clean(laptop);
}

TEST_CASE("a hold of zero lasts for ever") {
    Laptop laptop({.tune = [](agent::TunnelConfig& config) { config.hold = 0s; }});
    connected(laptop);
    cut_both(laptop);
    laptop.run_for(10h);
    CHECK(laptop.tunnel().carries());
    laptop.mend(wwan0);
    CHECK(goes_by(laptop, "wwan0", 10s));
    check_clean(laptop);
}

TEST_CASE("why there is no network is told, and what it changes to") {
    Laptop laptop({.network_manager = true});
    laptop.cut(wwan0);
    connected(laptop);
    laptop.cut(wlan0);
    CHECK(laptop.status().hold_reason == "carrier-lost");
    laptop.change(wlan0,
                  [](Access& access) { access.connectivity = netwatch::Connectivity::portal; });
    CHECK(laptop.status().hold_reason == "carrier-lost");  // "no-path" says less
    laptop.mend(wlan0);
    CHECK(laptop.status().hold_reason == "portal");
}

TEST_CASE("the tunnel's MTU follows that of the uplink") {
    Laptop laptop;
    connected(laptop);
    const auto before = laptop.machine().applied()->mtu;
    laptop.change(wlan0, [](Access& access) { access.mtu = 1480; });
    CHECK(laptop.machine().applied()->mtu == before - 20);
    laptop.change(wwan0, [](Access& access) { access.mtu = 1460; });
    CHECK(laptop.machine().applied()->mtu == before - 20);
    laptop.cut(wlan0);
    REQUIRE(goes_by(laptop, "wwan0", 1s));
    CHECK(laptop.machine().applied()->mtu == before - 40);
    check_carries(laptop);
}

TEST_CASE("a move that the kernel refuses is logged, and the tunnel goes on") {
    Laptop laptop;
    connected(laptop);
    laptop.plane().refuse_next(1);
    laptop.cut(wlan0);
    CHECK(goes_by(laptop, "wwan0", 1s));
    check_carries(laptop);
}

TEST_CASE("addresses that the gateway refuses are left for others") {
    Laptop laptop;
    connected(laptop);
    laptop.gateway().config().refuse.update = wire::NotifyType::unacceptable_addresses;
    laptop.cut(wlan0);
    laptop.run_for(15ms);
    laptop.gateway().config().refuse.update.reset();
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 5s));
    const auto& roams = laptop.tunnel().roams();
    CHECK(std::ranges::any_of(roams, [](const auto& roam) {
        return roam.reason == "path-refused" && roam.result == agent::RoamResult::moved;
    }));
    CHECK(attempts(laptop) == 1);
    check_carries(laptop);
}

TEST_CASE("a gateway that refuses all our addresses is connected to anew") {
    Laptop laptop;
    connected(laptop);
    laptop.gateway().config().refuse.update = wire::NotifyType::unacceptable_addresses;
    laptop.cut(wlan0);
    CHECK(laptop.run_until([&] { return attempts(laptop) == 2 && laptop.connected(); }, 10s));
    check_carries(laptop);
}

TEST_CASE("all our addresses are told to the gateway when the file says so") {
    Laptop laptop(
        {.tune = [](agent::TunnelConfig& config) { config.mobike.announce_addresses = true; }});
    connected(laptop);
    CHECK(laptop.gateway().client()->peer_addresses.size() == 3);
    laptop.cut(wwan0);
    laptop.run_for(1s);
    CHECK(laptop.gateway().client()->peer_addresses.size() == 1);
    check_carries(laptop);
}

TEST_CASE("a gateway without MOBIKE is connected to anew when its path is gone") {
    gateway::Config config = gateway::default_config();
    config.mobike = false;
    Laptop laptop({.gateway = config});
    connected(laptop);
    CHECK_FALSE(laptop.status().mobike);
    laptop.cut(wlan0);
    CHECK(goes_by(laptop, "wwan0", 2s));
    CHECK(attempts(laptop) == 2);
    CHECK(laptop.status().virtual_addresses.size() == 2);
    check_carries(laptop);
}

TEST_CASE("a gateway without MOBIKE goes on by the path that it knows when that comes back") {
    gateway::Config config = gateway::default_config();
    config.mobike = false;
    Laptop laptop({.gateway = config});
    laptop.cut(wwan0);
    connected(laptop);
    laptop.cut(wlan0);
    REQUIRE(laptop.state() == TunnelState::holding);
    laptop.run_for(10s);
    laptop.mend(wlan0);
    CHECK(goes_by(laptop, "wlan0", 2s));
    CHECK(attempts(laptop) == 1);
    CHECK(last_roam(laptop).ends_with("moved"));
    check_carries(laptop);
}

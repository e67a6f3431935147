// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/tunnel/story.hpp"

// From the wish to the connection: by which network, how often, and what a person is shown.
using namespace sim;
using namespace ike;
using namespace std::chrono_literals;

namespace {

gateway::Config refusing(wire::NotifyType notify) {
    gateway::Config config = gateway::default_config();
    config.refuse.ike_auth = notify;
    return config;
}

/// One network, with IPv4: each round has one turn.
void leave_one_path(Laptop& laptop) {
    laptop.cut(wwan0);
    laptop.names().system = {*IpAddress::parse("192.0.2.1")};
}

std::string reason(const Laptop& laptop) {
    const auto error = laptop.status().error;
    return error ? error->reason : "none";
}

}  // namespace

TEST_CASE("a tunnel connects by the uplink that the routing table prefers") {
    Laptop laptop;
    connected(laptop);
    CHECK(laptop.by() == "wlan0");
    CHECK(laptop.states() == std::vector{TunnelState::connecting, TunnelState::connected});
    CHECK(laptop.status().mobike);
    CHECK(laptop.status().nat_local);
    CHECK(laptop.status().virtual_addresses.size() == 2);
    CHECK(laptop.resolved().all().contains("roamd0"));
    CHECK(laptop.wishes().find("office")->fulfilled);
    CHECK(laptop.status().guard.state == "on");
    check_carries(laptop);
    CHECK(laptop.status().proven);
    CHECK(laptop.status().traffic.packets_in == 1);
}

TEST_CASE("the path that is tried is shown as the target until the tunnel is connected") {
    Laptop laptop;
    laptop.up();
    laptop.run_for(15ms);
    CHECK(laptop.state() == TunnelState::connecting);
    REQUIRE(laptop.status().target);
    CHECK(laptop.status().target->interface == "wlan0");
    CHECK_FALSE(laptop.status().path);
    CHECK(laptop.tunnel().busy());
    CHECK(laptop.tunnel().may_have_ike_sa());
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 1s));
    CHECK_FALSE(laptop.status().target);
}

TEST_CASE("without a network the tunnel waits, and connects when the first one appears") {
    Laptop laptop;
    laptop.change([](AccessNetworks& networks) {
        networks.uplink(wlan0).up = networks.uplink(wwan0).up = false;
    });
    laptop.names().by_link[wwan0] = {*IpAddress::parse("192.0.2.1")};
    laptop.reload([](agent::TunnelConfig& config) { config.gateway = "192.0.2.1"; });
    laptop.up();
    laptop.run_for(1min);
    CHECK(laptop.state() == TunnelState::holding);
    CHECK(laptop.status().hold_reason == "no-path");
    laptop.mend(wwan0);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 1s));
    CHECK(laptop.by() == "wwan0");
    check_carries(laptop);
}

TEST_CASE("a network that swallows IKE keeps the next one waiting for five seconds") {
    Laptop laptop;
    laptop.swallow(wlan0);
    laptop.up();
    laptop.run_for(4900ms);
    CHECK(laptop.state() == TunnelState::connecting);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 500ms));
    CHECK(laptop.by() == "wwan0");
    const auto attempts = laptop.status().attempts;
    REQUIRE(attempts.size() == 2);
    CHECK(attempts[0].interface == "wlan0");
    CHECK(attempts[0].result == "gateway-unreachable");
    CHECK(attempts[1].interface == "wwan0");
    CHECK(attempts[1].result == agent::attempt_connected);
    check_carries(laptop);
}

TEST_CASE("a network that swallows IKE is not gone back to for ten seconds") {
    Laptop laptop;
    laptop.swallow(wlan0);
    laptop.up();
    REQUIRE(laptop.run_until([&] { return laptop.connected(); }, 10s));
    laptop.swallow(wlan0, false);
    CHECK(laptop.run_until([&] { return laptop.by() == "wlan0"; }, 20s));
    CHECK(laptop.now().time_since_epoch() > 1015s);
    CHECK(laptop.now().time_since_epoch() < 1017s);
    CHECK(last_roam(laptop) == "wwan0 -> wlan0 preferred better-path moved");
    check_carries(laptop);
}

TEST_CASE("when every network swallows IKE a round is tried again, with turns twice as long") {
    Laptop laptop;
    laptop.gateway_hears(false);
    laptop.up();
    laptop.run_for(1min);
    CHECK(laptop.state() == TunnelState::connecting);
    CHECK(reason(laptop) == "gateway-unreachable");
    // Of each family by each network: four turns of 5 s, a pause, and turns of 10 s.
    CHECK(attempts(laptop) == 8);
    laptop.gateway_hears(true);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 1min));
    CHECK_FALSE(laptop.status().error);
    check_carries(laptop);
}

TEST_CASE("a turn in which something was heard lasts three times as long") {
    Laptop laptop;
    laptop.swallow(wlan0);
    laptop.up();
    laptop.run_for(1s);
    laptop.forge_init_answer(wire::NotifyType::no_proposal_chosen);
    laptop.run_for(13900ms);
    CHECK(attempts(laptop) == 1);
    laptop.run_for(200ms);
    CHECK(attempts(laptop) == 2);
    check_clean(laptop);
}

TEST_CASE("a refusal that nobody has authenticated is shown, and the attempt goes on") {
    Laptop laptop;
    laptop.gateway_hears(false);
    laptop.up();
    laptop.run_for(100ms);
    laptop.forge_init_answer(wire::NotifyType::no_proposal_chosen);
    CHECK(reason(laptop) == "no-proposal-chosen");
    CHECK(laptop.state() == TunnelState::connecting);
    laptop.gateway_hears(true);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 5s));
    CHECK(attempts(laptop) == 1);
    CHECK(reason(laptop) == "none");
    check_carries(laptop);
}

TEST_CASE("a run in the foreground ends with the first refusal, twelve seconds after it") {
    Laptop laptop;
    leave_one_path(laptop);
    laptop.gateway().config().refuse.ike_sa_init = wire::NotifyType::no_proposal_chosen;
    laptop.up(agent::WishLasts::unless_it_fails);
    laptop.run_for(11s);
    CHECK_FALSE(laptop.tunnel().at_rest());
    laptop.run_for(2s);
    CHECK(laptop.tunnel().at_rest());
    CHECK(laptop.state() == TunnelState::failed);
    CHECK(reason(laptop) == "no-proposal-chosen");
    CHECK_FALSE(laptop.tunnel().wanted());
    CHECK(laptop.wishes().find("office") == nullptr);
    CHECK(laptop.machine().plane() == nullptr);
}

TEST_CASE("a run in the foreground that cannot open its sockets ends at once") {
    Laptop laptop;
    laptop.machine().refuse_to_open(agent::SystemError{"open a socket", 1, "run as root"});
    laptop.up(agent::WishLasts::unless_it_fails);
    laptop.run_for(1s);
    CHECK(laptop.tunnel().at_rest());
    CHECK(reason(laptop) == agent::system_error);
    CHECK(laptop.state() == TunnelState::failed);
}

TEST_CASE(
    "a failure that only a person can mend shows as failed, and is tried again all the same") {
    Laptop laptop({.gateway = refusing(wire::NotifyType::authentication_failed)});
    leave_one_path(laptop);
    laptop.up();
    CHECK(laptop.run_until([&] { return laptop.state() == TunnelState::failed; }, 2min));
    CHECK(reason(laptop) == "authentication-failed");
    CHECK(laptop.tunnel().wanted());
    CHECK(laptop.status().next_attempt);
    laptop.run_for(1h);
    // 1 s, 2 s, 4 s ... up to 15 min, each varied by a quarter.
    CHECK(attempts(laptop) >= 11);
    CHECK(attempts(laptop) <= 14);
    laptop.gateway().config().refuse = {};
    laptop.tunnel().retry_now();
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 1s));
    CHECK(reason(laptop) == "none");
    check_carries(laptop);
}

TEST_CASE("a failure that time mends is tried again every two minutes at the latest") {
    Laptop laptop;
    laptop.machine().refuse_to_open(agent::SystemError{"open a socket", 24, {}});
    laptop.up();
    laptop.run_for(10min);
    CHECK(laptop.state() == TunnelState::connecting);
    CHECK(reason(laptop) == agent::system_error);
    laptop.machine().refuse_to_open(std::nullopt);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 150s));
    check_carries(laptop);
}

TEST_CASE("where the routes cannot be set the IKE SA is closed, and made again later") {
    Laptop laptop;
    laptop.machine().refuse_routes(1);
    laptop.up();
    CHECK(laptop.run_until([&] { return reason(laptop) == agent::system_error; }, 1s));
    CHECK(laptop.gateway().client() == nullptr);
    CHECK(laptop.wishes().find("office") != nullptr);
    CHECK_FALSE(laptop.wishes().find("office")->fulfilled);
    CHECK(laptop.status().guard.state == "waiting");
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 5s));
    check_carries(laptop);
}

TEST_CASE("ESP in UDP without NAT traversal is refused before anything is sent") {
    Laptop laptop({.tune = [](agent::TunnelConfig& config) {
        config.mobike.nat_traversal = false;
        config.data_plane = agent::DataPlaneChoice::tun;
    }});
    laptop.up();
    laptop.run_for(1s);
    CHECK(reason(laptop) == "needs-nat-traversal");
    CHECK(laptop.state() == TunnelState::failed);
    CHECK(laptop.sent().empty());
}

TEST_CASE("a secret that cannot be read is told, and read again for each attempt") {
    Laptop laptop;
    laptop.reload([](agent::TunnelConfig& config) { config.psk_file->path += ".gone"; });
    laptop.up();
    laptop.run_for(1s);
    CHECK(reason(laptop) == agent::invalid_configuration);
    CHECK(laptop.state() == TunnelState::failed);
    CHECK(laptop.sent().empty());
}

TEST_CASE("a network that goes while the tunnel connects is left for the other one") {
    Laptop laptop;
    laptop.up();
    laptop.run_for(25ms);
    REQUIRE(laptop.state() == TunnelState::connecting);
    laptop.cut(wlan0);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 2s));
    CHECK(laptop.by() == "wwan0");
    CHECK(laptop.roams().empty());
    check_carries(laptop);
}

TEST_CASE("all networks go while the tunnel connects, and it connects when one is back") {
    Laptop laptop;
    laptop.up();
    laptop.run_for(15ms);
    laptop.change([](AccessNetworks& networks) {
        networks.uplink(wlan0).up = networks.uplink(wwan0).up = false;
    });
    CHECK(laptop.state() == TunnelState::holding);
    laptop.run_for(20s);
    laptop.mend(wlan0);
    CHECK(laptop.state() == TunnelState::connecting);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 2s));
    check_carries(laptop);
}

TEST_CASE("another network ends the wait for the next attempt") {
    Laptop laptop({.gateway = refusing(wire::NotifyType::authentication_failed)});
    leave_one_path(laptop);
    laptop.up();
    REQUIRE(laptop.run_until([&] { return laptop.status().next_attempt.has_value(); }, 20min));
    laptop.gateway().config().refuse = {};
    laptop.mend(wwan0);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 1s));
    CHECK(laptop.by() == "wwan0");
    check_carries(laptop);
}

TEST_CASE("a Child SA for each network of the file is made, and each carries") {
    gateway::Config config = gateway::default_config();
    Laptop laptop({.gateway = config, .tune = [](agent::TunnelConfig& tunnel) {
                       tunnel.child_sas = {{*Prefix::parse("0.0.0.0/0")}, {*Prefix::parse("::/0")}};
                   }});
    connected(laptop);
    CHECK(laptop.run_until([&] { return laptop.status().child_sas.size() == 2; }, 5s));
    check_carries(laptop);
    check_carries(laptop);
}

// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/tunnel/story.hpp"

#include <algorithm>
#include <fstream>

// The wish: from `up` to `down`, over other configurations, sleeps, and runs of the daemon.
using namespace sim;
using namespace ike;
using namespace std::chrono_literals;

namespace {

const Prefix everything = *Prefix::parse("0.0.0.0/0");

/// Nothing of the tunnel is left anywhere.
void check_gone(const Laptop& const_laptop) {
    Laptop& laptop = const_cast<Laptop&>(const_laptop);
    CHECK(laptop.tunnel().at_rest());
    CHECK(laptop.state() == TunnelState::disconnected);
    CHECK(laptop.machine().plane() == nullptr);
    CHECK(laptop.machine().left().empty());
    CHECK(laptop.filter().protection("office") == nullptr);
    CHECK(laptop.resolved().all().empty());
    CHECK(laptop.wishes().find("office") == nullptr);
    CHECK_FALSE(laptop.status().wanted);
    CHECK(laptop.status().device.empty());
    check_clean(laptop);
}

}  // namespace

TEST_CASE("down tells the gateway, and leaves nothing") {
    Laptop laptop;
    connected(laptop);
    laptop.down();
    CHECK(laptop.state() == TunnelState::disconnecting);
    laptop.run_for(1s);
    check_gone(laptop);
    CHECK(laptop.gateway().client() == nullptr);
}

TEST_CASE("down ends the wish in every phase") {
    Laptop laptop;
    SUBCASE("while the name is asked for") {
        laptop.up();
        laptop.run_for(1ms);
    }
    SUBCASE("while there is no network") {
        laptop.change([](AccessNetworks& networks) {
            networks.uplink(wlan0).up = networks.uplink(wwan0).up = false;
        });
        laptop.reload([](agent::TunnelConfig& config) { config.gateway = "192.0.2.1"; });
        laptop.up();
    }
    SUBCASE("while IKE_SA_INIT is unanswered") {
        laptop.up();
        laptop.run_for(15ms);
    }
    SUBCASE("while IKE_AUTH is unanswered") {
        laptop.up();
        laptop.run_for(40ms);
    }
    SUBCASE("while it is held") {
        connected(laptop);
        laptop.change([](AccessNetworks& networks) {
            networks.uplink(wlan0).up = networks.uplink(wwan0).up = false;
        });
    }
    SUBCASE("while it waits for the next attempt") {
        laptop.names().system.clear();
        laptop.up();
        laptop.run_for(500ms);
    }
    SUBCASE("while the gateway does not answer") {
        connected(laptop);
        laptop.gateway_hears(false);
    }
    laptop.down();
    laptop.run_for(10s);
    check_gone(laptop);
}

TEST_CASE("down while another IKE SA is made beside the present one closes both") {
    gateway::Config config = gateway::default_config();
    config.mobike = false;
    Laptop laptop({.gateway = config});
    laptop.cut(wlan0);
    connected(laptop);
    laptop.networks().uplink(wlan0).quality.delay = 300ms;
    laptop.mend(wlan0);
    laptop.run_for(100ms);
    laptop.down();
    laptop.run_for(10s);
    check_gone(laptop);
}

TEST_CASE("up while the tunnel closes connects again at its end") {
    Laptop laptop;
    connected(laptop);
    laptop.down();
    laptop.up();
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 2s));
    CHECK(attempts(laptop) == 2);
    check_carries(laptop);
}

TEST_CASE("up again while connected changes nothing") {
    Laptop laptop;
    connected(laptop);
    laptop.up();
    laptop.run_for(1s);
    CHECK(attempts(laptop) == 1);
    check_carries(laptop);
}

TEST_CASE("a run in the foreground that was connected once is tried again like any other") {
    Laptop laptop;
    laptop.up(agent::WishLasts::unless_it_fails);
    REQUIRE(laptop.run_until([&] { return laptop.connected(); }, 1s));
    laptop.wish(gateway::DeleteIkeWish{});
    CHECK(laptop.run_until([&] { return attempts(laptop) == 2 && laptop.connected(); }, 5s));
    check_carries(laptop);
}

TEST_CASE("the same file again changes nothing, nor does one with other settings only") {
    Laptop laptop;
    connected(laptop);
    laptop.reload([](agent::TunnelConfig&) {});
    laptop.reload([](agent::TunnelConfig& config) { config.hold = 1min; });
    laptop.run_for(1s);
    CHECK(laptop.connected());
    CHECK(attempts(laptop) == 1);
    check_carries(laptop);
}

TEST_CASE("another file is connected by at once, and what was covered stays so meanwhile") {
    Laptop laptop;
    connected(laptop);
    laptop.reload([](agent::TunnelConfig& config) { config.rekey_child = 10min; });
    CHECK(laptop.machine().blocks_or_carries(everything));
    CHECK(laptop.run_until([&] { return attempts(laptop) == 2 && laptop.connected(); }, 2s));
    check_carries(laptop);
}

TEST_CASE("another data plane takes over what the one before it blocked") {
    Laptop laptop({.tune = [](agent::TunnelConfig& config) {
        config.data_plane = agent::DataPlaneChoice::tun;
    }});
    connected(laptop);
    CHECK(laptop.status().data_plane == "tun");
    laptop.reload(
        [](agent::TunnelConfig& config) { config.data_plane = agent::DataPlaneChoice::xfrm; });
    CHECK(laptop.run_until([&] { return attempts(laptop) == 2 && laptop.connected(); }, 2s));
    CHECK(laptop.status().data_plane == "xfrm");
    CHECK(laptop.machine().left().empty());
    check_carries(laptop);
}

TEST_CASE("a file with another gateway forgets the addresses of the one before") {
    Laptop laptop;
    connected(laptop);
    laptop.reload([](agent::TunnelConfig& config) { config.gateway = "192.0.2.2"; });
    CHECK(laptop.run_until([&] { return attempts(laptop) == 2 && laptop.connected(); }, 2s));
    CHECK(laptop.status().path->remote.address == *IpAddress::parse("192.0.2.2"));
    CHECK(laptop.status().gateway == "192.0.2.2");
    check_carries(laptop);
}

TEST_CASE("a file that is read while the tunnel waits is tried at once") {
    Laptop laptop;
    laptop.reload([](agent::TunnelConfig& config) { config.psk_file->path += ".gone"; });
    laptop.up();
    laptop.run_for(5min);
    REQUIRE(laptop.state() == TunnelState::failed);
    laptop.reload([](agent::TunnelConfig& config) { config.psk_file->path.replace_extension(); });
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 1s));
    check_carries(laptop);
}

TEST_CASE("a wish that was fulfilled outlives the daemon's end, and blocks until it is connected") {
    Laptop laptop;
    connected(laptop);
    SUBCASE("stopped") {
        laptop.gateway_hears(true);
        laptop.restart_daemon();
    }
    SUBCASE("killed") {
        laptop.kill_daemon();
    }
    CHECK(laptop.tunnel().is_guarded());
    CHECK(laptop.machine().left().size() == 1);
    CHECK(laptop.machine().blocks_or_carries(everything));
    CHECK(laptop.filter().protection("office")->device == "roamd0");
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 2s));
    CHECK(laptop.machine().left().empty());
    check_carries(laptop);
}

TEST_CASE("a wish that is inherited asks the networks for the name, and knows its addresses") {
    Laptop laptop;
    connected(laptop);
    laptop.names().system_answers = false;
    laptop.kill_daemon();
    CHECK(laptop.names().link_questions() >= 2);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 1s));
    check_carries(laptop);
}

TEST_CASE("down of a wish that was inherited removes what an earlier run left") {
    Laptop laptop;
    connected(laptop);
    laptop.gateway_hears(false);
    laptop.kill_daemon();
    laptop.run_for(1s);
    laptop.down();
    laptop.run_for(10s);
    check_gone(laptop);
}

TEST_CASE("an inherited tunnel that ends once more leaves the block for the next run") {
    Laptop laptop;
    connected(laptop);
    laptop.gateway_hears(false);
    laptop.kill_daemon();
    laptop.run_for(1s);
    laptop.restart_daemon();
    CHECK(laptop.machine().blocks_or_carries(everything));
    laptop.restart_gateway();
    laptop.gateway_hears(true);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 30s));
    CHECK(laptop.machine().left().empty());
    check_carries(laptop);
}

TEST_CASE("with the guard off the routes alone block") {
    Laptop laptop({.tune = [](agent::TunnelConfig& config) {
        config.leak_guard = agent::LeakGuardChoice::off;
    }});
    connected(laptop);
    CHECK(laptop.status().guard.state == "off");
    CHECK(laptop.filter().protection("office")->covered.empty());
    laptop.wish(gateway::DeleteIkeWish{});
    laptop.run_for(500ms);
    CHECK(laptop.machine().blocks_or_carries(everything));
    check_clean(laptop);
}

TEST_CASE("a packet filter that fails is shown") {
    Laptop laptop;
    laptop.filter().break_down("no such module");
    connected(laptop);
    CHECK(laptop.status().guard.state == "failed");
    CHECK(laptop.status().guard.fault == "no such module");
}

TEST_CASE("free ends the wish and lets everything pass, even what is guarded always") {
    Laptop laptop({.tune = [](agent::TunnelConfig& config) {
        config.leak_guard = agent::LeakGuardChoice::always;
    }});
    connected(laptop);
    laptop.tunnel().free();
    laptop.run_for(1s);
    check_gone(laptop);
    laptop.up();
    CHECK(laptop.tunnel().is_guarded());
}

TEST_CASE("after a sleep the IKE SA goes on when the gateway has kept it") {
    Laptop laptop;
    connected(laptop);
    laptop.sleep(5min);
    laptop.run_for(1s);
    CHECK(laptop.connected());
    CHECK(attempts(laptop) == 1);
    check_carries(laptop);
}

TEST_CASE("after a sleep in which the gateway forgot us the tunnel connects anew within seconds") {
    Laptop laptop;
    connected(laptop);
    laptop.restart_gateway();
    laptop.sleep(8h);
    CHECK(laptop.run_until([&] { return attempts(laptop) == 2 && laptop.connected(); }, 10s));
    check_carries(laptop);
}

TEST_CASE("after a sleep a tunnel that waits tries at once") {
    Laptop laptop;
    laptop.names().system.clear();
    laptop.up();
    laptop.run_for(10min);
    laptop.names().system = {*IpAddress::parse("192.0.2.1")};
    laptop.sleep(1s);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 200ms));
    check_carries(laptop);
}

TEST_CASE("a refused login is repeated by a person or after minutes, not by networks or sleeps") {
    const SecretFile password(as_bytes("another"));
    LaptopConfig config;
    config.gateway.eap = gateway::EapConfig{.password = "correct horse"};
    config.tune = [&](agent::TunnelConfig& tunnel) {
        tunnel.local.user_name = "alice";
        tunnel.local.password_file = agent::FileReference{password.path(), {}};
    };
    Laptop laptop(std::move(config));
    laptop.up();
    REQUIRE(laptop.run_until([&] { return laptop.state() == TunnelState::failed; }, 1min));
    CHECK(laptop.status().error->reason == "authentication-failed");
    const std::size_t sent = laptop.sent().size();
    laptop.cut(wlan0);
    laptop.run_for(1s);
    laptop.mend(wlan0);
    laptop.run_for(1s);
    laptop.sleep(1min);
    laptop.run_for(1s);
    CHECK(laptop.sent().size() == sent);
    SUBCASE("a person") {
        laptop.up();
        laptop.run_for(1s);
    }
    SUBCASE("minutes") {
        laptop.run_for(15min);
    }
    CHECK(laptop.sent().size() > sent);
}

TEST_CASE("a login refused to an IKE SA that was to take over is not repeated for minutes") {
    const SecretFile password(as_bytes("correct horse"));
    LaptopConfig config;
    config.gateway.eap = gateway::EapConfig{.password = "correct horse"};
    config.gateway.mobike = false;
    config.tune = [&](agent::TunnelConfig& tunnel) {
        tunnel.local.user_name = "alice";
        tunnel.local.password_file = agent::FileReference{password.path(), {}};
    };
    Laptop laptop(std::move(config));
    laptop.cut(wlan0);
    REQUIRE(laptop.connect());
    std::ofstream(password.path()) << "another";
    const auto requests = [&] {
        return std::ranges::count_if(laptop.sent(), [](const session::Transmit& transmit) {
            const auto header = wire::Header::decode(transmit.datagram);
            return header && header->exchange == wire::ExchangeType::ike_sa_init;
        });
    };
    const auto before = requests();
    laptop.mend(wlan0);
    laptop.run_for(30s);
    CHECK(requests() == before + 1);
    for (int times = 0; times < 5; ++times) {
        laptop.cut(wlan0);
        laptop.run_for(30s);
        laptop.mend(wlan0);
        laptop.run_for(30s);
    }
    CHECK(requests() == before + 1);
    CHECK(laptop.connected());
    laptop.run_for(10min);
    laptop.cut(wlan0);
    laptop.run_for(30s);
    laptop.mend(wlan0);
    laptop.run_for(30s);
    CHECK(requests() == before + 2);
    CHECK(laptop.connected());
}

TEST_CASE("a daemon that is told to end while the tunnel waits is done at once") {
    Laptop laptop;
    laptop.names().system.clear();
    laptop.up();
    laptop.run_for(500ms);
    laptop.tunnel().end_run();
    CHECK(laptop.tunnel().at_rest());
    CHECK(laptop.wishes().find("office") != nullptr);
}

TEST_CASE("the same seed gives the same life") {
    const auto life = [] {
        Laptop laptop({.seed = 5, .trace = true});
        laptop.connect();
        laptop.cut(wlan0);
        laptop.talk(100ms, 2s);
        laptop.mend(wlan0);
        laptop.talk(100ms, 20s);
        laptop.down();
        laptop.run_for(1s);
        return laptop.trace().text();
    };
    const std::string first = life();
    CHECK(first.size() > 1000);
    CHECK(first == life());
}

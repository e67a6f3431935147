// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/client.hpp"

#include "tests/agent/api/fake_daemon.hpp"
#include "tests/agent/api/private_bus.hpp"
#include "tests/agent/sample_status.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace agent::ctl;
using namespace agent_test;

namespace {

FakeTunnels one_tunnel() {
    FakeTunnels tunnels;
    tunnels.statuses["home"] = sample_status();
    tunnels.records["home"] = {sample_roam()};
    tunnels.counts["home"] = sample_counters();
    return tunnels;
}

Client open(const std::string& bus) {
    auto client = Client::open({bus});
    REQUIRE(client.ok());
    return std::move(*client);
}

}  // namespace

TEST_CASE("a client sees each status exactly as the daemon has it") {
    const PrivateBus bus;
    FakeTunnels tunnels = one_tunnel();
    TunnelStatus failed;
    failed.name = "office";
    failed.gateway = "192.0.2.1";
    failed.state = TunnelState::failed;
    failed.error = TunnelError{"authentication-failed", "it said so", "check the key"};
    failed.secret_needed = {7, SecretKind::one_time_code, "alice", "Token?", true};
    tunnels.statuses["office"] = failed;
    const FakeDaemon daemon(bus.address(), std::move(tunnels));
    const auto seen = open(bus.address()).tunnels();
    REQUIRE(seen.ok());
    CHECK(*seen == std::vector{sample_status(), failed});
}

TEST_CASE("a client sees each roam record exactly as the daemon has it") {
    const PrivateBus bus;
    FakeTunnels tunnels = one_tunnel();
    RoamRecord first;  // the first path of all: from nowhere, and hardly anything has happened
    first.sequence = 4;
    first.tunnel = "home";
    first.kind = RoamKind::preferred;
    first.to = sample_path("eth0", "2001:db8::2");
    tunnels.records["home"].push_back(first);
    const FakeDaemon daemon(bus.address(), std::move(tunnels));
    const auto seen = open(bus.address()).roams("home");
    REQUIRE(seen.ok());
    CHECK(*seen == std::vector{sample_roam(), first});
}

TEST_CASE("a client sees the counters exactly as the daemon has them") {
    const PrivateBus bus;
    const FakeDaemon daemon(bus.address(), one_tunnel());
    const auto seen = open(bus.address()).counters("home");
    REQUIRE(seen.ok());
    CHECK(*seen == sample_counters());
}

TEST_CASE("commands reach the daemon; a refusal comes back in its words") {
    const PrivateBus bus;
    FakeDaemon daemon(bus.address(), one_tunnel());
    Client client = open(bus.address());
    CHECK(client.disconnect("home").ok());
    CHECK(client.connect("home").ok());
    daemon.run([](FakeTunnels& tunnels, Service&) {
        CHECK(tunnels.commands == std::vector<std::string>{"disconnect home", "connect home"});
        tunnels.refusal = TunnelError{"bad-configuration", "line 3 is wrong", "correct it"};
    });
    const auto refused = client.connect("home");
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().text() == "bad-configuration: line 3 is wrong; correct it");
}

TEST_CASE("a secret reaches the daemon with its bytes as they are, and a refusal comes back") {
    const PrivateBus bus;
    FakeDaemon daemon(bus.address(), one_tunnel());
    Client client = open(bus.address());
    const auto secret = ike::crypto::SecretBytes::copy_of(ike::as_bytes("tr\xc3\xbc\xff\n"));
    CHECK(client.provide_secret("home", 7, secret, true).ok());
    CHECK(client.provide_secret("home", 8, ike::crypto::SecretBytes(2), false).ok());
    CHECK(client.provide_secret("home", 9, ike::crypto::SecretBytes(), false).ok());
    CHECK(client.cancel_secret("home", 10).ok());
    daemon.run([](FakeTunnels& tunnels, Service&) {
        CHECK(tunnels.commands ==
              std::vector<std::string>{"secret home 7 tr\xc3\xbc\xff\n remember",
                                       "secret home 8 " + std::string(2, '\0'), "secret home 9 ",
                                       "cancel home 10"});
        tunnels.refusal = TunnelError{"no-secret-needed", "nothing is asked for now", {}};
    });
    const auto refused = client.provide_secret("home", 7, secret, false);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().text() == "no-secret-needed: nothing is asked for now");
}

TEST_CASE("an unknown tunnel's error says which there are") {
    const PrivateBus bus;
    const FakeDaemon daemon(bus.address(), one_tunnel());
    Client client = open(bus.address());
    CHECK(client.tunnel("hoem").error().text() ==
          "there is no tunnel \"hoem\"; did you mean \"home\"?");
    CHECK(client.tunnel("nonsense").error().text() ==
          "there is no tunnel \"nonsense\"; known: home");
}

TEST_CASE("without a daemon the error says how to start it") {
    const PrivateBus bus;
    const auto tunnels = open(bus.address()).tunnels();
    REQUIRE_FALSE(tunnels.ok());
    CHECK(tunnels.error().text().starts_with("roamd is not running on the unix:path="));
    CHECK(tunnels.error().text().find("; start it: systemctl enable --now roamd") !=
          std::string::npos);
}

TEST_CASE("a watcher is told of every tunnel, of changes, of roams, and of the end") {
    const PrivateBus bus;
    FakeDaemon daemon(bus.address(), one_tunnel());
    auto loop = EventLoop::create();
    REQUIRE(loop.ok());
    Client client = open(bus.address());
    std::vector<TunnelStatus> statuses;
    std::vector<RoamRecord> roams;
    const auto watched = client.watch(
        *loop, {[&](const TunnelStatus& status) { statuses.push_back(status); },
                [&](const RoamRecord& roam) { roams.push_back(roam); }, [&] { loop->exit(5); }});
    REQUIRE(watched.ok());
    CHECK(statuses == std::vector{sample_status()});

    RoamRecord second = sample_roam();
    second.sequence = 4;
    second.first_packet = MonotonicTime(1013000);
    daemon.run([&](FakeTunnels& tunnels, Service& service) {
        tunnels.statuses["home"].state = TunnelState::moving;
        service.tunnel_changed("home");
        service.roamed(second);
        service.roamed(RoamRecord{});  // of no tunnel
    });
    daemon.stop();
    const auto code = loop->run();
    REQUIRE(code.ok());
    CHECK(*code == 5);
    REQUIRE(statuses.size() == 2);
    CHECK(statuses[1].state == TunnelState::moving);
    CHECK(statuses[1].path == sample_status().path);
    CHECK(roams == std::vector{second});
}

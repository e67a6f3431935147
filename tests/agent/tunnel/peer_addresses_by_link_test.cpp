// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/system_names.hpp"
#include "agent/tunnel/peer_addresses.hpp"
#include "tests/agent/test_name_server.hpp"
#include "tests/agent/turning.hpp"
#include "tests/seeded_random.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace agent::test;
using namespace std::chrono_literals;

namespace {

struct Laptop {
    Laptop() { hosts.laptop.enter(); }

    void ask(const std::string& gateway) {
        netwatch::Link wlan;
        wlan.index = hosts.laptop.interface("wlan0");
        wlan.name = "wlan0";
        peer.ask_on(wlan, gateway);
    }
    bool until(const std::function<bool()>& condition) {
        return agent_test::until(*loop, condition);
    }

    TwoHosts hosts;
    TestNameServer server{hosts.gateway};
    ike::Result<EventLoop, SystemError> loop = EventLoop::create();
    tests::SeededRandom random{1};
    std::vector<ike::IpAddress> found;
    SystemNames system{*loop, random, [] {
                           return std::vector<NameServer>{{TestNameServer::address, {}}};
                       }};
    netwatch::Snapshot network;
    PeerAddresses peer{
        system, network, {{}, [this](const ike::IpAddress& added) { found.push_back(added); }}};
};

}  // namespace

TEST_CASE("a gateway's name is asked for by a link, and what its name server knows is found") {
    Laptop laptop;
    laptop.ask("vpn.example.org");
    CHECK(laptop.until([&] {
        if (laptop.server.asked()) {
            laptop.server.answer({ip("2001:db8:9::1")});  // to a question for IPv4, too
        }
        return !laptop.found.empty();
    }));
    CHECK(laptop.found == std::vector{ip("2001:db8:9::1")});
}

TEST_CASE("a gateway's address is not asked for, nor a name after the end") {
    Laptop laptop;
    laptop.ask("192.0.2.1");
    laptop.ask("vpn.example.org");
    laptop.peer.forget_name();
    const auto end = laptop.loop->now() + 100ms;
    bool asked = false;
    while (laptop.loop->now() < end) {
        REQUIRE(laptop.loop->run_once(10ms).ok());
        asked = asked || laptop.server.asked();
    }
    CHECK_FALSE(asked);
}

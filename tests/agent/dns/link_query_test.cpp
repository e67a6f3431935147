// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/link_query.hpp"

#include "tests/agent/test_name_server.hpp"
#include "tests/agent/turning.hpp"
#include "tests/seeded_random.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace agent::test;
using namespace std::chrono_literals;

namespace {

using Addresses = std::optional<std::vector<ike::IpAddress>>;

const ike::IpAddress found = ip("2001:db8:64::c000:aa");

/// A laptop that asks by one uplink.
struct Asking {
    explicit Asking(const char* uplink) : link(uplink) {}

    void ask(const std::vector<NameServer>& servers) {
        query = {"ipv4only.arpa", DnsType::aaaa, hosts.laptop.interface(link), link};
        question.emplace(*loop, random, query, servers, [this](const Addresses& addresses) {
            told = addresses;
            done = true;
        });
    }
    void run_until(const std::function<bool()>& condition) {
        CHECK(agent_test::until(*loop, condition));
    }

    const char* link;
    TwoHosts hosts;
    std::optional<TestNameServer> server{hosts.gateway};
    ike::Result<EventLoop, SystemError> loop = EventLoop::create();
    tests::SeededRandom random{1};
    LinkQuery query;
    std::optional<LinkQuestion> question;
    Addresses told;
    bool done = false;
};

}  // namespace

TEST_CASE("a name server is asked by the link that was named, whatever the routes prefer") {
    Asking laptop("wwan0");
    laptop.ask({{TestNameServer::address, {}}});
    laptop.hosts.gateway.run_here("ip link set wlan0 down");  // by which the better route leads
    laptop.run_until([&] { return laptop.server->asked(); });
    laptop.server->answer({found});
    laptop.run_until([&] { return laptop.done; });
    CHECK(laptop.told == std::vector{found});
}

TEST_CASE("a question that got lost is asked again") {
    Asking laptop("wlan0");
    laptop.ask({{TestNameServer::address, {}}});
    laptop.run_until([&] { return laptop.server->asked(); });
    laptop.run_until([&] { return laptop.server->asked(); });
    laptop.server->answer({found});
    laptop.run_until([&] { return laptop.done; });
    CHECK(laptop.told == std::vector{found});
}

TEST_CASE("a server that knows no address is an answer, once no other is left to ask") {
    Asking laptop("wlan0");
    laptop.ask({{TestNameServer::address, {}}});
    laptop.run_until([&] { return laptop.server->asked(); });
    laptop.server->answer({}, 3);
    laptop.run_until([&] { return laptop.done; });
    REQUIRE(laptop.told);
    CHECK(laptop.told->empty());
}

TEST_CASE("without a server that the link leads to nobody answers, at once") {
    Asking laptop("wlan0");
    laptop.ask({{ip("198.51.100.53"), {}}, {TestNameServer::address, "wwan0"}});
    laptop.run_until([&] { return laptop.done; });
    CHECK_FALSE(laptop.told);
}

TEST_CASE("where nobody listens nobody answers") {
    Asking laptop("wlan0");
    laptop.server.reset();
    laptop.ask({{TestNameServer::address, {}}});
    laptop.run_until([&] { return laptop.done; });
    CHECK_FALSE(laptop.told);
}

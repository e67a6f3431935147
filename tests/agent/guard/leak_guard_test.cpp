// SPDX-License-Identifier: Apache-2.0
#include "agent/guard/leak_guard.hpp"

#include "agent/linux/socket_mark.hpp"
#include "tests/agent/guard/sent_packet.hpp"
#include "tests/agent/killed_run.hpp"
#include "tests/agent/turning.hpp"
#include "tests/agent/two_uplinks.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace agent::test;
using guard::LocalNetwork;
using guard::Protection;

namespace {

const std::vector<ike::Prefix> everything{*ike::Prefix::parse("0.0.0.0/0"),
                                          *ike::Prefix::parse("::/0")};

/// Two uplinks, and the device of a tunnel.
struct Host {
    Host() {
        set_up_two_uplinks();
        REQUIRE(run("ip link add roamd0 type veth peer name far && ip link set roamd0 up"));
        REQUIRE(run("ip addr add 10.50.0.1/32 dev roamd0"));
        REQUIRE(run("ip route add 10.20.0.0/16 dev roamd0"));
    }
};

/// The guard is made where the host is.
struct GuardedHost : Host {
    GuardedHost() { guard.start({}); }

    EventLoop loop = std::move(*EventLoop::create());
    ike::NullLog log;
    LeakGuard guard{loop, log, [](const std::string&) {}};

    static Protection covering(std::vector<ike::Prefix> covered) {
        return {.device = "roamd0",
                .addresses = {address("10.50.0.1"), address("fd50::1")},
                .covered = std::move(covered)};
    }
};

std::string ruleset() {
    return output_of("nft -s list ruleset");
}

}  // namespace

TEST_CASE_FIXTURE(GuardedHost,
                  "what a full tunnel covers leaves by no uplink, bound to it or not") {
    REQUIRE(sent({.to = "198.51.100.1", .by = "wlan0"}));
    guard.protect("office", covering(everything));
    REQUIRE(guard.fault("office").empty());
    for (const char* const uplink : {"wlan0", "wwan0", ""}) {
        CHECK_FALSE(sent({.to = "198.51.100.1", .by = uplink}));
        CHECK_FALSE(sent({.to = "2001:db8::1", .by = uplink}));
        CHECK_FALSE(sent({.to = "192.168.1.1", .by = uplink}));
    }
    CHECK_FALSE(sent({.to = "255.255.255.255", .by = "wlan0"}));
    CHECK_FALSE(sent({.to = "224.0.0.251", .by = "wlan0"}));
}

TEST_CASE_FIXTURE(GuardedHost,
                  "the tunnel itself, IKE and ESP by their mark, loopback and DHCP pass") {
    guard.protect("office", covering(everything));
    CHECK(sent({.to = "10.20.0.2"}));  // by roamd0
    CHECK(sent({.to = "198.51.100.1", .by = "wlan0", .mark = outer_mark}));
    CHECK(sent({.to = "127.0.0.1"}));
    CHECK(sent({.to = "255.255.255.255", .by = "wlan0", .port = 67, .from_port = 68}));
    CHECK_FALSE(sent({.to = "198.51.100.1", .by = "wlan0", .port = 67}));
    CHECK(sent({.to = "ff02::1:2", .by = "wlan0", .port = 547, .from_port = 546}));
}

TEST_CASE_FIXTURE(GuardedHost, "what a split tunnel does not cover is nobody's business") {
    guard.protect("office", covering({*ike::Prefix::parse("10.0.0.0/8")}));
    CHECK_FALSE(sent({.to = "10.20.0.2", .by = "wlan0"}));
    CHECK(sent({.to = "198.51.100.1", .by = "wlan0"}));
    CHECK(sent({.to = "2001:db8::1", .by = "wlan0"}));
    CHECK(sent({.to = "192.168.1.1", .by = "wlan0", .port = 53}));
}

TEST_CASE_FIXTURE(GuardedHost, "a virtual address is the source of nothing beside the tunnel") {
    guard.protect("office", covering({}));
    CHECK_FALSE(sent({.to = "198.51.100.1", .by = "wlan0", .from = "10.50.0.1"}));
    CHECK(sent({.to = "198.51.100.1", .by = "wlan0"}));
    CHECK(sent({.to = "10.20.0.2", .from = "10.50.0.1"}));
}

TEST_CASE_FIXTURE(
    GuardedHost, "a local network is reached by its own device, and its name server is not asked") {
    auto protection = covering(everything);
    protection.local = {{*ike::Prefix::parse("192.168.1.0/24"), "wlan0"}};
    guard.protect("office", protection);
    CHECK(sent({.to = "192.168.1.7", .by = "wlan0"}));
    CHECK_FALSE(sent({.to = "192.168.1.7", .by = "wwan0"}));
    CHECK_FALSE(sent({.to = "192.168.1.1", .by = "wlan0", .port = 53}));
    CHECK_FALSE(sent({.to = "192.168.1.1", .by = "wlan0", .port = 853}));
    CHECK_FALSE(sent({.to = "198.51.100.1", .by = "wlan0"}));
}

TEST_CASE_FIXTURE(GuardedHost, "a portal's hole is for its resolvers, and for its device only") {
    auto protection = covering(everything);
    protection.portal = {"wlan0", {address("192.168.1.1"), address("fd01::1")}};
    guard.protect("office", protection);
    CHECK(sent({.to = "192.168.1.1", .by = "wlan0", .port = 53}));
    CHECK(sent({.to = "fd01::1", .by = "wlan0", .port = 53}));
    CHECK_FALSE(sent({.to = "192.168.1.1", .by = "wwan0", .port = 53}));
    CHECK_FALSE(sent({.to = "198.51.100.1", .by = "wlan0", .port = 53}));
    CHECK_FALSE(sent({.to = "198.51.100.1", .by = "wlan0", .port = 443}));  // UDP
    protection.portal.reset();
    guard.protect("office", protection);
    CHECK_FALSE(sent({.to = "192.168.1.1", .by = "wlan0", .port = 53}));
}

TEST_CASE_FIXTURE(GuardedHost,
                  "each tunnel's chains are its own, and the last one takes the table along") {
    guard.protect("full", covering(everything));
    guard.protect("split", covering({*ike::Prefix::parse("10.0.0.0/8")}));
    guard.release("full");
    CHECK(sent({.to = "198.51.100.1", .by = "wlan0"}));
    CHECK_FALSE(sent({.to = "10.20.0.2", .by = "wlan0"}));
    guard.release("split");
    CHECK(ruleset().empty());
    guard.release("split");
    CHECK(ruleset().empty());
}

TEST_CASE_FIXTURE(GuardedHost,
                  "who flushes the packet filter, or one rule of it, finds it put back") {
    guard.protect("office", covering(everything));
    const std::string before = ruleset();
    for (const char* const meddling :
         {"nft flush ruleset", "nft flush chain inet roamd out-office",
          "nft delete table arp roamd", "nft insert rule inet roamd out-office accept"}) {
        CAPTURE(meddling);
        REQUIRE(run(meddling));
        CHECK(ruleset() != before);
        CHECK(agent_test::until(loop, [&] { return ruleset() == before; }));
        CHECK_FALSE(sent({.to = "198.51.100.1", .by = "wlan0"}));
    }
}

TEST_CASE_FIXTURE(GuardedHost, "the guard of a run that was killed stays where it is to be kept") {
    leave_by_killed_run([] {
        EventLoop own_loop = std::move(*EventLoop::create());
        ike::NullLog no_log;
        LeakGuard killed(own_loop, no_log, [](const std::string&) {});
        killed.start({});
        killed.protect("kept", covering({*ike::Prefix::parse("10.0.0.0/8")}));
        killed.protect("my other", covering(everything));
        return killed.fault("kept").empty() && killed.fault("my other").empty();
    });
    CHECK_FALSE(sent({.to = "198.51.100.1", .by = "wlan0"}));
    LeakGuard next(loop, log, [](const std::string&) {});
    next.protect("always", covering({*ike::Prefix::parse("203.0.113.0/24")}));
    CHECK(ruleset().find("out-always") == std::string::npos);
    next.start({"kept", "always"});
    CHECK(sent({.to = "198.51.100.1", .by = "wlan0"}));
    CHECK_FALSE(sent({.to = "10.20.0.2", .by = "wlan0"}));
    CHECK_FALSE(sent({.to = "203.0.113.1", .by = "wlan0"}));
    next.release("kept");  // it was never told to this run
    CHECK_FALSE(sent({.to = "10.20.0.2", .by = "wlan0"}));
    next.release_left("kept");
    CHECK(sent({.to = "10.20.0.2", .by = "wlan0"}));
    CHECK_FALSE(sent({.to = "203.0.113.1", .by = "wlan0"}));
    next.release_all();
    CHECK(ruleset().empty());
}

TEST_CASE("without a packet filter the fault is told, and nothing else happens") {
    leave_by_killed_run([] {
        EventLoop loop = std::move(*EventLoop::create());
        ike::NullLog log;
        constexpr uid_t nobody = 65534;  // no privilege is as good as no nftables
        if (::setresuid(nobody, nobody, nobody) != 0) {
            return false;
        }
        LeakGuard guard(loop, log, [](const std::string&) {});
        guard.start({});
        guard.protect("office", GuardedHost::covering(everything));
        const bool told = !guard.fault("office").empty() && guard.protection("office") == nullptr;
        guard.release("office");
        return told && guard.fault("office").empty();
    });
}

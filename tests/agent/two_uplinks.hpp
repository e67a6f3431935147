// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/log.hpp"
#include "ike/base/path.hpp"
#include "netwatch/monitor.hpp"
#include "netwatch/uplink.hpp"
#include "tests/agent/network_namespace.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace agent::test {

inline ike::IpAddress address(const char* text) {
    return *ike::IpAddress::parse(text);
}

/// A namespace with Wi-Fi and cellular up, of which the table main prefers Wi-Fi.
inline void set_up_two_uplinks() {
    REQUIRE(enter_network_namespace());
    REQUIRE(run("ip link set lo up"));
    // No link-local addresses, which would come to be some time later.
    REQUIRE(run("echo 1 >/proc/sys/net/ipv6/conf/default/addr_gen_mode"));
    REQUIRE(run("ip link add wlan0 type veth peer name wifi"));
    REQUIRE(run("ip link add wwan0 type veth peer name cell"));
    REQUIRE(run("for link in wlan0 wifi wwan0 cell; do ip link set $link up; done"));
    REQUIRE(run("ip addr add 192.168.1.23/24 dev wlan0"));
    REQUIRE(run("ip addr add 10.137.5.8/24 dev wwan0"));
    REQUIRE(run("ip -6 addr add fd01::23/64 dev wlan0 nodad"));
    REQUIRE(run("ip -6 addr add fd02::8/64 dev wwan0 nodad"));
    REQUIRE(run("ip route add default via 192.168.1.1 dev wlan0 metric 600"));
    REQUIRE(run("ip route add default via 10.137.5.1 dev wwan0 metric 700"));
    REQUIRE(run("ip -6 route add default via fd01::1 dev wlan0 metric 600"));
    REQUIRE(run("ip -6 route add default via fd02::1 dev wwan0 metric 700"));
}

/// As the kernel shows it, once both uplinks have a carrier.
inline netwatch::Snapshot network_now() {
    ike::NullLog log;
    auto monitor = netwatch::Monitor::open(log);
    REQUIRE(monitor.ok());
    return monitor->snapshot();
}

/// Asks again until it is so, for at most five seconds: a link takes a while to get its carrier.
template <class Condition>
bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return condition();
}

inline ike::Path path_by(const netwatch::Snapshot& network, const std::string& uplink,
                         const ike::IpAddress& gateway) {
    for (const auto& found : netwatch::uplinks(network, gateway, {})) {
        if (found.name == uplink) {
            return {found.interface, {found.local, 4500}, {gateway, 4500}};
        }
    }
    FAIL("no uplink ", uplink, " in\n", netwatch::text(network));
    return {};
}

/// All rules and routes, whether their device has a carrier or not.
inline std::string kernel_routing() {
    return output_of(
        "(ip rule; ip -6 rule; ip route show table all; ip -6 route show table all) | "
        "sed 's/ linkdown//'");
}

}  // namespace agent::test

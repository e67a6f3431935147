// SPDX-License-Identifier: Apache-2.0
#include "agent/recovery/stale_state.hpp"

#include "agent/dataplane/xfrm/device.hpp"
#include "agent/linux/kernel_ids.hpp"
#include "agent/recovery/stale_tunnel.hpp"
#include "agent/routing/tunnel_routes.hpp"
#include "agent/routing/uplink_route.hpp"
#include "tests/agent/killed_run.hpp"
#include "tests/agent/two_uplinks.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace agent::test;

namespace {

const ike::IpAddress gateway = address("203.0.113.10");

TunnelNetwork everything(const std::string& device) {
    TunnelNetwork network;
    network.device = device;
    network.addresses = {address("10.99.0.7"), address("fd99::7")};
    network.destinations = {*ike::Prefix::parse("0.0.0.0/0"), *ike::Prefix::parse("::/0")};
    network.gateways = {gateway};
    return network;
}

/// As a run leaves a tunnel that is killed while connected.
void leave_tunnel(std::uint32_t number) {
    const auto network = network_now();
    leave_by_killed_run([&] {
        static auto device = xfrm::XfrmDevice::create(number);
        static Routes routes(number);
        static UplinkRoute egress(number);
        return device.ok() && routes.apply(everything(device->name())).ok() &&
               egress.use(path_by(network, "wwan0", gateway), network).ok();
    });
}

std::string everything_there() {
    return kernel_routing() + output_of("ip -o addr; ip -o link | cut -d: -f2");
}

std::string device_towards(const std::string& destination) {
    const std::string answer = output_of("ip route get " + destination);
    const auto start = answer.find(" dev ");
    return start == std::string::npos
               ? answer
               : answer.substr(start + 5, answer.find(' ', start + 5) - start - 5);
}

}  // namespace

TEST_CASE("leftovers of a killed run are removed, and what others made stays") {
    set_up_two_uplinks();
    REQUIRE(run("ip rule add fwmark 7 lookup 77 prio 5000 protocol 99"));
    REQUIRE(run("ip route add 10.77.0.0/16 dev wlan0 table 29280 proto 99"));
    const std::string before = kernel_routing();
    // The state that stays when the process, and with it the device, goes: the rules and
    // unreachable routes.
    REQUIRE(run("ip rule add not fwmark 0x726f616d lookup 29280 prio 29281 protocol 114"));
    REQUIRE(run("ip -6 rule add not fwmark 0x726f616d lookup 29283 prio 29280 protocol 114"));
    REQUIRE(run(
        "ip rule add to 203.0.113.1 ipproto udp dport 4500 lookup main prio 29201 protocol 114"));
    REQUIRE(run("ip -6 route add unreachable default table 29280 proto 114"));
    REQUIRE(run("ip route add unreachable 10.1.0.0/16 table 29281 proto 114"));

    const auto found = remove_leftovers();
    REQUIRE(found.ok());
    CHECK(found->rules == 3);
    CHECK(found->routes == 2);
    CHECK(kernel_routing() == before);
    CHECK_FALSE(remove_leftovers()->any());
}

TEST_CASE("what a killed run with IPsec in the kernel left is removed with its device") {
    set_up_two_uplinks();
    const std::string before = everything_there();
    leave_tunnel(first_table + 3);
    REQUIRE(device_towards("198.51.100.1") == "roamd0");

    const auto found = remove_leftovers();
    REQUIRE(found.ok());
    CHECK(found->devices == 1);
    CHECK(everything_there() == before);
    CHECK_FALSE(remove_leftovers()->any());
}

TEST_CASE("what blocks for a tunnel stays when it is to be kept, and that of others goes") {
    set_up_two_uplinks();
    leave_tunnel(first_table);
    leave_tunnel(first_table + 1);
    REQUIRE(remove_leftovers({first_table + 1}).ok());

    CHECK(device_towards("198.51.100.1") == "roamd1");
    CHECK(device_towards("2001:db8:1::1") == "roamd1");
    CHECK(device_towards("198.51.100.1 mark 0x726f616d") == "wlan0");
    CHECK(device_towards("203.0.113.10 ipproto udp dport 4500") == "wlan0");
    CHECK(output_of("ip link").find("roamd0") == std::string::npos);
    CHECK(output_of("ip rule").find(" 29280") == std::string::npos);
    CHECK(output_of("ip rule").find("fwmark 0x726f616d lookup 293") == std::string::npos);
}

TEST_CASE("a block that is given up goes as a whole") {
    set_up_two_uplinks();
    const std::string before = everything_there();
    leave_tunnel(first_table);
    REQUIRE(remove_leftovers({first_table}).ok());
    {
        LeftBlock left(first_table);
        const LeftBlock moved(std::move(left));
        CHECK(device_towards("198.51.100.1") == "roamd0");
    }
    CHECK(everything_there() == before);
}

TEST_CASE("a tunnel takes over the device, addresses and routes that block for it") {
    set_up_two_uplinks();
    leave_tunnel(first_table);
    REQUIRE(remove_leftovers({first_table}).ok());
    const std::string block = everything_there();

    LeftBlock left(first_table);
    const auto device = xfrm::XfrmDevice::create(first_table);
    REQUIRE(device.ok());
    CHECK(device->name() == "roamd0");
    Routes routes(first_table);
    REQUIRE(routes.apply(everything("roamd0")).ok());
    CHECK(everything_there() == block);
    REQUIRE(left.take_over("roamd0").ok());
    CHECK(everything_there() == block);
}

TEST_CASE("the device that blocked goes when the tunnel has another one now") {
    set_up_two_uplinks();
    leave_tunnel(first_table);
    REQUIRE(remove_leftovers({first_table}).ok());
    LeftBlock left(first_table);
    REQUIRE(run("ip tuntap add roamd1 mode tun"));
    Routes routes(first_table);
    REQUIRE(routes.apply(everything("roamd1")).ok());
    REQUIRE(left.take_over("roamd1").ok());
    CHECK(device_towards("198.51.100.1") == "roamd1");
    CHECK(device_towards("2001:db8:1::1") == "roamd1");
    CHECK(output_of("ip link").find("roamd0") == std::string::npos);
}

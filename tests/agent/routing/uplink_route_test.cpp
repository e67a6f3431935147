// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/uplink_route.hpp"

#include "agent/linux/kernel_ids.hpp"
#include "agent/recovery/stale_state.hpp"
#include "agent/routing/tunnel_routes.hpp"
#include "tests/agent/two_uplinks.hpp"

#include <doctest/doctest.h>

#include <net/if.h>

using namespace agent;
using namespace agent::test;

namespace {

const ike::IpAddress gateway4 = address("203.0.113.10");
const ike::IpAddress gateway6 = address("2001:db8::10");

std::string way(const std::string& question) {
    const std::string answer = output_of("ip route get " + question);
    const auto start = answer.find(" dev ");
    return start == std::string::npos ? answer : answer.substr(start + 5, 5);
}

const std::string marked = " mark 0x726f616d";

}  // namespace

TEST_CASE("outer packets leave by the uplink of their source, whatever the table main prefers") {
    set_up_two_uplinks();
    const auto network = network_now();
    UplinkRoute egress(first_table);
    for (const char* uplink : {"wlan0", "wwan0"}) {
        for (const auto& gateway : {gateway4, gateway6}) {
            const auto used = egress.use(path_by(network, uplink, gateway), network);
            REQUIRE_MESSAGE(used.ok(), (used ? "" : used.error().text()));
        }
    }
    CHECK(way("203.0.113.10 from 192.168.1.23" + marked) == "wlan0");
    CHECK(way("203.0.113.10 from 10.137.5.8" + marked) == "wwan0");
    CHECK(way("2001:db8::10 from fd01::23" + marked) == "wlan0");
    CHECK(way("2001:db8::10 from fd02::8" + marked) == "wwan0");
}

TEST_CASE(
    "packets by a path are diverted into a device and led back, those that name its interface are "
    "not") {
    set_up_two_uplinks();
    REQUIRE(
        run("ip link add wait0 type veth peer name wait1 && ip link set wait0 up && "
            "ip link set wait1 up"));
    const auto network = network_now();
    const ike::InterfaceIndex wait0{::if_nametoindex("wait0")};
    UplinkRoute egress(first_table);
    CHECK_FALSE(egress.divert(path_by(network, "wwan0", gateway4), wait0, network).ok());
    for (const auto& [gateway, local] :
         {std::pair(gateway4, "10.137.5.8"), std::pair(gateway6, "fd02::8")}) {
        const ike::Path path = path_by(network, "wwan0", gateway);
        const std::string question = gateway.text() + " from " + local + marked;
        REQUIRE(egress.use(path, network).ok());
        REQUIRE(egress.divert(path, wait0, network).ok());
        CHECK(way(question) == "wait0");
        if (gateway.is_ipv4()) {
            CHECK(way(question + " oif wwan0") == "wwan0");
        }
        REQUIRE(egress.lead_back(path, wait0).ok());
        CHECK(way(question) == "wwan0");
    }
    CHECK(output_of("ip route show table all").find("wait0 proto 114") == std::string::npos);
}

TEST_CASE("the way of a path is the one of its uplink: router, or the link itself, and MTU") {
    set_up_two_uplinks();
    REQUIRE(run("ip route replace default via 10.137.5.1 dev wwan0 metric 700 mtu 1400"));
    REQUIRE(run("ip route add 203.0.113.11 dev wwan0"));
    const auto network = network_now();
    UplinkRoute egress(first_table);
    REQUIRE(egress.use(path_by(network, "wwan0", gateway4), network).ok());
    REQUIRE(egress.use(path_by(network, "wwan0", address("203.0.113.11")), network).ok());
    const std::string routed =
        output_of("ip route get 203.0.113.10 from 10.137.5.8 mark 0x726f616d");
    CHECK(routed.find("via 10.137.5.1 dev wwan0") != std::string::npos);
    CHECK(output_of("ip route show table 29344").find("mtu 1400") != std::string::npos);
    CHECK(output_of("ip route show table 29345").find("via") == std::string::npos);
    CHECK(output_of("ip route show table 29345").find("203.0.113.11 dev wwan0") !=
          std::string::npos);
}

TEST_CASE("strict reverse path filtering finds a standby uplink by its own path") {
    set_up_two_uplinks();
    const auto network = network_now();
    UplinkRoute egress(first_table);
    REQUIRE(egress.use(path_by(network, "wwan0", gateway4), network).ok());

    // The question of the filter, for lack of a mark: by which way would an answer leave?
    const std::string to_gateway = "203.0.113.10 from 10.137.5.8 ipproto ";
    CHECK(output_of("ip rule").find("from 10.137.5.8 to 203.0.113.10 ipproto esp lookup 29344") !=
          std::string::npos);
    CHECK(way(to_gateway + "udp sport 4500 dport 4500") == "wwan0");
    CHECK(way(to_gateway + "udp sport 500 dport 500") == "wwan0");
    CHECK(way(to_gateway + "udp sport 4500 dport 53") == "wlan0");
    CHECK(way(to_gateway + "tcp dport 443") == "wlan0");
}

TEST_CASE("what is neither of ours nor of root goes to an IPv6 gateway as the tunnel says") {
    set_up_two_uplinks();
    const auto network = network_now();
    UplinkRoute egress(first_table);
    REQUIRE(egress.use(path_by(network, "wwan0", gateway6), network).ok());
    CHECK(way("2001:db8::10 from fd02::8 uid 0") == "wwan0");  // as path MTU discovery asks
    CHECK(way("2001:db8::10 from fd02::8 uid 1000") == "wlan0");
}

TEST_CASE("rules for a path come before those of tunnels") {
    set_up_two_uplinks();
    REQUIRE(run("ip tuntap add roamd0 mode tun"));
    const auto network = network_now();
    UplinkRoute egress(first_table);
    REQUIRE(egress.use(path_by(network, "wwan0", gateway4), network).ok());
    TunnelNetwork everything;
    everything.device = "roamd0";
    everything.addresses = {address("10.99.0.7")};
    everything.destinations = {*ike::Prefix::parse("0.0.0.0/0")};
    everything.gateways = {gateway4};
    Routes routes(first_table);
    REQUIRE(routes.apply(everything).ok());
    CHECK(way("203.0.113.10 from 10.137.5.8 ipproto udp sport 4500 dport 4500" + marked) ==
          "wwan0");
    CHECK(way("203.0.113.10 from 10.137.5.8 ipproto tcp dport 443") == "roamd");
}

TEST_CASE("a path that is used again gets the router of today") {
    set_up_two_uplinks();
    UplinkRoute egress(first_table);
    const auto before = network_now();
    const ike::Path path = path_by(before, "wwan0", gateway4);
    REQUIRE(egress.use(path, before).ok());
    REQUIRE(run("ip route replace default via 10.137.5.77 dev wwan0 metric 700"));
    REQUIRE(egress.use(path, network_now()).ok());
    const std::string table = output_of("ip route show table 29344");
    CHECK(table ==
          "unreachable default proto 114 \n"
          "203.0.113.10 via 10.137.5.77 dev wwan0 proto 114 metric 2 onlink \n");
    const std::string rules = output_of("ip rule");
    REQUIRE(egress.use(path, network_now()).ok());
    CHECK(output_of("ip rule") == rules);
}

TEST_CASE("every uplink's way is prepared, and a move to one of them asks the kernel nothing") {
    set_up_two_uplinks();
    const auto network = network_now();
    UplinkRoute egress(first_table);
    REQUIRE(egress.prepare(gateway4, network).ok());
    CHECK(way("203.0.113.10 from 192.168.1.23" + marked) == "wlan0");
    CHECK(way("203.0.113.10 from 10.137.5.8" + marked) == "wwan0");
    REQUIRE(run("ip route flush table 29344; ip route flush table 29345"));
    REQUIRE(egress.use(path_by(network, "wwan0", gateway4), network).ok());
    CHECK(output_of("ip route show table 29344; ip route show table 29345").empty());
}

TEST_CASE("an uplink that was lost and is back has its way again") {
    set_up_two_uplinks();
    UplinkRoute egress(first_table);
    REQUIRE(egress.prepare(gateway4, network_now()).ok());
    REQUIRE(run("ip link set wwan0 down"));
    REQUIRE(egress.prepare(gateway4, network_now()).ok());
    CHECK(way("203.0.113.10 from 10.137.5.8" + marked) != "wwan0");
    REQUIRE(run("ip link set wwan0 up; ip route add default via 10.137.5.1 dev wwan0 metric 700"));
    REQUIRE(eventually([] { return netwatch::uplinks(network_now(), gateway4, {}).size() == 2; }));
    REQUIRE(egress.prepare(gateway4, network_now()).ok());
    CHECK(way("203.0.113.10 from 10.137.5.8" + marked) == "wwan0");
}

TEST_CASE("the way of a lost uplink goes without complaint, once it is not in use; others stay") {
    set_up_two_uplinks();
    const auto network = network_now();
    UplinkRoute egress(first_table);
    const ike::Path wifi = path_by(network, "wlan0", gateway4);
    const ike::Path cell = path_by(network, "wwan0", gateway4);
    REQUIRE(egress.prepare(gateway4, network).ok());
    REQUIRE(run("ip link del wwan0"));
    REQUIRE(egress.prepare(gateway4, network_now()).ok());
    CHECK(egress.tidy(cell).ok());
    CHECK(output_of("ip rule").find("10.137.5.8") != std::string::npos);
    CHECK(egress.tidy(wifi).ok());
    CHECK(output_of("ip rule").find("10.137.5.8") == std::string::npos);
    CHECK(way("203.0.113.10 from 192.168.1.23" + marked) == "wlan0");
}

TEST_CASE("all ways of a tunnel go with their owner, those of other tunnels stay") {
    set_up_two_uplinks();
    const auto network = network_now();
    UplinkRoute other(first_table + 1);
    REQUIRE(other.use(path_by(network, "wwan0", gateway4), network).ok());
    const std::string before = kernel_routing();
    {
        UplinkRoute egress(first_table);
        REQUIRE(egress.use(path_by(network, "wlan0", gateway4), network).ok());
        REQUIRE(egress.use(path_by(network, "wwan0", gateway4), network).ok());
        REQUIRE(egress.use(path_by(network, "wlan0", gateway6), network).ok());
        REQUIRE(egress.use(path_by(network, "wwan0", gateway6), network).ok());
    }
    CHECK(kernel_routing() == before);
}

TEST_CASE("the oldest of too many paths makes room for one more") {
    set_up_two_uplinks();
    const auto network = network_now();
    UplinkRoute egress(first_table);
    const auto gateway = [](std::uint32_t number) {
        return "203.0.113." + std::to_string(number + 1);
    };
    const auto use = [&](std::uint32_t number) {
        return egress.use(path_by(network, "wwan0", address(gateway(number).c_str())), network)
            .ok();
    };
    for (std::uint32_t number = 0; number < paths_per_tunnel; ++number) {
        REQUIRE(use(number));
    }
    CHECK(way(gateway(0) + " from 10.137.5.8" + marked) == "wwan0");
    REQUIRE(use(paths_per_tunnel));
    CHECK(way(gateway(0) + " from 10.137.5.8" + marked) == "wlan0");
    for (std::uint32_t number = 1; number <= paths_per_tunnel; ++number) {
        CHECK(way(gateway(number) + " from 10.137.5.8" + marked) == "wwan0");
    }
}

TEST_CASE("an address that has moved to another interface takes its path along") {
    set_up_two_uplinks();
    UplinkRoute egress(first_table);
    const auto before = network_now();
    REQUIRE(egress.use(path_by(before, "wwan0", gateway4), before).ok());
    REQUIRE(run("ip addr del 10.137.5.8/24 dev wwan0 && ip addr add 10.137.5.8/24 dev wlan0"));
    const auto after = network_now();
    ike::Path path = path_by(after, "wlan0", gateway4);
    path.local.address = address("10.137.5.8");
    REQUIRE(egress.use(path, after).ok());
    CHECK(way("203.0.113.10 from 10.137.5.8" + marked) == "wlan0");
}

TEST_CASE("outer packets of an uplink that has gone leave by no other one") {
    set_up_two_uplinks();
    const auto network = network_now();
    UplinkRoute egress(first_table);
    for (const auto& gateway : {gateway4, gateway6}) {
        REQUIRE(egress.use(path_by(network, "wwan0", gateway), network).ok());
    }
    REQUIRE(run("ip link set wwan0 down"));
    CHECK(output_of("ip route get 203.0.113.10 mark 0x726f616d from 10.137.5.8").find("wlan0") ==
          std::string::npos);
    CHECK(output_of("ip route get 2001:db8::10 mark 0x726f616d from fd02::8").find("wlan0") ==
          std::string::npos);
}

TEST_CASE("a path that nothing leads along is refused, and nothing changes") {
    set_up_two_uplinks();
    const auto network = network_now();
    const std::string before = kernel_routing();
    ike::Path path = path_by(network, "wlan0", gateway4);
    path.local.address = address("10.137.5.8");
    UplinkRoute egress(first_table);
    CHECK_FALSE(egress.use(path, network).ok());
    CHECK(kernel_routing() == before);
}

TEST_CASE("the ways that a killed run left are removed") {
    set_up_two_uplinks();
    const auto network = network_now();
    const std::string before = kernel_routing();
    const auto left = new UplinkRoute(first_table + max_tunnels - 1);
    REQUIRE(left->use(path_by(network, "wwan0", gateway4), network).ok());
    REQUIRE(left->use(path_by(network, "wwan0", gateway6), network).ok());
    const auto found = remove_leftovers();
    REQUIRE(found.ok());
    CHECK(found->rules == 6);
    CHECK(found->routes == 4);
    CHECK(kernel_routing() == before);
    delete left;
}

TEST_CASE("devices with the same address have a way each, and the one that is used comes first") {
    set_up_two_uplinks();
    REQUIRE(run("ip link add eth00 type veth peer name dock && ip link set eth00 up"));
    REQUIRE(run("ip link set dock up && ip addr add 192.168.1.23/24 dev eth00 noprefixroute"));
    REQUIRE(run("ip -6 addr add fd01::23/64 dev eth00 nodad noprefixroute"));
    REQUIRE(run("ip route add default via 192.168.1.1 dev eth00 metric 100 onlink"));
    REQUIRE(run("ip -6 route add default via fe80::1 dev eth00 metric 100"));
    REQUIRE(eventually([] {
        return netwatch::uplinks(network_now(), gateway4, {}).size() == 3 &&
               netwatch::uplinks(network_now(), gateway6, {}).size() == 3;
    }));
    const auto network = network_now();
    for (const auto& gateway : {gateway4, gateway6}) {
        const char* const local = gateway.is_ipv4() ? "192.168.1.23" : "fd01::23";
        const std::string question = gateway.text() + " from " + local + marked;
        CAPTURE(question);
        UplinkRoute egress(first_table);
        REQUIRE(egress.use(path_by(network, "wlan0", gateway), network).ok());
        for (int times = 0; times < 2; ++times) {  // looking again changes nothing
            REQUIRE(egress.prepare(gateway, network).ok());
            CHECK(way(question) == "wlan0");
            if (gateway.is_ipv4()) {  // in IPv6 only a socket that is bound to it names a device
                CHECK(way(question + " oif eth00") == "eth00");
                CHECK(way(question + " oif wlan0") == "wlan0");
            }
        }
        REQUIRE(egress.use(path_by(network, "eth00", gateway), network).ok());
        CHECK(way(question) == "eth00");
        REQUIRE(egress.drop(path_by(network, "eth00", gateway)).ok());
        CHECK(way(question) == "wlan0");
        REQUIRE(egress.drop(path_by(network, "wlan0", gateway)).ok());
        CHECK(output_of("ip rule; ip -6 rule").find(local) == std::string::npos);
    }
}

// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/tunnel_routes.hpp"

#include "agent/linux/kernel_ids.hpp"
#include "tests/agent/network_namespace.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace agent::test;

namespace {

ike::IpAddress address(const char* text) {
    return *ike::IpAddress::parse(text);
}
ike::Prefix prefix(const char* text) {
    return *ike::Prefix::parse(text);
}

/// A namespace with an uplink, as a desktop leaves it, and a tunnel device. (A bridge needs nothing
/// that a small kernel lacks.)
void set_up_laptop() {
    REQUIRE(enter_network_namespace());
    REQUIRE(run("ip link set lo up"));
    REQUIRE(run("ip link add wlan0 type bridge && ip link set wlan0 up"));
    REQUIRE(run("ip addr add 192.0.2.9/24 dev wlan0 && ip route add default via 192.0.2.1"));
    REQUIRE(run("ip -6 addr add 2001:db8::9/64 dev wlan0 nodad"));
    REQUIRE(receives_by("2001:db8::9", "wlan0"));
    REQUIRE(run("ip -6 route add default via 2001:db8::1"));
    REQUIRE(run("ip tuntap add roamd0 mode tun"));
}

TunnelNetwork office() {
    TunnelNetwork network;
    network.device = "roamd0";
    network.mtu = 1400;
    network.addresses = {address("10.99.0.7"), address("fd99::7")};
    network.destinations = {prefix("10.20.0.0/16"), prefix("fd20::/64")};
    return network;
}

TunnelNetwork everything() {
    TunnelNetwork network = office();
    network.destinations = {prefix("0.0.0.0/0"), prefix("::/0")};
    return network;
}

/// All that roamd could change outside its own device.
std::string kernel_state() {
    return output_of("ip rule; ip -6 rule; ip route show table all; ip -6 route show table all");
}

std::string first_word_of(const std::string& text, const std::string& after) {
    const auto start = text.find(after);
    if (start == std::string::npos) {
        return "";
    }
    const auto begin = start + after.size();
    return text.substr(begin, text.find(' ', begin) - begin);
}

std::string device_towards(const std::string& destination) {
    return first_word_of(output_of("ip route get " + destination), " dev ");
}

std::string gateway_towards(const std::string& destination) {
    return first_word_of(output_of("ip route get " + destination), " via ");
}

}  // namespace

TEST_CASE("applied routes send the gateway's networks into the tunnel and nothing else") {
    set_up_laptop();
    Routes routes(first_table);
    const auto applied = routes.apply(office());
    REQUIRE_MESSAGE(applied.ok(), (applied ? "" : applied.error().text()));

    CHECK(device_towards("10.20.3.4") == "roamd0");
    CHECK(device_towards("fd20::4") == "roamd0");
    CHECK(first_word_of(output_of("ip route get 10.20.3.4"), " src ") == "10.99.0.7");
    CHECK(first_word_of(output_of("ip route get fd20::4"), " src ") == "fd99::7");
    CHECK(device_towards("198.51.100.1") == "wlan0");
    CHECK(device_towards("2001:db8:1::1") == "wlan0");
    CHECK(output_of("ip link show roamd0").find("mtu 1400") != std::string::npos);
}

TEST_CASE(
    "NetworkManager's check goes by the uplink that it is bound to, nothing else that is bound") {
    set_up_laptop();
    TunnelNetwork network = everything();
    network.checked = {"wlan0"};
    Routes routes(first_table);
    REQUIRE(routes.apply(network).ok());

    // Linux takes what no route leads a bound socket to for a neighbour, so only a gateway tells.
    const std::string check = "198.51.100.1 ipproto tcp dport 80";
    CHECK(gateway_towards(check + " oif wlan0") == "192.0.2.1");
    CHECK(device_towards(check) == "roamd0");
    CHECK(gateway_towards("198.51.100.1 ipproto tcp dport 443 oif wlan0").empty());
    const std::string before = kernel_state();
    REQUIRE(routes.apply(network).ok());
    CHECK(kernel_state() == before);
    REQUIRE(routes.apply(everything()).ok());
    CHECK(gateway_towards(check + " oif wlan0").empty());
}

TEST_CASE("what bears the outer mark goes beside a tunnel for everything") {
    set_up_laptop();
    Routes routes(first_table);
    REQUIRE(routes.apply(everything()).ok());

    CHECK(device_towards("198.51.100.1") == "roamd0");
    CHECK(device_towards("192.0.2.1") == "roamd0");
    CHECK(device_towards("2001:db8:1::1") == "roamd0");
    CHECK(device_towards("198.51.100.1 mark 0x726f616d") == "wlan0");
    CHECK(device_towards("2001:db8:1::1 mark 0x726f616d") == "wlan0");
}

TEST_CASE(
    "IKE and ESP of a gateway inside the tunnel's own networks come in past strict rp_filter") {
    set_up_laptop();
    TunnelNetwork network = everything();
    network.gateways = {address("203.0.113.1"), address("2001:db8:3::1")};
    Routes routes(first_table);
    REQUIRE(routes.apply(network).ok());

    // The question of the filter, for lack of a mark: by which way would an answer leave?
    const std::string to_gateway = "203.0.113.1 from 192.0.2.9 ipproto udp";
    CHECK(device_towards(to_gateway + " sport 4500 dport 4500") == "wlan0");
    CHECK(device_towards(to_gateway + " sport 500 dport 500") == "wlan0");
    CHECK(device_towards(to_gateway + " sport 4500 dport 53") == "roamd0");
    CHECK(device_towards("203.0.113.1 ipproto tcp dport 4500") == "roamd0");
    CHECK(device_towards("203.0.113.2 ipproto udp dport 4500") == "roamd0");

    REQUIRE(routes.apply(everything()).ok());
    CHECK(device_towards(to_gateway + " sport 4500 dport 4500") == "roamd0");
}

TEST_CASE("a gateway outside the tunnel's networks needs no rule") {
    set_up_laptop();
    TunnelNetwork network = office();
    network.gateways = {address("203.0.113.1")};
    Routes routes(first_table);
    REQUIRE(routes.apply(network).ok());
    CHECK(output_of("ip rule").find("203.0.113.1") == std::string::npos);
}

TEST_CASE("the main table stays as the desktop left it") {
    set_up_laptop();
    const std::string main_before = output_of("ip route; ip -6 route");
    Routes routes(first_table);
    REQUIRE(routes.apply(everything()).ok());
    CHECK(output_of("ip route; ip -6 route") == main_before);
}

TEST_CASE("routes applied twice change nothing the second time") {
    set_up_laptop();
    Routes routes(first_table);
    REQUIRE(routes.apply(office()).ok());
    const std::string once = kernel_state() + output_of("ip addr");
    REQUIRE(routes.apply(office()).ok());
    CHECK(kernel_state() + output_of("ip addr") == once);
}

TEST_CASE("another desired state replaces what is no longer wanted") {
    set_up_laptop();
    Routes routes(first_table);
    REQUIRE(routes.apply(office()).ok());
    TunnelNetwork other = office();
    other.addresses = {address("10.99.0.8")};
    other.destinations = {prefix("10.30.0.0/16")};
    REQUIRE(routes.apply(other).ok());

    CHECK(device_towards("10.20.3.4") == "wlan0");
    CHECK(device_towards("10.30.3.4") == "roamd0");
    CHECK(output_of("ip addr show roamd0").find("10.99.0.7") == std::string::npos);
    CHECK(output_of("ip addr show roamd0").find("fd99::7") == std::string::npos);
    CHECK(output_of("ip -6 rule").find(std::to_string(first_table)) == std::string::npos);
}

TEST_CASE("other virtual addresses take the place of the old ones, also as sources") {
    set_up_laptop();
    Routes routes(first_table);
    REQUIRE(routes.apply(everything()).ok());
    TunnelNetwork other = everything();
    other.addresses = {address("10.99.0.8"), address("fd99::8")};
    REQUIRE(routes.apply(other).ok());

    CHECK(first_word_of(output_of("ip route get 198.51.100.1"), " src ") == "10.99.0.8");
    CHECK(first_word_of(output_of("ip route get 2001:db8:1::1"), " src ") == "fd99::8");
    CHECK(device_towards("198.51.100.1") == "roamd0");
    CHECK(device_towards("2001:db8:1::1") == "roamd0");
    CHECK(output_of("ip addr show roamd0").find("10.99.0.7") == std::string::npos);
    CHECK(output_of("ip addr show roamd0").find("fd99::7") == std::string::npos);
}

TEST_CASE("another device takes the place of the old one") {
    set_up_laptop();
    REQUIRE(run("ip tuntap add roamd1 mode tun"));
    Routes routes(first_table);
    REQUIRE(routes.apply(everything()).ok());
    TunnelNetwork other = everything();
    other.device = "roamd1";
    REQUIRE(routes.apply(other).ok());
    CHECK(device_towards("198.51.100.1") == "roamd1");
    CHECK(device_towards("2001:db8:1::1") == "roamd1");
}

TEST_CASE("a family that is refused from now on is refused, one that is granted is granted") {
    set_up_laptop();
    TunnelNetwork half = everything();
    half.addresses = {address("10.99.0.7")};
    half.destinations = {prefix("0.0.0.0/0")};
    half.unreachable = {prefix("::/0")};
    Routes routes(first_table);
    REQUIRE(routes.apply(everything()).ok());
    REQUIRE(routes.apply(half).ok());
    CHECK(output_of("ip route get 2001:db8:1::1").find("No route to host") != std::string::npos);
    REQUIRE(routes.apply(everything()).ok());
    CHECK(device_towards("2001:db8:1::1") == "roamd0");
}

TEST_CASE("the tunnel device gets no address of its own making") {
    set_up_laptop();
    Routes routes(first_table);
    REQUIRE(routes.apply(office()).ok());
    CHECK(output_of("ip addr show roamd0").find("fe80") == std::string::npos);
}

TEST_CASE("cleared routes leave the kernel as it was before") {
    set_up_laptop();
    const std::string before = kernel_state();
    {
        Routes routes(first_table);
        TunnelNetwork network = everything();
        network.gateways = {address("203.0.113.1")};
        REQUIRE(routes.apply(network).ok());
        REQUIRE(run("ip link del roamd0"));
    }
    CHECK(kernel_state() == before);
}

TEST_CASE("a tunnel for something goes before one for everything, whichever came first") {
    set_up_laptop();
    REQUIRE(run("ip tuntap add roamd1 mode tun"));
    Routes whole(first_table);
    Routes part(first_table + 1);
    TunnelNetwork second = office();
    second.device = "roamd1";
    second.addresses = {address("10.98.0.7"), address("fd98::7")};
    REQUIRE(whole.apply(everything()).ok());
    REQUIRE(part.apply(second).ok());

    CHECK(device_towards("10.20.3.4") == "roamd1");
    CHECK(device_towards("198.51.100.1") == "roamd0");
    REQUIRE(part.clear().ok());
    CHECK(device_towards("10.20.3.4") == "roamd0");
}

TEST_CASE("a family that must not pass beside the tunnel is refused at once") {
    set_up_laptop();
    TunnelNetwork network = everything();
    network.addresses = {address("10.99.0.7")};
    network.destinations = {prefix("0.0.0.0/0")};
    network.unreachable = {prefix("::/0")};
    Routes routes(first_table);
    REQUIRE(routes.apply(network).ok());
    CHECK(output_of("ip route get 2001:db8:1::1").find("No route to host") != std::string::npos);
    CHECK(device_towards("2001:db8:1::1 mark 0x726f616d") == "wlan0");
}

TEST_CASE("what the tunnel covers stays blocked when the way into its device goes") {
    const auto disturbance = [](const char* command) {
        CAPTURE(std::string(command));
        set_up_laptop();
        Routes routes(first_table);
        REQUIRE(routes.apply(everything()).ok());
        REQUIRE(device_towards("198.51.100.1") == "roamd0");
        REQUIRE(device_towards("2001:db8:1::1") == "roamd0");
        REQUIRE(run(command));
        CHECK(device_towards("198.51.100.1") == "");
        CHECK(device_towards("2001:db8:1::1") == "");
        CHECK(device_towards("198.51.100.1 mark 0x726f616d") == "wlan0");
    };
    disturbance("ip link set roamd0 down");
    disturbance("ip link set roamd0 down && ip link set roamd0 up");
    disturbance("ip link del roamd0");
    disturbance("ip addr flush dev roamd0 && ip -6 route flush dev roamd0 table 29280");
    disturbance("ip route flush dev roamd0 table 29280 && ip -6 route flush dev roamd0 table all");
}

TEST_CASE("an address that somebody adds is removed with the length of its prefix") {
    set_up_laptop();
    Routes routes(first_table);
    REQUIRE(routes.apply(office()).ok());
    REQUIRE(run("ip addr add 10.99.0.9/24 dev roamd0 && ip addr add fe80::9/64 dev roamd0"));
    const auto applied = routes.apply(office());
    CHECK_MESSAGE(applied.ok(), (applied ? "" : applied.error().text()));
    CHECK(output_of("ip addr show roamd0").find("10.99.0.9") == std::string::npos);
    CHECK(output_of("ip addr show roamd0").find("fe80") == std::string::npos);
}

TEST_CASE("routes that leave the block leave the rules and the unreachable routes alone") {
    set_up_laptop();
    {
        Routes routes(first_table);
        REQUIRE(routes.apply(everything()).ok());
        routes.leave_block();
    }
    REQUIRE(run("ip link del roamd0"));
    CHECK(device_towards("198.51.100.1") == "");
    CHECK(device_towards("2001:db8:1::1") == "");

    SUBCASE("the next run takes them over") {
        REQUIRE(run("ip tuntap add roamd0 mode tun"));
        Routes routes(first_table);
        REQUIRE(routes.apply(everything()).ok());
        CHECK(device_towards("198.51.100.1") == "roamd0");
        CHECK(device_towards("2001:db8:1::1") == "roamd0");
    }
    SUBCASE("and what it does not cover any more is free") {
        REQUIRE(run("ip tuntap add roamd0 mode tun"));
        Routes routes(first_table);
        REQUIRE(routes.apply(office()).ok());
        CHECK(device_towards("198.51.100.1") == "wlan0");
        CHECK(device_towards("10.20.3.4") == "roamd0");
    }
}

TEST_CASE("without a device the routes block, and an error names the device") {
    set_up_laptop();
    TunnelNetwork network = everything();
    network.device = "roamd7";
    Routes routes(first_table);
    const auto applied = routes.apply(network);
    REQUIRE_FALSE(applied.ok());
    CHECK(applied.error().text().find("roamd7") != std::string::npos);
    CHECK(device_towards("198.51.100.1") == "");
    CHECK(device_towards("2001:db8:1::1") == "");
}

TEST_CASE("only a tunnel for everything blocks the family its gateway did not grant") {
    const auto all = std::vector{prefix("0.0.0.0/0"), prefix("::/0")};
    CHECK(blocked_beside(all, {prefix("0.0.0.0/0")}) == std::vector{prefix("::/0")});
    CHECK(blocked_beside(all, {prefix("::/0")}) == std::vector{prefix("0.0.0.0/0")});
    CHECK(blocked_beside(all, all).empty());
    CHECK(blocked_beside(all, {prefix("10.0.0.0/8")}).empty());
    CHECK(blocked_beside({prefix("0.0.0.0/0")}, {prefix("0.0.0.0/0")}).empty());
}

TEST_CASE(
    "without a virtual address packets go in from the uplink's, and are blocked while it is gone") {
    set_up_laptop();
    const auto route = [] { return output_of("ip route get 10.20.0.2; ip -6 route get fd20::2"); };
    TunnelNetwork network = office();
    network.addresses.clear();
    network.own_address = address("192.0.2.9");
    network.destinations = {prefix("10.20.0.0/16")};
    network.unreachable = {prefix("fd20::/64")};
    Routes routes(first_table);
    REQUIRE(routes.apply(network).ok());
    CHECK(route().find("dev roamd0 table 29280 src 192.0.2.9") != std::string::npos);
    CHECK(output_of("ip -o -4 addr show dev roamd0").empty());
    REQUIRE(run("ip addr del 192.0.2.9/24 dev wlan0"));
    CHECK(routes.apply(network).ok());
    CHECK(route().find("dev ") == std::string::npos);
    CHECK(routes.led().empty());
    SUBCASE("the address is back") {
        REQUIRE(run("ip addr add 192.0.2.9/24 dev wlan0"));
    }
    SUBCASE("another one") {
        REQUIRE(run("ip addr add 192.0.2.77/24 dev wlan0"));
        network.own_address = address("192.0.2.77");
    }
    REQUIRE(routes.apply(network).ok());
    CHECK(route().find("dev roamd0 table 29280 src " + network.own_address->text()) !=
          std::string::npos);
}

// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/tunnel_guard.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace agent;
using netwatch::Connectivity;

namespace {

ike::Prefix prefix(const char* text) {
    return *ike::Prefix::parse(text);
}

TunnelConfig full_tunnel() {
    TunnelConfig config;
    config.name = "office";
    config.child_sas = {{prefix("0.0.0.0/0"), prefix("::/0")}};
    return config;
}

/// A home network by Wi-Fi, one of guests on a bridge, and one that says that it is 9.9.0.0/16.
netwatch::Snapshot network() {
    netwatch::Snapshot snapshot;
    const auto add = [&](std::uint32_t index, const char* link, const char* address,
                         std::uint8_t length) {
        netwatch::Link added;
        added.index = {index};
        added.name = link;
        added.up = added.running = true;
        snapshot.links.push_back(added);
        netwatch::Address held;
        held.interface = {index};
        held.address = *ike::IpAddress::parse(address);
        held.prefix_length = length;
        snapshot.addresses.push_back(held);
    };
    add(2, "wlan0", "192.168.1.23", 24);
    add(3, "docker0", "172.17.0.1", 16);
    add(4, "eth0", "9.9.1.2", 16);
    add(5, "eth1", "10.9.1.2", 8);
    add(6, "roamd0", "10.50.0.1", 24);
    return snapshot;
}

bool reaches(const guard::Protection& protection, const char* network, const char* interface) {
    return std::ranges::find(protection.local, guard::LocalNetwork{prefix(network), interface}) !=
           protection.local.end();
}

netwatch::Snapshot behind_a_portal(Connectivity connectivity) {
    netwatch::Snapshot snapshot = network();
    snapshot.managed.running = snapshot.managed.checks_connectivity = true;
    netwatch::ManagedDevice wifi;
    wifi.interface = "wlan0";
    wifi.type = netwatch::DeviceType::wifi;
    wifi.state = netwatch::DeviceState::activated;
    wifi.ip4 = connectivity;
    snapshot.managed.devices.push_back(wifi);
    return snapshot;
}

const std::vector<NameServer> servers{{*ike::IpAddress::parse("192.168.1.1"), ""},
                                      {*ike::IpAddress::parse("fe80::1"), "wlan0"},
                                      {*ike::IpAddress::parse("fe80::2"), "eth0"}};

}  // namespace

TEST_CASE("local networks are those this machine is in, private ones, each by its own device") {
    TunnelConfig config = full_tunnel();
    const auto snapshot = network();
    CHECK(protection_for(config, true, {.network = snapshot}).local.empty());
    config.local_network.connected = true;
    const auto open = protection_for(config, true, {.network = snapshot});
    CHECK(reaches(open, "192.168.1.0/24", "wlan0"));
    CHECK(reaches(open, "224.0.0.0/24", "wlan0"));
    CHECK(reaches(open, "172.17.0.0/16", "docker0"));
    // A network says itself what it is (CVE-2023-36672).
    CHECK_FALSE(reaches(open, "9.9.0.0/16", "eth0"));
    CHECK_FALSE(reaches(open, "10.0.0.0/8", "eth1"));
    CHECK_FALSE(reaches(open, "10.50.0.0/24", "roamd0"));
}

TEST_CASE("a list of local networks is reached by any device, and nothing else is") {
    TunnelConfig config = full_tunnel();
    config.local_network.networks = {prefix("192.168.7.0/24")};
    const auto snapshot = network();
    const auto local = protection_for(config, true, {.network = snapshot}).local;
    CHECK(local == std::vector<guard::LocalNetwork>{{prefix("192.168.7.0/24"), ""}});
}

TEST_CASE("a portal is let through while the tunnel carries nothing, to its own name servers") {
    const auto snapshot = behind_a_portal(Connectivity::portal);
    GuardFacts facts{.network = snapshot, .servers = servers};
    const auto hole = protection_for(full_tunnel(), true, facts).portal;
    REQUIRE(hole);
    CHECK(hole->interface == "wlan0");
    CHECK(hole->resolvers ==
          std::vector{*ike::IpAddress::parse("192.168.1.1"), *ike::IpAddress::parse("fe80::1")});
    facts.carries = true;
    CHECK_FALSE(protection_for(full_tunnel(), true, facts).portal);
}

TEST_CASE("only what NetworkManager has checked is a portal") {
    for (const auto connectivity :
         {Connectivity::unknown, Connectivity::none, Connectivity::limited, Connectivity::full}) {
        const auto snapshot = behind_a_portal(connectivity);
        CHECK_FALSE(protection_for(full_tunnel(), true, {.network = snapshot}).portal);
    }
    auto guessed = behind_a_portal(Connectivity::portal);
    guessed.managed.checks_connectivity = false;
    CHECK_FALSE(protection_for(full_tunnel(), true, {.network = guessed}).portal);
}

TEST_CASE("without a guard the virtual addresses are protected all the same") {
    const auto snapshot = network();
    const auto protection = protection_for(full_tunnel(), false,
                                           {.device = "roamd0",
                                            .addresses = {*ike::IpAddress::parse("10.50.0.1")},
                                            .network = snapshot});
    CHECK(protection.addresses.size() == 1);
    CHECK(protection.covered.empty());
}

TEST_CASE("a network that the gateway does not grant is covered, and told") {
    const auto snapshot = network();
    const GuardFacts facts{.granted = {prefix("10.0.0.0/8")}, .network = snapshot};
    CHECK(protection_for(full_tunnel(), true, facts).covered ==
          std::vector{prefix("0.0.0.0/0"), prefix("::/0")});
}

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "netwatch/policy.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

/// A laptop to change one thing of: wlan0 (10.1.0.2, router 10.1.0.1, metric 600) and wwan0
/// (10.2.0.2, metric 700), as NetworkManager sets them up.
namespace netwatch::values {

inline constexpr ike::InterfaceIndex lo{1};
inline constexpr ike::InterfaceIndex wlan0{2};
inline constexpr ike::InterfaceIndex wwan0{3};
inline constexpr ike::InterfaceIndex other{4};

inline ike::IpAddress ip(std::string_view text) {
    return ike::IpAddress::parse(text).value();
}

inline Link link(ike::InterfaceIndex index, std::string name) {
    return {.index = index,
            .name = std::move(name),
            .kind = {},
            .mtu = 1500,
            .up = true,
            .running = true,
            .master = {}};
}

inline Address address(ike::InterfaceIndex interface, std::string_view text, std::uint8_t length) {
    return {.interface = interface, .address = ip(text), .prefix_length = length, .peer = {}};
}

inline Route route(std::string_view destination, std::string_view gateway, ike::InterfaceIndex out,
                   std::uint32_t metric) {
    Route made{.destination = ike::Prefix::parse(destination).value(),
               .source = {},
               .metric = metric,
               .gateway = {},
               .out = out,
               .preferred_source = {}};
    if (!gateway.empty()) {
        made.gateway = ip(gateway);
    }
    return made;
}

inline Snapshot laptop() {
    Link loopback = link(lo, "lo");
    loopback.loopback = true;
    return {.generation = 1,
            .links = {loopback, link(wlan0, "wlan0"), link(wwan0, "wwan0")},
            .addresses = {address(lo, "127.0.0.1", 8), address(wlan0, "10.1.0.2", 24),
                          address(wwan0, "10.2.0.2", 24)},
            .routes = {route("0.0.0.0/0", "10.1.0.1", wlan0, 600),
                       route("0.0.0.0/0", "10.2.0.1", wwan0, 700),
                       route("10.1.0.0/24", "", wlan0, 600), route("10.2.0.0/24", "", wwan0, 700)}};
}

/// A NetworkManager that has checked these devices, in both families.
inline ManagedNetwork managed(
    std::initializer_list<std::pair<std::string, Connectivity>> connectivity) {
    ManagedNetwork network{
        .running = true, .checks_connectivity = true, .primary_uuid = {}, .devices = {}};
    for (const auto& [interface, value] : connectivity) {
        ManagedDevice device;
        device.interface = interface;
        device.state = DeviceState::activated;
        device.ip4 = device.ip6 = value;
        network.devices.push_back(device);
    }
    return network;
}

/// wlan0's access point is far away.
inline void fade(Snapshot& snapshot) {
    snapshot.managed = managed({{"wlan0", Connectivity::full}, {"wwan0", Connectivity::full}});
    snapshot.managed.devices[0].access_point =
        AccessPoint{.ssid = "home", .bssid = {}, .strength = 15, .weak = true};
}

inline Link& find(Snapshot& snapshot, ike::InterfaceIndex index) {
    return *std::ranges::find(snapshot.links, index, &Link::index);
}

inline void remove_address(Snapshot& snapshot, std::string_view text) {
    std::erase_if(snapshot.addresses,
                  [&](const Address& candidate) { return candidate.address == ip(text); });
}

}  // namespace netwatch::values

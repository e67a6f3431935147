// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/laptop/access_networks.hpp"

#include "tests/sim/world/setup.hpp"
#include "tests/sim/world/world.hpp"

#include <algorithm>

namespace sim {

using namespace ike;

namespace {

std::uint8_t prefix_length(const IpAddress& address) {
    return address.is_ipv4() ? 24 : 64;
}

/// The router of an address's network.
IpAddress next_hop(const IpAddress& address) {
    if (!address.is_ipv4()) {
        return *IpAddress::parse("fe80::1");
    }
    Bytes bytes(address.bytes().begin(), address.bytes().end());
    bytes.back() = 1;
    return *IpAddress::from_bytes(bytes);
}

}  // namespace

AccessNetworks::AccessNetworks(Dice& dice, bool network_manager)
    : packets_(dice), network_manager_(network_manager) {
    add_access_networks(packets_);
    accesses_[wlan0] = {.name = "wlan0", .metric = 600};
    accesses_[wwan0] = {.name = "wwan0", .metric = 700};
}

void AccessNetworks::give_address(InterfaceIndex interface, const IpAddress& address) {
    auto& addresses = uplink(interface).addresses;
    std::erase_if(addresses,
                  [&](const IpAddress& each) { return each.family() == address.family(); });
    addresses.insert(addresses.begin(), address);
}

bool AccessNetworks::any_up() {
    return std::ranges::any_of(packets_.uplinks(), &Uplink::up);
}

netwatch::Snapshot AccessNetworks::snapshot() {
    netwatch::Snapshot snapshot;
    for (const auto& [interface, access] : accesses_) {
        const Uplink& uplink = packets_.uplink(interface);
        netwatch::Link link;
        link.index = interface;
        link.name = access.name;
        link.mtu = access.mtu;
        link.up = true;
        link.running = uplink.up;
        snapshot.links.push_back(link);
        add_routes(snapshot, uplink, access);
        if (access.nat64) {
            snapshot.nat64.push_back({interface, *access.nat64});
        }
        if (network_manager_) {
            snapshot.managed.devices.push_back(managed(access));
        }
    }
    snapshot.managed.running = snapshot.managed.checks_connectivity = network_manager_;
    return snapshot;
}

void AccessNetworks::add_routes(netwatch::Snapshot& snapshot, const Uplink& uplink,
                                const Access& access) {
    for (const IpAddress& address : uplink.addresses) {
        netwatch::Address own;
        own.interface = uplink.interface;
        own.address = address;
        own.prefix_length = prefix_length(address);
        snapshot.addresses.push_back(own);
        if (access.routed) {
            netwatch::Route route;
            route.destination = {IpAddress::any(address.family()), 0};
            route.metric = access.metric;
            route.gateway = next_hop(address);
            route.out = uplink.interface;
            snapshot.routes.push_back(route);
        }
    }
}

netwatch::ManagedDevice AccessNetworks::managed(const Access& access) {
    netwatch::ManagedDevice device;
    device.interface = access.name;
    device.type =
        access.name.starts_with("wl") ? netwatch::DeviceType::wifi : netwatch::DeviceType::modem;
    device.state = netwatch::DeviceState::activated;
    device.ip4 = device.ip6 = access.connectivity;
    device.connection_name = "at " + access.name;
    if (device.type == netwatch::DeviceType::wifi) {
        device.access_point = {.ssid = "home", .bssid = {}, .strength = 50, .weak = access.weak};
    }
    return device;
}

}  // namespace sim

// SPDX-License-Identifier: Apache-2.0
#include "netwatch/network_manager.hpp"

#include <algorithm>
#include <array>

namespace netwatch {

namespace {

constexpr std::array<std::string_view, 5> connectivity_names{"unknown", "none", "portal", "limited",
                                                             "full"};
constexpr std::array<std::string_view, 5> type_names{"other", "ethernet", "wifi", "bluetooth",
                                                     "modem"};
constexpr std::array<std::string_view, 4> state_names{"idle", "connecting", "activated", "leaving"};

}  // namespace

std::string_view name(Connectivity connectivity) {
    return connectivity_names.at(static_cast<std::size_t>(connectivity));
}
std::string_view name(DeviceType type) {
    return type_names.at(static_cast<std::size_t>(type));
}
std::string_view name(DeviceState state) {
    return state_names.at(static_cast<std::size_t>(state));
}

bool is_weak(std::uint8_t strength, bool was_weak) {
    return strength != 0 && (was_weak ? strength < strong_from : strength <= weak_at_most);
}

const ManagedDevice* ManagedNetwork::find_device(std::string_view interface) const {
    const auto found = std::ranges::find(devices, interface, &ManagedDevice::interface);
    return found != devices.end() ? &*found : nullptr;
}

Hindrance hindrance(const ManagedNetwork& network, std::string_view interface, ike::Family family) {
    const ManagedDevice* const device = network.find_device(interface);
    if (device == nullptr || device->state != DeviceState::activated) {
        return Hindrance::none;
    }
    const Connectivity own = connectivity(network, *device, family);
    if (own == Connectivity::portal) {
        return Hindrance::portal;
    }
    const bool any_full = device->ip4 == Connectivity::full || device->ip6 == Connectivity::full;
    return own == Connectivity::limited && !any_full ? Hindrance::limited : Hindrance::none;
}

Connectivity connectivity(const ManagedNetwork& network, const ManagedDevice& device,
                          ike::Family family) {
    if (!network.checks_connectivity) {
        return Connectivity::unknown;
    }
    return family == ike::Family::ipv4 ? device.ip4 : device.ip6;
}

std::string text(const ManagedDevice& device) {
    std::string line = device.interface + ": " + std::string(name(device.type)) + " " +
                       std::string(name(device.state)) + " ip4 " + std::string(name(device.ip4)) +
                       " ip6 " + std::string(name(device.ip6));
    line += device.metered ? " metered" : "";
    if (!device.connection_name.empty()) {
        line += " \"" + device.connection_name + "\" " + device.connection_uuid;
    }
    if (device.access_point) {
        line += " " + device.access_point->ssid + " " + device.access_point->bssid;
        line += device.access_point->weak ? " weak" : "";
    }
    return line;
}

}  // namespace netwatch

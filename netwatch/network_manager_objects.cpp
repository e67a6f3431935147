// SPDX-License-Identifier: Apache-2.0
#include "netwatch/network_manager_objects.hpp"

#include <sdbus-c++/Error.h>

#include <net/if.h>

#include <algorithm>
#include <array>
#include <optional>

namespace netwatch {

namespace {

constexpr std::size_t max_ssid = 32;  // IEEE 802.11 9.4.2.2

/// Puts the property into `out` if it is there and of the right type.
template <class T, class Out>
void read(const Properties& properties, const char* key, Out& out) {
    const auto found = properties.find(key);
    if (found == properties.end()) {
        return;
    }
    try {
        if (found->second.containsValueOfType<T>()) {
            out = found->second.get<T>();
        }
    } catch (const sdbus::Error&) {  // as good as not there
    }
}

/// Cut between two characters of UTF-8, without control characters.
std::string bounded(std::string text) {
    if (text.size() > NetworkManagerObjects::max_text) {
        std::size_t end = NetworkManagerObjects::max_text;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) {
            --end;
        }
        text.resize(end);
    }
    std::ranges::replace_if(
        text, [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; }, '?');
    return text;
}

void read_text(const Properties& properties, const char* key, std::string& out) {
    std::string text = out;
    read<std::string>(properties, key, text);
    out = bounded(std::move(text));
}

/// No interface has a longer name, and a part of one would be another's.
void read_interface(const Properties& properties, const char* key, std::string& out) {
    read<std::string>(properties, key, out);
    if (out.size() >= IFNAMSIZ) {
        out.clear();
    }
}

/// NetworkManager writes "/" for none.
void read_path(const Properties& properties, const char* key, std::string& out) {
    sdbus::ObjectPath path;
    read<sdbus::ObjectPath>(properties, key, path);
    if (!path.empty()) {
        out = path == "/" ? "" : std::string(path);
    }
}

std::string ssid_text(const std::vector<std::uint8_t>& ssid) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (std::size_t at = 0; at < std::min(ssid.size(), max_ssid); ++at) {
        const std::uint8_t byte = ssid[at];
        if (byte >= 0x20 && byte < 0x7f) {
            text.push_back(static_cast<char>(byte));
        } else {
            text += {'\\', 'x', digits[byte >> 4U], digits[byte & 0xfU]};
        }
    }
    return text;
}

Connectivity connectivity_of(std::uint32_t value) {
    return value <= static_cast<std::uint32_t>(Connectivity::full)
               ? static_cast<Connectivity>(value)
               : Connectivity::unknown;
}

DeviceType type_of(std::uint32_t value) {
    switch (value) {  // NMDeviceType
        case 1:
            return DeviceType::ethernet;
        case 2:
            return DeviceType::wifi;
        case 5:
            return DeviceType::bluetooth;
        case 8:
            return DeviceType::modem;
        default:
            return DeviceType::other;
    }
}

constexpr std::uint32_t activated = 100;  // NMDeviceState

DeviceState state_of(std::uint32_t value) {
    if (value < 40 || value > 110) {  // unmanaged, unavailable, disconnected; failed
        return DeviceState::idle;
    }
    if (value < activated) {
        return DeviceState::connecting;
    }
    return value == activated ? DeviceState::activated : DeviceState::leaving;
}

bool is_metered(std::uint32_t value) {
    return value == 1 || value == 3;  // NMMetered: yes, guessed yes
}

/// The object of a path, made if there is room; else nothing.
template <class Object>
Object* make_at(std::map<std::string, Object>& objects, const std::string& path) {
    if (objects.size() >= NetworkManagerObjects::max_devices && !objects.contains(path)) {
        return nullptr;
    }
    return &objects[path];
}

}  // namespace

void NetworkManagerObjects::add(const std::string& path, const Interfaces& interfaces) {
    for (const auto& [interface, properties] : interfaces) {
        if (interface == nm::service) {
            change_manager(properties);
        } else if (interface == nm::device) {
            if (Device* const device = make_at(devices_, path)) {
                change(*device, properties);
            }
        } else if (interface == nm::active_connection) {
            if (Connection* const connection = make_at(connections_, path)) {
                change(*connection, properties);
            }
        }
    }
}

void NetworkManagerObjects::change(const std::string& path, const std::string& interface,
                                   const Properties& changed) {
    if (interface == nm::service) {
        change_manager(changed);
    } else if (const auto device = devices_.find(path);
               interface == nm::device && device != devices_.end()) {
        change(device->second, changed);
    } else if (const auto connection = connections_.find(path);
               interface == nm::active_connection && connection != connections_.end()) {
        change(connection->second, changed);
    } else if (const auto access_point = access_points_.find(path);
               interface == nm::access_point && access_point != access_points_.end()) {
        change(access_point->second, changed);
    }
}

void NetworkManagerObjects::change_manager(const Properties& changed) {
    read<bool>(changed, "ConnectivityCheckAvailable", manager_.check_available);
    read<bool>(changed, "ConnectivityCheckEnabled", manager_.check_enabled);
    read<std::uint32_t>(changed, "Connectivity", manager_.connectivity);
    read_path(changed, "PrimaryConnection", manager_.primary);
}

void NetworkManagerObjects::change(Device& device, const Properties& changed) {
    read_interface(changed, "Interface", device.interface);
    read_interface(changed, "IpInterface", device.ip_interface);
    read_path(changed, "ActiveConnection", device.connection);
    read<std::uint32_t>(changed, "DeviceType", device.type);
    read<std::uint32_t>(changed, "State", device.state);
    read<std::uint32_t>(changed, "Ip4Connectivity", device.ip4);
    read<std::uint32_t>(changed, "Ip6Connectivity", device.ip6);
    read<std::uint32_t>(changed, "Metered", device.metered);
}

void NetworkManagerObjects::change(Connection& connection, const Properties& changed) {
    read_text(changed, "Uuid", connection.uuid);
    read_text(changed, "Id", connection.name);
    read_path(changed, "SpecificObject", connection.access_point);
}

void NetworkManagerObjects::remove(const std::string& path,
                                   const std::vector<std::string>& interfaces) {
    for (const std::string& interface : interfaces) {
        if (interface == nm::device) {
            devices_.erase(path);
        } else if (interface == nm::active_connection) {
            connections_.erase(path);
        }
    }
}

std::vector<std::string> NetworkManagerObjects::missing_access_points() const {
    std::vector<std::string> missing;
    for (const auto& [path, device] : devices_) {
        const std::string wanted = access_point_of(device);
        if (!wanted.empty() && !access_points_.contains(wanted)) {
            missing.push_back(wanted);
        }
    }
    return missing;
}

void NetworkManagerObjects::set_access_point(const std::string& path,
                                             const Properties& properties) {
    std::erase_if(access_points_, [this](const auto& old) {
        return std::ranges::none_of(devices_, [&](const auto& device) {
            return access_point_of(device.second) == old.first;
        });
    });
    AccessPoint* const access_point = make_at(access_points_, path);
    if (access_point == nullptr) {
        return;
    }
    change(*access_point, properties);
}

void NetworkManagerObjects::change(AccessPoint& access_point, const Properties& changed) {
    std::vector<std::uint8_t> ssid;
    read<std::vector<std::uint8_t>>(changed, "Ssid", ssid);
    access_point.ssid = ssid.empty() ? access_point.ssid : ssid_text(ssid);
    read_text(changed, "HwAddress", access_point.bssid);
    read<std::uint8_t>(changed, "Strength", access_point.strength);
    access_point.weak = is_weak(access_point.strength, access_point.weak);
}

std::vector<std::string> NetworkManagerObjects::deciding_access_points() const {
    std::vector<std::string> deciding;
    std::size_t activated_devices = 0;
    for (const auto& [path, device] : devices_) {
        if (state_of(device.state) != DeviceState::activated) {
            continue;
        }
        ++activated_devices;
        if (auto wanted = access_point_of(device); !wanted.empty()) {
            deciding.push_back(std::move(wanted));
        }
    }
    return activated_devices > 1 ? deciding : std::vector<std::string>();
}

ManagedNetwork NetworkManagerObjects::network() const {
    ManagedNetwork network{
        .running = true,
        .checks_connectivity = manager_.check_available && manager_.check_enabled,
        .connectivity = connectivity_of(manager_.connectivity),
        .primary_uuid = {},
        .devices = {}};
    if (const Connection* const primary = find_connection(manager_.primary)) {
        network.primary_uuid = primary->uuid;
    }
    for (const auto& [path, device] : devices_) {
        ManagedDevice one = managed(device);
        if (!one.interface.empty() && one.state != DeviceState::idle) {
            network.devices.push_back(std::move(one));
        }
    }
    std::ranges::stable_sort(network.devices, {}, &ManagedDevice::interface);
    return network;
}

ManagedDevice NetworkManagerObjects::managed(const Device& device) const {
    // A modem's own interface may be a control port; its packets go by another.
    ManagedDevice one{
        .interface = device.ip_interface.empty() ? device.interface : device.ip_interface,
        .type = type_of(device.type),
        .state = state_of(device.state),
        .ip4 = connectivity_of(device.ip4),
        .ip6 = connectivity_of(device.ip6),
        .metered = is_metered(device.metered),
        .connection_uuid = {},
        .connection_name = {},
        .access_point = {}};
    if (const Connection* const connection = find_connection(device.connection)) {
        one.connection_uuid = connection->uuid;
        one.connection_name = connection->name;
    }
    if (const auto found = access_points_.find(access_point_of(device));
        found != access_points_.end()) {
        one.access_point = found->second;
    }
    return one;
}

auto NetworkManagerObjects::find_connection(const std::string& path) const -> const Connection* {
    const auto found = connections_.find(path);
    return found != connections_.end() ? &found->second : nullptr;
}

std::string NetworkManagerObjects::access_point_of(const Device& device) const {
    const Connection* const connection = find_connection(device.connection);
    const bool wifi = type_of(device.type) == DeviceType::wifi;
    return wifi && connection != nullptr ? connection->access_point : "";
}

}  // namespace netwatch

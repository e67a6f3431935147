// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace netwatch {

/// The result of NetworkManager's connectivity check; its NMConnectivityState values.
enum class Connectivity : std::uint8_t {
    unknown,
    none,     // no network; beside a route of the kernel's: not checked yet
    portal,   // somebody on the way answers in place of the server asked
    limited,  // the server asked is out of reach
    full,
};

enum class DeviceType : std::uint8_t { other, ethernet, wifi, bluetooth, modem };

/// Of a connection on its way to a device or there.
enum class DeviceState : std::uint8_t { idle, connecting, activated, leaving };

/// "full", "wifi", "activated": words for people, the same everywhere.
std::string_view name(Connectivity connectivity);
std::string_view name(DeviceType type);
std::string_view name(DeviceState state);

/// The access point that a Wi-Fi device is associated with. The strength (percent, 0 when it is not
/// known) is that of when it was last read, and no part of equality: it changes all the time.
/// Decisions look at `weak` only.
struct AccessPoint {
    std::string ssid;   // printable; other bytes as \xNN
    std::string bssid;  // "02:00:00:00:01:00"
    std::uint8_t strength = 0;
    bool weak = false;

    friend bool operator==(const AccessPoint& left, const AccessPoint& right) {
        return left.ssid == right.ssid && left.bssid == right.bssid && left.weak == right.weak;
    }
};

// In percent as NetworkManager counts them; twenty are about -90 dBm, where frames get lost.
inline constexpr std::uint8_t weak_at_most = 20;
inline constexpr std::uint8_t strong_from = 40;

/// Whether a signal is too weak to be relied on: so from 20 % down, and until it has 40 % again.
bool is_weak(std::uint8_t strength, bool was_weak);

/// A device with a connection of NetworkManager's, by the name of the interface that carries its
/// packets.
struct ManagedDevice {
    std::string interface;
    DeviceType type = DeviceType::other;
    DeviceState state = DeviceState::idle;
    Connectivity ip4 = Connectivity::unknown;
    Connectivity ip6 = Connectivity::unknown;
    bool metered = false;  // said so, or guessed
    std::string connection_uuid;
    std::string connection_name;
    std::optional<AccessPoint> access_point;

    friend bool operator==(const ManagedDevice&, const ManagedDevice&) = default;
};

/// The network as NetworkManager tells it: a value. Default-constructed it is not running, and
/// says nothing.
struct ManagedNetwork {
    bool running = false;
    bool checks_connectivity = false;  // else it only guesses
    Connectivity connectivity = Connectivity::unknown;
    std::string primary_uuid;            // of the connection with the default route
    std::vector<ManagedDevice> devices;  // by interface

    [[nodiscard]] const ManagedDevice* find_device(std::string_view interface) const;

    friend bool operator==(const ManagedNetwork&, const ManagedNetwork&) = default;
};

/// A reason against an uplink that the kernel would use, the worst last.
enum class Hindrance : std::uint8_t { none, limited, portal };

/// The reason against packets of one family by this interface: none, unless NetworkManager
/// checks connectivity and has a connection up on it. A family may be limited because the server
/// asked has none of it; where the other one is full, that says nothing.
Hindrance hindrance(const ManagedNetwork& network, std::string_view interface, ike::Family family);

/// Of one family; unknown where nobody checks.
Connectivity connectivity(const ManagedNetwork& network, const ManagedDevice& device,
                          ike::Family family);

/// One line, for logs and failing tests.
std::string text(const ManagedDevice& device);

}  // namespace netwatch

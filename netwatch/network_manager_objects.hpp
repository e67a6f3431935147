// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "netwatch/network_manager.hpp"

#include <sdbus-c++/Types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace netwatch {

namespace nm {

inline constexpr const char* service = "org.freedesktop.NetworkManager";
inline constexpr const char* device = "org.freedesktop.NetworkManager.Device";
inline constexpr const char* active_connection = "org.freedesktop.NetworkManager.Connection.Active";
inline constexpr const char* access_point = "org.freedesktop.NetworkManager.AccessPoint";

}  // namespace nm

/// Properties of an interface, and interfaces of an object, as D-Bus sends them.
using Properties = std::map<std::string, sdbus::Variant>;
using Interfaces = std::map<std::string, Properties>;

/// NetworkManager's objects, as far as they matter, from what it says on D-Bus. Does no I/O.
/// Leaves out values of another type than NetworkManager documents, unknown ones, and too many.
class NetworkManagerObjects {
  public:
    static constexpr std::size_t max_devices = 2048;  // those of containers count; and connections
    static constexpr std::size_t max_text = 128;      // bytes of a name

    /// Of GetManagedObjects and InterfacesAdded. Access points are left out: there may be hundreds.
    void add(const std::string& path, const Interfaces& interfaces);
    /// Of PropertiesChanged.
    void change(const std::string& path, const std::string& interface, const Properties& changed);
    /// Of InterfacesRemoved.
    void remove(const std::string& path, const std::vector<std::string>& interfaces);

    /// The access points that devices are associated with and that nothing is known of: to be asked
    /// for, and handed to set_access_point(), without properties where there was no answer.
    [[nodiscard]] std::vector<std::string> missing_access_points() const;
    void set_access_point(const std::string& path, const Properties& properties);
    /// The access points whose signal decides something, because there is another connection to go
    /// to. Changes of their properties are wanted.
    [[nodiscard]] std::vector<std::string> deciding_access_points() const;
    /// The network that all of them make.
    [[nodiscard]] ManagedNetwork network() const;

  private:
    struct Manager {
        bool check_available = false;
        bool check_enabled = false;
        std::uint32_t connectivity = 0;
        std::string primary;
    };
    struct Device {
        std::string interface;
        std::string ip_interface;
        std::string connection;  // a path, as in the others
        std::uint32_t type = 0;
        std::uint32_t state = 0;
        std::uint32_t ip4 = 0;
        std::uint32_t ip6 = 0;
        std::uint32_t metered = 0;
    };
    struct Connection {
        std::string uuid;
        std::string name;
        std::string access_point;
    };

    static void change(Device& device, const Properties& changed);
    static void change(Connection& connection, const Properties& changed);
    void change_manager(const Properties& changed);
    [[nodiscard]] ManagedDevice managed(const Device& device) const;
    [[nodiscard]] const Connection* find_connection(const std::string& path) const;
    static void change(AccessPoint& access_point, const Properties& changed);
    [[nodiscard]] std::string access_point_of(const Device& device) const;

    Manager manager_;
    std::map<std::string, Device> devices_;  // by path, as the others
    std::map<std::string, Connection> connections_;
    std::map<std::string, AccessPoint> access_points_;
};

}  // namespace netwatch

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dns/name_servers.hpp"

#include <string>

namespace agent {

/// Is told the name servers of each tunnel's device: a service of the system's, or a simulation's.
class DeviceNameServers {
  public:
    DeviceNameServers() = default;
    DeviceNameServers(const DeviceNameServers&) = delete;
    DeviceNameServers& operator=(const DeviceNameServers&) = delete;
    virtual ~DeviceNameServers() = default;

    /// The device exists. No addresses: as forget().
    virtual void set(const std::string& device, const NameServers& servers) = 0;
    virtual void forget(const std::string& device) = 0;
    /// They were taken, and nobody has changed that since.
    [[nodiscard]] virtual bool used(const std::string& device) const = 0;
};

}  // namespace agent

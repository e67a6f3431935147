// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dns/name_servers.hpp"
#include "ike/base/log.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sdbus {
class IConnection;
}

namespace agent {

/// Is told the name servers of each tunnel's device: Resolved, or a simulation's.
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

/// Tells systemd-resolved the name servers of each tunnel's device (org.freedesktop.resolve1). It
/// may come late, or start anew: it is told again. A setting that somebody else changes is put
/// back, a few times a minute at most. With the device all of it goes by itself. Its calls never
/// wait.
class Resolved final : public DeviceNameServers {
  public:
    /// `on_changed` when used() of a device has.
    Resolved(ike::Log& log, std::function<void()> on_changed);
    Resolved(const Resolved&) = delete;
    Resolved& operator=(const Resolved&) = delete;
    ~Resolved() override;

    /// From now on by this bus, until detach(): the connection must last so long.
    void attach(sdbus::IConnection& connection);
    void detach();

    void set(const std::string& device, const NameServers& servers) override;
    void forget(const std::string& device) override;
    /// Of the name servers that it has taken for our devices.
    [[nodiscard]] std::vector<ike::IpAddress> addresses() const;
    [[nodiscard]] bool used(const std::string& device) const override;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace agent

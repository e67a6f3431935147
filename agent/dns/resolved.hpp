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

/// Tells systemd-resolved the name servers of each tunnel's device (org.freedesktop.resolve1). It
/// may come late, or start anew: it is told again. What somebody else changes of it is put back, a
/// few times a minute at most. With the device all of it goes by itself. Its calls never wait.
class Resolved {
  public:
    /// `on_changed` when used() of a device has.
    Resolved(ike::Log& log, std::function<void()> on_changed);
    Resolved(const Resolved&) = delete;
    Resolved& operator=(const Resolved&) = delete;
    ~Resolved();

    /// From now on by this bus, until detach(): the connection must last so long.
    void attach(sdbus::IConnection& connection);
    void detach();

    /// The device exists. No addresses: as forget().
    void set(const std::string& device, const NameServers& servers);
    void forget(const std::string& device);
    /// Of the name servers that it has taken for our devices.
    [[nodiscard]] std::vector<ike::IpAddress> addresses() const;
    /// It has taken them, and nobody has changed that since.
    [[nodiscard]] bool used(const std::string& device) const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace agent

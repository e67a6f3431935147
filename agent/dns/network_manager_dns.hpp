// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "agent/dns/device_name_servers.hpp"
#include "ike/base/log.hpp"
#include "ike/base/result.hpp"

#include <functional>
#include <memory>

namespace sdbus {
class IConnection;
}

namespace agent {

/// Gives NetworkManager the name servers of a tunnel that is for all names, as its global DNS
/// configuration (org.freedesktop.NetworkManager, GlobalDnsConfiguration): NetworkManager then
/// writes them to /etc/resolv.conf in place of those of its networks. It knows no name servers for
/// some domains only, so a tunnel for some names gives it nothing. A global configuration of
/// somebody's is left alone. NetworkManager keeps the configuration over its own end, ours, and a
/// boot. So it is marked, and attach() takes away what an earlier run left. The calls never wait.
class NetworkManagerDns final : public DeviceNameServers {
  public:
    /// `on_changed` when used() or refusal() has.
    NetworkManagerDns(ike::Log& log, std::function<void()> on_changed);
    NetworkManagerDns(const NetworkManagerDns&) = delete;
    NetworkManagerDns& operator=(const NetworkManagerDns&) = delete;
    ~NetworkManagerDns() override;

    /// From now on by this bus, until detach(): the connection must last so long.
    void attach(sdbus::IConnection& connection);
    void detach();

    /// With several tunnels for all names the first device's are set.
    void set(const std::string& device, const NameServers& servers) override;
    void forget(const std::string& device) override;
    [[nodiscard]] bool used(const std::string& device) const override;
    /// Why NetworkManager does not use what it was given last; empty if it does, or has not
    /// answered.
    [[nodiscard]] const std::string& refusal() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// Takes away what a run of roamd left with NetworkManager; false if there is nothing of it. Waits
/// for the answer.
ike::Result<bool, SystemError> clear_network_manager_dns(sdbus::IConnection& connection);

}  // namespace agent

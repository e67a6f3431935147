// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dns/network_manager_dns.hpp"
#include "agent/dns/resolved.hpp"

#include <map>
#include <set>

namespace agent {

/// Sets up the name servers of each tunnel's device where this machine can: in systemd-resolved,
/// or, if that does not take them, in NetworkManager. Says once for a device that neither does.
class SystemNameServers final : public DeviceNameServers {
  public:
    /// `on_changed` when used() of a device has.
    SystemNameServers(ike::Log& log, std::function<void()> on_changed);

    /// From now on by this bus, until detach(): the connection must last so long.
    void attach(sdbus::IConnection& connection);
    void detach();

    void set(const std::string& device, const NameServers& servers) override;
    void forget(const std::string& device) override;
    [[nodiscard]] bool used(const std::string& device) const override;
    /// Of the name servers that were taken for our devices.
    [[nodiscard]] std::vector<ike::IpAddress> addresses() const;

  private:
    void choose();
    void say_unused(const std::string& device, const NameServers& servers);

    ike::Log& log_;
    std::function<void()> on_changed_;
    std::map<std::string, NameServers> servers_;  // by device
    std::set<std::string> said_;                  // devices, that nobody takes theirs
    Resolved resolved_;
    NetworkManagerDns network_manager_;
};

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dns/device_name_servers.hpp"
#include "ike/base/log.hpp"

#include <functional>
#include <memory>
#include <string>

namespace sdbus {
class IConnection;
}

namespace agent {

/// Tells systemd-resolved the name servers of each tunnel's device (org.freedesktop.resolve1). It
/// may come late, or start anew: it is told again. A setting that somebody else changes is put
/// back, a few times a minute at most. With the device all of it goes by itself. Its calls never
/// wait.
class Resolved final : public DeviceNameServers {
  public:
    /// `on_changed` when used() or refusal() of a device has.
    Resolved(ike::Log& log, std::function<void()> on_changed);
    Resolved(const Resolved&) = delete;
    Resolved& operator=(const Resolved&) = delete;
    ~Resolved() override;

    /// From now on by this bus, until detach(): the connection must last so long.
    void attach(sdbus::IConnection& connection);
    void detach();

    void set(const std::string& device, const NameServers& servers) override;
    void forget(const std::string& device) override;
    [[nodiscard]] bool used(const std::string& device) const override;
    /// Why it did not take what it was told last of a device; empty if it did, or has not answered.
    [[nodiscard]] std::string refusal(const std::string& device) const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/daemon/logind.hpp"
#include "agent/dbus/bus.hpp"
#include "agent/dns/resolved.hpp"
#include "ike/base/log.hpp"
#include "netwatch/network_manager.hpp"

#include <functional>
#include <memory>

namespace netwatch {
class NetworkManagerWatcher;
}

namespace agent {

/// The services of the system that a roaming daemon works with, on a connection of its own to their
/// bus: NetworkManager is followed, systemd-logind heard, systemd-resolved told. Each may be
/// absent.
class SystemServices {
  public:
    struct Events {
        /// What NetworkManager says, whenever that is another.
        std::function<void(const netwatch::ManagedNetwork&)> network;
        Logind::Events sleep;
        /// The bus is gone, and they with it: open them anew.
        std::function<void()> lost = [] {};
    };

    /// Waits for the bus. `resolved` is attached to it, and outlives this.
    static ike::Result<std::unique_ptr<SystemServices>, SystemError> open(
        const BusChoice& bus, EventLoop& loop, ike::Log& log, Resolved& resolved, Events events);
    SystemServices(const SystemServices&) = delete;
    SystemServices& operator=(const SystemServices&) = delete;
    ~SystemServices();

    /// After Events::sleep.about_to_sleep.
    void let_sleep();

  private:
    SystemServices(std::unique_ptr<sdbus::IConnection> connection, Resolved& resolved);

    void subscribe(ike::Log& log, Events events);

    std::unique_ptr<sdbus::IConnection> connection_;
    Resolved& resolved_;
    std::unique_ptr<netwatch::NetworkManagerWatcher> network_manager_;
    std::unique_ptr<Logind> logind_;
    std::unique_ptr<BusPump> pump_;
};

}  // namespace agent

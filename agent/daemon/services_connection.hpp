// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/daemon/logind.hpp"
#include "agent/dbus/bus.hpp"
#include "agent/dns/system_name_servers.hpp"
#include "ike/base/log.hpp"
#include "netwatch/network_manager.hpp"

#include <functional>
#include <memory>

namespace netwatch {
class NetworkManagerWatcher;
}

namespace agent {

/// One connection to the bus of the system's services, which it works with until the bus goes away:
/// it follows NetworkManager, hears systemd-logind, tells systemd-resolved. Each may be absent.
class ServicesConnection {
  public:
    struct Events {
        /// NetworkManager says something else than before.
        std::function<void(const netwatch::ManagedNetwork&)> network;
        Logind::Events sleep;
        /// The bus is gone, and they with it: this connection is of no use any more.
        std::function<void()> lost = [] {};
    };

    /// Waits for the bus. `resolved` is attached to it, and outlives this.
    static ike::Result<std::unique_ptr<ServicesConnection>, SystemError> open(
        const BusChoice& bus, EventLoop& loop, ike::Log& log, SystemNameServers& name_servers,
        Events events);
    ServicesConnection(const ServicesConnection&) = delete;
    ServicesConnection& operator=(const ServicesConnection&) = delete;
    ~ServicesConnection();

    /// After Events::sleep.about_to_sleep.
    void let_sleep();

  private:
    ServicesConnection(std::unique_ptr<sdbus::IConnection> connection,
                       SystemNameServers& name_servers);

    void subscribe(ike::Log& log, Events events);

    std::unique_ptr<sdbus::IConnection> connection_;
    SystemNameServers& name_servers_;
    std::unique_ptr<netwatch::NetworkManagerWatcher> network_manager_;
    std::unique_ptr<Logind> logind_;
    std::unique_ptr<BusPump> pump_;
};

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/bus.hpp"
#include "ike/base/log.hpp"
#include "netwatch/network_manager.hpp"

#include <functional>
#include <memory>

namespace netwatch {
class NetworkManagerWatcher;
}

namespace agent {

/// netwatch's watcher of NetworkManager, on the loop, with a connection of its own to the bus. Once
/// the bus is gone, so is NetworkManager, for good; that is said once.
class NetworkManagerSource {
  public:
    /// `on_changed` gets what NetworkManager says, whenever that is another. Waits for the bus.
    static ike::Result<std::unique_ptr<NetworkManagerSource>, SystemError> open(
        const BusChoice& bus, EventLoop& loop, ike::Log& log,
        const std::function<void(const netwatch::ManagedNetwork&)>& on_changed);
    NetworkManagerSource(const NetworkManagerSource&) = delete;
    NetworkManagerSource& operator=(const NetworkManagerSource&) = delete;
    ~NetworkManagerSource();

  private:
    NetworkManagerSource(std::unique_ptr<sdbus::IConnection> connection,
                         std::unique_ptr<netwatch::NetworkManagerWatcher> watcher);

    std::unique_ptr<sdbus::IConnection> connection_;
    std::unique_ptr<netwatch::NetworkManagerWatcher> watcher_;
    std::unique_ptr<BusPump> pump_;
};

}  // namespace agent

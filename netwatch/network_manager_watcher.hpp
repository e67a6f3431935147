// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/log.hpp"
#include "netwatch/network_manager.hpp"

#include <functional>
#include <memory>

namespace sdbus {
class IConnection;
}

namespace netwatch {

/// Follows NetworkManager on a bus, whenever it starts, stops or starts anew. Its calls never wait:
/// what happens, happens while somebody else processes the connection's messages.
class NetworkManagerWatcher {
  public:
    using Changed = std::function<void(const ManagedNetwork&)>;

    /// Subscribes, for which it waits for the bus; throws sdbus::Error when that is gone. Then
    /// asks, if there is a NetworkManager.
    /// `on_changed` gets what it says whenever that is another: nothing while there is none, or
    /// until it has told all. `connection` and `log` outlive the watcher.
    NetworkManagerWatcher(sdbus::IConnection& connection, ike::Log& log, Changed on_changed);
    NetworkManagerWatcher(const NetworkManagerWatcher&) = delete;
    NetworkManagerWatcher& operator=(const NetworkManagerWatcher&) = delete;
    ~NetworkManagerWatcher();

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace netwatch

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/log.hpp"
#include "ike/base/result.hpp"
#include "netwatch/network_manager.hpp"

#include <functional>
#include <memory>
#include <string>

namespace sdbus {
class IConnection;
}

namespace netwatch {

struct NetworkManagerError {
    std::string text;
};

/// Follows NetworkManager on a bus, whenever it starts, stops or starts anew. Its calls never wait:
/// what happens, happens while somebody else processes the connection's messages.
class NetworkManagerWatcher {
  public:
    using Changed = std::function<void(const ManagedNetwork&)>;

    /// Subscribes, for which it waits for the bus; then asks, if there is a NetworkManager.
    /// `on_changed` gets what it says whenever that is another: nothing while there is none, or
    /// until it has told all. `connection` and `log` outlive the watcher.
    static ike::Result<std::unique_ptr<NetworkManagerWatcher>, NetworkManagerError> open(
        sdbus::IConnection& connection, ike::Log& log, Changed on_changed);
    NetworkManagerWatcher(const NetworkManagerWatcher&) = delete;
    NetworkManagerWatcher& operator=(const NetworkManagerWatcher&) = delete;
    ~NetworkManagerWatcher();

  private:
    class Impl;
    explicit NetworkManagerWatcher(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace netwatch

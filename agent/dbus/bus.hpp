// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"

#include <memory>
#include <string>

namespace sdbus {
class IConnection;
}

namespace agent {

/// "system", "session", or an address as D-Bus writes it: "unix:path=/run/user/1000/bus".
struct BusChoice {
    std::string text = "system";
};

/// How long the daemon's loop may wait for a bus. A person waits longer.
inline constexpr ike::Duration patience_of_loop = std::chrono::seconds(1);
inline constexpr ike::Duration patience_of_person = std::chrono::seconds(30);

/// A connection that starts no thread. A bus that does not answer in time is an error, too
/// (ETIMEDOUT). The error's remedy says how to get a bus.
ike::Result<std::unique_ptr<sdbus::IConnection>, SystemError> open_bus(
    const BusChoice& choice, ike::Duration patience = patience_of_loop);

/// Runs an open connection on the loop: reads, writes and times out what D-Bus has to, until
/// destroyed. Calls `on_lost` once when the bus is gone. Keeps a reference to the connection.
class BusPump {
  public:
    BusPump(EventLoop& loop, sdbus::IConnection& connection, std::function<void()> on_lost);
    BusPump(const BusPump&) = delete;
    BusPump& operator=(const BusPump&) = delete;
    ~BusPump();

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dbus/bus.hpp"
#include "agent/status/tunnel_counters.hpp"
#include "agent/status/tunnel_status.hpp"
#include "ike/crypto/secret.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace agent::ctl {

/// The events of a client that watches, on the loop's thread.
struct Watcher {
    /// At first of each tunnel, then whenever a property of one changed. Counters are as old as the
    /// beginning of the watch.
    std::function<void(const TunnelStatus&)> changed;
    std::function<void(const RoamRecord&)> roamed;
    /// The daemon left the bus.
    std::function<void()> gone;
};

/// roamd as seen over D-Bus. Calls wait for their answer; errors are for people.
class Client {
  public:
    static ike::Result<Client, SystemError> open(const BusChoice& bus);
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();

    ike::Result<std::vector<TunnelStatus>, SystemError> tunnels();
    /// An unknown name's error says which there are.
    ike::Result<TunnelStatus, SystemError> tunnel(const std::string& name);
    ike::Result<std::vector<RoamRecord>, SystemError> roams(const std::string& name);
    ike::Result<TunnelCounters, SystemError> counters(const std::string& name);
    /// The text of a recording.
    ike::Result<std::string, SystemError> recording();
    /// The tunnel files are read anew; their faults.
    ike::Result<std::vector<std::string>, SystemError> reload();
    /// Starts, and does not wait for the end. The watcher is first told what happened before.
    ike::Result<void, SystemError> connect(const std::string& name);
    ike::Result<void, SystemError> disconnect(const std::string& name);
    /// The answer to the secret request of this id. `secret` stays the caller's.
    ike::Result<void, SystemError> provide_secret(const std::string& name, std::uint64_t id,
                                                  const ike::crypto::SecretBytes& secret,
                                                  bool remember);
    ike::Result<void, SystemError> cancel_secret(const std::string& name, std::uint64_t id);
    /// All of them, with their protection. Starts, and does not wait for the end.
    ike::Result<void, SystemError> free();

    /// Tells the watcher from now on, while the loop runs; `loop` outlives the client.
    ike::Result<void, SystemError> watch(EventLoop& loop, Watcher watcher);

  private:
    class Impl;
    explicit Client(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace agent::ctl

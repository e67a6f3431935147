// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dbus/bus.hpp"
#include "agent/status/tunnel_counters.hpp"
#include "agent/status/tunnel_status.hpp"
#include "ike/base/log.hpp"
#include "ike/crypto/secret.hpp"

#include <memory>
#include <string>
#include <vector>

namespace agent {

/// What somebody answered to a SecretRequest.
struct SecretAnswer {
    std::uint64_t id = 0;  // of the request
    ike::crypto::SecretBytes secret;
    bool remember = false;  // beyond the wish, until the daemon ends
};

/// The tunnels as the D-Bus service shows and commands them; the daemon is behind it. It is called
/// from the loop's thread, and never from inside a call of Service's own functions but
/// tunnel_changed() and roamed(), which ask for the status.
class Tunnels {
  public:
    Tunnels() = default;
    Tunnels(const Tunnels&) = delete;
    Tunnels& operator=(const Tunnels&) = delete;
    virtual ~Tunnels() = default;

    /// Every configured tunnel, connected or not, by name.
    [[nodiscard]] virtual std::vector<std::string> names() const = 0;
    /// As it is this moment, counters included. `name` is one of names().
    [[nodiscard]] virtual TunnelStatus status(const std::string& name) const = 0;
    /// Its roams since the daemon started, the oldest first, a bounded number of them.
    [[nodiscard]] virtual std::vector<RoamRecord> roams(const std::string& name) const = 0;
    /// Its counters since the daemon started.
    [[nodiscard]] virtual TunnelCounters counters(const std::string& name) const = 0;

    /// The network as it was seen lately, as the text of a recording.
    [[nodiscard]] virtual std::string recording() const = 0;

    /// Starts and returns at once: how it ends is seen in the state. Connecting what is connected
    /// or disconnecting what is not changes nothing and is no error.
    virtual ike::Result<void, TunnelError> connect(const std::string& name) = 0;
    virtual ike::Result<void, TunnelError> disconnect(const std::string& name) = 0;
    /// The answer to what TunnelStatus::secret_needed asks. Refused: nothing of that id is asked,
    /// or it can be no such secret.
    virtual ike::Result<void, TunnelError> provide_secret(const std::string& name,
                                                          SecretAnswer answer) = 0;
    /// Nobody is going to answer; the wish stands, and the next connect() asks anew.
    virtual ike::Result<void, TunnelError> cancel_secret(const std::string& name,
                                                         std::uint64_t id) = 0;
    /// Reads the tunnel files anew, and touches only what changed. Gives their faults.
    virtual std::vector<std::string> reload() = 0;
    /// Disconnects all, and takes away all protection, also what is to hold always.
    virtual void free() = 0;
};

/// net.roamd on a bus (net.roamd.xml): the manager at /net/roamd and one object for each tunnel.
/// No secret can be read: TunnelStatus has none. An answer to SecretNeeded is wiped from each
/// memory of ours that it was in.
class Service {
  public:
    /// Takes the name and answers from now on. `on_lost` is called once if the bus goes away. The
    /// error's code is EEXIST where another daemon has the name.
    static ike::Result<std::unique_ptr<Service>, SystemError> start(const BusChoice& bus,
                                                                    EventLoop& loop,
                                                                    Tunnels& tunnels, ike::Log& log,
                                                                    std::function<void()> on_lost);
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    ~Service();

    /// Something of the tunnel may have changed: PropertiesChanged with what did, counters apart.
    void tunnel_changed(const std::string& name);
    /// The signal Roamed: call it when a roam has its result.
    void roamed(const RoamRecord& record);

  private:
    class Impl;
    explicit Service(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// /net/roamd/tunnel/NAME, each byte of the name but letters and digits as _xx.
std::string tunnel_object_path(const std::string& name);

}  // namespace agent

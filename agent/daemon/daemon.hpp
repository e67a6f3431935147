// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/daemon/network_monitor.hpp"
#include "agent/daemon/options.hpp"
#include "agent/daemon/service_on_bus.hpp"
#include "agent/daemon/shutdown.hpp"
#include "agent/daemon/sleep_inhibitor.hpp"
#include "agent/daemon/system_services.hpp"
#include "agent/daemon/tunnel_registry.hpp"
#include "agent/dns/system_names.hpp"
#include "agent/guard/leak_guard.hpp"
#include "agent/tunnel/system_host.hpp"
#include "agent/wish/wish_memory.hpp"
#include "ike/crypto/random.hpp"

#include <string>
#include <vector>

namespace agent {

/// The process: it makes the parts, and tells each what the others saw. run() lasts until SIGTERM
/// or SIGINT, or until the tunnel of --connect has ended for good.
class Daemon {
  public:
    /// The loop and the log must outlive it.
    Daemon(const Options& options, EventLoop& loop, ike::Log& log);
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    ExitCode run();

  private:
    ExitCode run_alone();
    ike::Result<void, SystemError> prepare();
    void network_changed(MonotonicTime event);
    void tunnel_changed(const std::string& name);
    void woke_up(ike::Duration slept);
    void show_status() const;
    void stop(ExitCode code);

    Options options_;
    EventLoop& loop_;
    ike::Log& log_;
    ike::crypto::OpensslRandom random_;
    WishMemory memory_;
    SystemNameServers name_servers_;
    SystemNames names_;
    LeakGuard guard_;
    NetworkMonitor network_;
    SystemHost host_;
    TunnelRegistry tunnels_;
    ServiceOnBus service_;
    SystemServices services_;
    SleepInhibitor sleep_;
    Shutdown shutdown_;
};

}  // namespace agent

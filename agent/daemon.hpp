// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/event_pace.hpp"
#include "agent/gateway_memory.hpp"
#include "agent/instance_lock.hpp"
#include "agent/leftovers.hpp"
#include "agent/nat64_watch.hpp"
#include "agent/network_recorder.hpp"
#include "agent/options.hpp"
#include "agent/rule_watch.hpp"
#include "agent/service.hpp"
#include "agent/sleep_watch.hpp"
#include "agent/system_services.hpp"
#include "agent/tunnel.hpp"
#include "ike/crypto/random.hpp"
#include "netwatch/monitor.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace agent {

/// All tunnels of the configuration, the network they go by, and the bus they are shown on. run()
/// lasts until SIGTERM or SIGINT, or until the tunnel of --connect has ended for good.
class Daemon final : public Tunnels {
  public:
    Daemon(Options options, EventLoop& loop, ike::Log& log);
    ~Daemon() override;

    ExitCode run();

    // Tunnels, in daemon_tunnels.cpp
    [[nodiscard]] std::vector<std::string> names() const override;
    [[nodiscard]] TunnelStatus status(const std::string& name) const override;
    [[nodiscard]] std::vector<RoamRecord> roams(const std::string& name) const override;
    [[nodiscard]] TunnelCounters counters(const std::string& name) const override;
    [[nodiscard]] std::string recording() const override;
    ike::Result<void, TunnelError> connect(const std::string& name) override;
    ike::Result<void, TunnelError> disconnect(const std::string& name) override;

  private:
    /// A file of the configuration: a tunnel, or why it is none.
    struct Entry {
        std::filesystem::path file;
        std::uint32_t table = 0;
        std::optional<TunnelError> fault;
        std::unique_ptr<Tunnel> tunnel;
        bool autoconnect = false;
    };

    ike::Result<void, SystemError> prepare();
    ike::Result<void, SystemError> clean_up();
    ike::Result<void, SystemError> start_service();
    bool read_configuration();
    [[nodiscard]] bool connects_first(const std::string& name, const Entry& entry) const;
    void read_tunnel(Entry& entry, const std::string& name);
    TunnelEnvironment tunnel_environment();
    void connect_first();
    void tunnel_changed(const std::string& name);

    // daemon_network.cpp
    ike::Result<void, SystemError> watch_network();
    void find_services();
    void network_readable();
    void network_changed(MonotonicTime event);
    void announce_changes();
    void look_for_nat64();

    // daemon_sleep.cpp
    void about_to_sleep();
    void let_sleep_when_quiet();
    void woke_up(ike::Duration slept);

    void stop(ExitCode code);
    void stop_when_at_rest();
    void show_status() const;

    Options options_;
    EventLoop& loop_;
    ike::Log& log_;
    ike::crypto::OpensslRandom random_;
    GatewayMemory memory_;
    std::optional<InstanceLock> lock_;
    std::optional<netwatch::Monitor> monitor_;
    Nat64Watch nat64_;
    Resolved resolved_;
    std::unique_ptr<SystemServices> services_;
    netwatch::Snapshot network_;
    NetworkRecorder recorder_;
    std::map<std::string, Entry> entries_;
    std::unique_ptr<Service> service_;
    EventSource network_events_;
    EventPace pace_;
    std::vector<EventSource> sources_;
    std::optional<RuleWatch> rules_;
    std::optional<SleepWatch> sleep_;
    Timer look_again_;  // at network_events_
    Timer quiet_;       // until a sleep need not wait for us
    ike::Instant sleep_by_;
    std::optional<Timer> give_up_;
    std::optional<ExitCode> stopping_;
};

}  // namespace agent

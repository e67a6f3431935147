// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/api/service.hpp"
#include "agent/base/reopener.hpp"
#include "agent/daemon/event_pace.hpp"
#include "agent/daemon/options.hpp"
#include "agent/daemon/system_services.hpp"
#include "agent/dns/system_names.hpp"
#include "agent/guard/leak_guard.hpp"
#include "agent/linux/number_pool.hpp"
#include "agent/linux/suspend_clock.hpp"
#include "agent/path/nat64_watch.hpp"
#include "agent/recording/network_recorder.hpp"
#include "agent/recovery/instance_lock.hpp"
#include "agent/recovery/stale_state.hpp"
#include "agent/recovery/stale_tunnel.hpp"
#include "agent/tunnel/system_host.hpp"
#include "agent/tunnel/tunnel.hpp"
#include "agent/wish/wish_memory.hpp"
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
    std::vector<std::string> reload() override;
    void free() override;

  private:
    /// A file of the configuration: a tunnel, or why it is none.
    struct Entry {
        std::filesystem::path file;
        std::uint32_t table = 0;
        std::optional<TunnelError> fault;
        std::unique_ptr<Tunnel> tunnel;
        // Of a tunnel that is wanted since an earlier run, and cannot be made of its file:
        std::optional<Wish> wish;
        std::optional<LeftBlock> left;
    };
    using TunnelFiles = std::map<std::string, std::filesystem::path>;

    ike::Result<void, SystemError> prepare();
    ike::Result<void, SystemError> clean_up();
    ike::Result<void, SystemError> start_service();
    ike::Result<void, SystemError> start_first_service();
    bool reopen_bus();
    [[nodiscard]] bool connects_first(const std::string& name, const Entry& entry) const;
    TunnelEnvironment tunnel_environment();
    [[nodiscard]] bool shares_identities(const TunnelConfig& config) const;
    void connect_first();
    void tunnel_changed(const std::string& name);

    // daemon_files.cpp
    [[nodiscard]] std::optional<TunnelFiles> tunnel_files() const;
    bool read_configuration();
    void number(Entry& entry, std::optional<std::uint32_t> wanted);
    void read_tunnel(Entry& entry, const std::string& name);
    void reload_tunnel(Entry& entry, const std::string& name);
    void lose_file(const std::string& name, Entry& entry);
    void forget_file(const std::string& name);

    // daemon_network.cpp
    ike::Result<void, SystemError> watch_network();
    bool reopen_network();
    ike::Result<void, SystemError> find_services();
    bool reopen_services();
    void network_readable();
    void network_changed(MonotonicTime event);
    void announce_changes();
    void look_for_nat64();

    // daemon_sleep.cpp
    void about_to_sleep();
    void let_sleep_when_quiet();
    void woke_up(ike::Duration slept);
    void clock_stepped();

    void stop(ExitCode code);
    void stop_when_at_rest();
    void leave_wishes();
    void show_status() const;

    Options options_;
    EventLoop& loop_;
    ike::Log& log_;
    ike::crypto::OpensslRandom random_;
    WishMemory memory_;
    std::optional<InstanceLock> lock_;
    std::optional<netwatch::Monitor> monitor_;
    Resolved resolved_;
    SystemNames names_;
    Nat64Watch nat64_;
    LeakGuard guard_;
    std::unique_ptr<SystemServices> services_;
    netwatch::Snapshot network_;
    SystemHost host_;
    NetworkRecorder recorder_;
    NumberPool numbers_;
    std::map<std::string, Entry> entries_;
    std::unique_ptr<Service> service_;
    EventSource network_events_;
    EventPace pace_;
    std::vector<EventSource> sources_;
    Reopener bus_again_;
    Reopener services_again_;
    Reopener network_again_;
    std::optional<SleepWatch> sleep_;
    Timer look_again_;  // at network_events_
    Timer quiet_;       // until a sleep need not wait for us
    ike::Instant sleep_by_;
    std::optional<Timer> give_up_;
    std::optional<ExitCode> stopping_;
};

}  // namespace agent

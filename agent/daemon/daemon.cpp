// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/daemon.hpp"

#include "agent/recovery/instance_lock.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>

namespace agent {

using Outcome = ike::Result<void, SystemError>;

namespace {

ExitCode exit_code_for(const TunnelError& error) {
    if (error.reason == invalid_configuration) {
        return exit_usage;
    }
    return error.reason == system_error ? exit_system : exit_not_connected;
}

std::optional<BusChoice> bus_choice(const std::optional<std::string>& bus) {
    return bus ? std::optional(BusChoice{*bus}) : std::nullopt;
}

}  // namespace

Daemon::Daemon(const Options& options, EventLoop& loop, ike::Log& log)
    : options_(options),
      loop_(loop),
      log_(log),
      memory_(options_.runtime_dir, log),
      name_servers_(log, [this] { service_.all_changed(); }),
      names_(loop, random_, [this] { return network_name_servers(name_servers_.addresses()); }),
      guard_(loop, log, [this](const std::string& name) { tunnel_changed(name); }),
      network_(loop, log, random_,
               {.needs =
                    [this] {
                        return NetworkMonitor::Needs{
                            .nat64 = tunnels_.any_of(
                                [](const Tunnel& tunnel) { return !tunnel.at_rest(); }),
                            .hides_checks = tunnels_.any_of(
                                [](const Tunnel& tunnel) { return tunnel.hides_checks(); })};
                    },
                .name_servers = [this] { return names_.network_servers(); },
                .changed = [this](MonotonicTime event) { network_changed(event); }}),
      host_(loop, log, network_.snapshot()),
      tunnels_({.folder = options_.config_dir,
                .only = options_.connect,
                .on_bus = options_.bus.has_value()},
               {.log = log,
                .memory = memory_,
                .guard = guard_,
                .recorder = network_.recorder(),
                .changed = [this](const std::string& name) { tunnel_changed(name); },
                .tunnel = {.loop = loop,
                           .log = log,
                           .random = random_,
                           .host = host_,
                           .names = names_,
                           .memory = memory_,
                           .name_servers = name_servers_,
                           .guard = guard_,
                           .network = &network_.snapshot(),
                           .shares_identities = {},
                           .changed = {},
                           .roamed = [this](const RoamRecord& roam) { service_.roamed(roam); }}}),
      service_(bus_choice(options_.bus), loop, tunnels_, log),
      services_(bus_choice(options_.services_bus), loop, log, name_servers_,
                {.network =
                     [this](const netwatch::ManagedNetwork& said) {
                         if (network_.set_managed(said)) {
                             service_.all_changed();
                         }
                     },
                 .sleep = {.about_to_sleep = [this] { sleep_.about_to_sleep(); },
                           .awake = [this] { sleep_.look(); }}}),
      sleep_(
          loop, log,
          {.busy =
               [this] {
                   return tunnels_.any_of([](const Tunnel& tunnel) { return tunnel.busy(); });
               },
           .let_sleep = [this] { services_.let_sleep(); },
           .watch = {.slept = [this](ike::Duration slept) { woke_up(slept); },
                     // A certificate may be valid by the clock as it is now.
                     .clock_stepped =
                         [this] {
                             tunnels_.for_each([](Tunnel& tunnel) { tunnel.retry_after_change(); });
                         }}}),
      shutdown_(loop, [this] {
          return !tunnels_.any_of([](const Tunnel& tunnel) { return !tunnel.at_rest(); });
      }) {}

ExitCode Daemon::run() {
    if (!tunnels_.read()) {
        return exit_usage;
    }
    const ExitCode code = run_alone();
    tunnels_.leave_wishes();
    tunnels_.clear();
    return code;
}

/// The lock is held until nothing happens any more.
ExitCode Daemon::run_alone() {
    const auto lock = InstanceLock::take(options_.runtime_dir);
    const EventSource terminated = loop_.on_signal(SIGTERM, [this] { stop(exit_clean); });
    const EventSource interrupted = loop_.on_signal(SIGINT, [this] { stop(exit_clean); });
    const EventSource hung_up = loop_.on_signal(SIGHUP, [this] { (void)tunnels_.reload(); });
    const auto prepared = lock ? prepare() : Outcome(ike::Fail{lock.error()});
    if (!prepared) {
        log_.error("roamd cannot start", {{"error", prepared.error().text()}});
        return exit_system;
    }
    notify_ready(std::to_string(tunnels_.size()) + " tunnels");
    tunnels_.connect_first();
    const auto code = loop_.run();
    notify_stopping();
    if (!code) {
        log_.error("the event loop failed", {{"error", code.error().text()}});
        return exit_system;
    }
    return static_cast<ExitCode>(*code);
}

Outcome Daemon::prepare() {
    if (auto taken = tunnels_.take_over(); !taken) {
        return taken;
    }
    if (auto watched = network_.start(); !watched) {
        return watched;
    }
    services_.start();
    loop_.feed_watchdog();
    return service_.start();
}

void Daemon::network_changed(MonotonicTime event) {
    tunnels_.for_each([event](Tunnel& tunnel) { tunnel.network_changed(event); });
    tunnels_.for_each([](Tunnel& tunnel) { tunnel.protect(); });  // behind what is urgent
}

void Daemon::tunnel_changed(const std::string& name) {
    network_.look_for_nat64();
    service_.tunnel_changed(name);
    show_status();
    if (shutdown_.under_way()) {
        shutdown_.look();
    } else if (const auto failure = tunnels_.failure_in_foreground(name)) {
        stop(exit_code_for(*failure));
    }
}

/// A network that changed meanwhile tells of it by events of its own.
void Daemon::woke_up(ike::Duration slept) {
    using std::chrono::seconds;
    log_.info(
        "the machine woke up",
        {{"slept", std::to_string(std::chrono::duration_cast<seconds>(slept).count()) + "s"}});
    tunnels_.for_each([](Tunnel& tunnel) { tunnel.wake(); });
}

void Daemon::show_status() const {
    std::size_t connected = 0;
    for (const std::string& name : tunnels_.names()) {
        connected += tunnels_.status(name).ike_sa ? 1U : 0U;
    }
    notify_status(std::to_string(connected) + " of " + std::to_string(tunnels_.size()) +
                  " tunnels connected");
}

void Daemon::stop(ExitCode code) {
    shutdown_.begin(code, [this] { tunnels_.end_run(); });
}

}  // namespace agent

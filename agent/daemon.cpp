// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon.hpp"

#include "agent/monotonic.hpp"

#include <algorithm>
#include <csignal>

namespace agent {

using ike::Fail;
using Outcome = ike::Result<void, SystemError>;
using namespace std::chrono_literals;

namespace {

constexpr ike::Duration farewell = 2s;  // for the gateways' answers to our deletes

ExitCode exit_code_for(const TunnelError& error) {
    if (error.reason == invalid_configuration) {
        return exit_usage;
    }
    return error.reason == system_error ? exit_system : exit_not_connected;
}

}  // namespace

Daemon::Daemon(Options options, EventLoop& loop, ike::Log& log)
    : options_(std::move(options)),
      loop_(loop),
      log_(log),
      memory_(options_.runtime_dir, log),
      nat64_(
          loop, log, random_,
          [this](std::vector<netwatch::Nat64> found) {
              if (monitor_->set_nat64(std::move(found))) {
                  network_changed(monotonic_now());
              }
          },
          [this] { return network_name_servers(resolved_.addresses()); }),
      resolved_(log, [this] { announce_changes(); }),
      look_again_(loop.timer([this] { EventLoop::enable(network_events_, true); })),
      quiet_(loop.timer([this] { let_sleep_when_quiet(); })) {}

Daemon::~Daemon() = default;

ExitCode Daemon::run() {
    if (!read_configuration()) {
        return exit_usage;
    }
    if (auto prepared = prepare(); !prepared) {
        log_.error("roamd cannot start", {{"error", prepared.error().text()}});
        return exit_system;
    }
    notify_ready(std::to_string(entries_.size()) + " tunnels");
    connect_first();
    const auto code = loop_.run();
    notify_stopping();
    for (const auto& [name, entry] : entries_) {
        memory_.forget(name);
    }
    entries_.clear();  // whatever did not come to rest in time is undone here
    if (!code) {
        log_.error("the event loop failed", {{"error", code.error().text()}});
        return exit_system;
    }
    return static_cast<ExitCode>(*code);
}

Outcome Daemon::prepare() {
    auto lock = InstanceLock::take(options_.runtime_dir);
    if (!lock) {
        return Fail{lock.error()};
    }
    lock_.emplace(std::move(*lock));
    if (auto cleaned = clean_up(); !cleaned) {
        return cleaned;
    }
    for (const int signal : {SIGTERM, SIGINT}) {
        sources_.push_back(loop_.on_signal(signal, [this] { stop(exit_clean); }));
    }
    if (auto watched = watch_network(); !watched) {
        return watched;
    }
    find_services();
    loop_.feed_watchdog();
    return options_.bus ? start_service() : Outcome();
}

/// What an earlier run left blocks for the tunnels that are about to be connected again; for their
/// gateways are known, and no name server need be asked that is behind the block.
Outcome Daemon::clean_up() {
    TunnelNumbers keep;
    for (auto& [name, entry] : entries_) {
        if (!connects_first(name, entry)) {
            memory_.forget(name);
            continue;
        }
        const bool named = !ike::IpAddress::parse(entry.tunnel->status().gateway);
        auto gateways = named ? memory_.recall(name) : std::vector<ike::IpAddress>();
        if (!named || !gateways.empty()) {
            keep.insert(entry.table);
            entry.tunnel->inherit(std::move(gateways));
        }
    }
    const auto found = remove_leftovers(keep);
    if (!found) {
        return Fail{found.error()};
    }
    if (found->any()) {
        log_.warning("removed what a run that was killed left behind",
                     {{"rules", std::to_string(found->rules)},
                      {"routes", std::to_string(found->routes)},
                      {"devices", std::to_string(found->devices)},
                      {"states", std::to_string(found->states)},
                      {"policies", std::to_string(found->policies)}});
    }
    return {};
}

Outcome Daemon::start_service() {
    auto service = Service::start({*options_.bus}, loop_, *this, log_, [this] {
        log_.error("the bus went away", {});
        stop(exit_system);
    });
    if (!service) {
        return Fail{service.error()};
    }
    service_ = std::move(*service);
    return {};
}

/// False: there is nothing that could be done with it. A faulty file besides others is an error in
/// the log and a failed tunnel in the list, but does not take the others with it.
bool Daemon::read_configuration() {
    std::error_code error;
    for (const auto& file : std::filesystem::directory_iterator(options_.config_dir, error)) {
        if (file.path().extension() != ".json") {
            continue;
        }
        const std::string name = file.path().stem().string();
        if (std::ranges::any_of(name, [](unsigned char byte) { return byte >= 0x80; })) {
            log_.error("the file's name is not that of a tunnel", {{"file", file.path().string()}});
            continue;  // D-Bus could not even list it
        }
        entries_[name].file = file.path();
    }
    if (error) {
        log_.error("the configuration cannot be read",
                   {{"folder", options_.config_dir.string()}, {"error", error.message()}});
        return false;
    }
    std::uint32_t table = first_table;
    for (auto& [name, entry] : entries_) {
        entry.table = table++;
        read_tunnel(entry, name);
    }
    if (entries_.size() > max_tunnels) {
        log_.error("too many tunnels", {{"folder", options_.config_dir.string()},
                                        {"at_most", std::to_string(max_tunnels)}});
        return false;
    }
    if (!options_.connect) {
        return true;
    }
    const auto wanted = entries_.find(*options_.connect);
    if (wanted == entries_.end()) {
        log_.error("no such tunnel",
                   {{"file", (options_.config_dir / (*options_.connect + ".json")).string()}});
        return false;
    }
    return !wanted->second.fault;
}

void Daemon::read_tunnel(Entry& entry, const std::string& name) {
    auto config = load_tunnel_config(entry.file);
    if (!config) {
        for (const ConfigError& fault : config.error()) {
            log_.error("wrong configuration", {{"tunnel", name}, {"error", fault.text()}});
        }
        entry.fault = tunnel_error(config.error());
        return;
    }
    entry.fault.reset();
    entry.autoconnect = config->autoconnect;
    if (entry.tunnel) {
        entry.tunnel->configure(std::move(*config));
    } else {
        entry.tunnel =
            std::make_unique<Tunnel>(std::move(*config), entry.table, tunnel_environment());
    }
}

TunnelEnvironment Daemon::tunnel_environment() {
    return {loop_,
            log_,
            random_,
            memory_,
            resolved_,
            &network_,
            [this](const std::string& name) { tunnel_changed(name); },
            [this](const RoamRecord& roam) {
                if (service_) {
                    service_->roamed(roam);
                }
            }};
}

/// One that was connected when a run was killed is as wanted as it was then.
bool Daemon::connects_first(const std::string& name, const Entry& entry) const {
    return entry.tunnel &&
           (options_.connect ? name == *options_.connect : entry.autoconnect || memory_.has(name));
}

void Daemon::connect_first() {
    const auto patience = options_.connect ? Patience::give_up : Patience::keep_trying;
    for (auto& [name, entry] : entries_) {
        if (connects_first(name, entry)) {
            entry.tunnel->connect(patience);
        }
    }
}

void Daemon::tunnel_changed(const std::string& name) {
    look_for_nat64();
    if (service_) {
        service_->tunnel_changed(name);
    }
    show_status();
    if (stopping_) {
        stop_when_at_rest();
    } else if (options_.connect == name) {
        const TunnelStatus status = entries_.at(name).tunnel->status();
        if (status.state == TunnelState::failed) {
            stop(exit_code_for(*status.error));
        }
    }
}

void Daemon::show_status() const {
    const auto connected = std::count_if(entries_.begin(), entries_.end(), [](const auto& item) {
        return item.second.tunnel && item.second.tunnel->status().ike_sa.has_value();
    });
    notify_status(std::to_string(connected) + " of " + std::to_string(entries_.size()) +
                  " tunnels connected");
}

void Daemon::stop(ExitCode code) {
    if (stopping_) {
        loop_.exit(*stopping_);  // told twice: without farewell
        return;
    }
    stopping_ = code;
    for (auto& [name, entry] : entries_) {
        if (entry.tunnel && !entry.tunnel->at_rest()) {
            entry.tunnel->disconnect();
        }
    }
    give_up_.emplace(loop_.timer([this] { loop_.exit(*stopping_); }));
    give_up_->set(loop_.now() + farewell);
    stop_when_at_rest();
}

void Daemon::stop_when_at_rest() {
    const bool at_rest = std::all_of(entries_.begin(), entries_.end(), [](const auto& item) {
        return !item.second.tunnel || item.second.tunnel->at_rest();
    });
    if (at_rest) {
        loop_.exit(*stopping_);
    }
}

}  // namespace agent

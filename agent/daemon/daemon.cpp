// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/daemon.hpp"

#include "agent/base/clock.hpp"

#include <algorithm>
#include <csignal>
#include <set>
#include <utility>

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
      resolved_(log, [this] { announce_changes(); }),
      names_(loop, random_, [this] { return network_name_servers(resolved_.addresses()); }),
      nat64_(
          loop, log, random_,
          [this](std::vector<netwatch::Nat64> found) {
              if (monitor_->set_nat64(std::move(found))) {
                  network_changed(monotonic_now());
              }
          },
          [this] { return names_.network_servers(); }),
      guard_(loop, log, [this](const std::string& name) { tunnel_changed(name); }),
      host_(loop, log, network_),
      bus_again_(loop, [this] { return reopen_bus(); }),
      services_again_(loop, [this] { return reopen_services(); }),
      network_again_(loop, [this] { return reopen_network(); }),
      look_again_(loop.timer([this] { EventLoop::enable(network_events_, true); })),
      quiet_(loop.timer([this] { let_sleep_when_quiet(); })) {}

Daemon::~Daemon() = default;

ExitCode Daemon::run() {
    if (!read_configuration()) {
        return exit_usage;
    }
    if (auto prepared = prepare(); !prepared) {
        log_.error("roamd cannot start", {{"error", prepared.error().text()}});
        leave_wishes();
        return exit_system;
    }
    notify_ready(std::to_string(entries_.size()) + " tunnels");
    connect_first();
    const auto code = loop_.run();
    notify_stopping();
    leave_wishes();
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
    sources_.push_back(loop_.on_signal(SIGHUP, [this] { (void)reload(); }));
    if (auto watched = watch_network(); !watched) {
        return watched;
    }
    if (const auto found = find_services(); !found) {
        log_.warning("NetworkManager is not followed", {{"error", found.error().text()}});
        services_again_.start();
    }
    loop_.feed_watchdog();
    return options_.bus ? start_first_service() : Outcome();
}

/// What is wanted since an earlier run stays blocked until it is connected again.
Outcome Daemon::clean_up() {
    TunnelNumbers keep;
    for (auto& [name, entry] : entries_) {
        if (!entry.wish && !connects_first(name, entry)) {
            continue;
        }
        keep.insert(entry.table);
        if (entry.tunnel) {
            entry.tunnel->inherit(std::exchange(entry.wish, {}).value_or(Wish{}));
        } else {
            entry.left.emplace(entry.table);
        }
    }
    std::set<std::string> guarded;
    for (const auto& [name, entry] : entries_) {
        if (keep.contains(entry.table) || (entry.tunnel && entry.tunnel->is_guarded())) {
            guarded.insert(name);
        }
    }
    guard_.start(guarded);
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
        log_.warning("the bus went away; the tunnels go on");
        bus_again_.start();
    });
    if (!service) {
        return Fail{service.error()};
    }
    service_ = std::move(*service);
    return {};
}

/// The tunnels that are wanted need no bus, so a bus may come later. Another daemon that has our
/// name already would share the kernel's state with us.
Outcome Daemon::start_first_service() {
    auto started = start_service();
    if (started || started.error().code == EEXIST) {
        return started;
    }
    log_.warning("roamd is on no bus; the tunnels go on, and the bus is tried again",
                 {{"error", started.error().text()}});
    bus_again_.start();
    return {};
}

bool Daemon::reopen_bus() {
    service_.reset();
    if (const auto started = start_service(); !started) {
        log_.debug("roamd is on no bus still", {{"error", started.error().text()}});
        return false;
    }
    log_.info("roamd is on the bus");
    return true;
}

TunnelEnvironment Daemon::tunnel_environment() {
    return {loop_,
            log_,
            random_,
            host_,
            names_,
            memory_,
            resolved_,
            guard_,
            &network_,
            [this](const TunnelConfig& config) { return shares_identities(config); },
            [this](const std::string& name) { tunnel_changed(name); },
            [this](const RoamRecord& roam) {
                if (service_) {
                    service_->roamed(roam);
                }
            }};
}

/// RFC 7296 2.4: INITIAL_CONTACT says that all other IKE SAs of the two identities are gone.
bool Daemon::shares_identities(const TunnelConfig& config) const {
    return std::ranges::any_of(entries_, [&](const auto& item) {
        const Tunnel* other = item.second.tunnel.get();
        return other != nullptr && item.first != config.name && other->may_have_ike_sa() &&
               other->config().local.id == config.local.id &&
               other->config().remote.id == config.remote.id;
    });
}

/// One that was wanted when an earlier run ended is as wanted as it was then.
bool Daemon::connects_first(const std::string& name, const Entry& entry) const {
    if (!entry.tunnel) {
        return false;
    }
    return options_.connect ? name == *options_.connect
                            : entry.tunnel->config().autoconnect || entry.tunnel->wanted() ||
                                  entry.wish.has_value();
}

void Daemon::connect_first() {
    const auto lasts = options_.connect ? WishLasts::unless_it_fails : WishLasts::until_ended;
    for (auto& [name, entry] : entries_) {
        if (connects_first(name, entry)) {
            entry.tunnel->connect(lasts);
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
        const Tunnel& tunnel = *entries_.at(name).tunnel;
        if (const TunnelStatus status = tunnel.status(); tunnel.at_rest() && status.error) {
            stop(exit_code_for(*status.error));
        }
    }
}

/// The blocks of wishes that have no tunnel; the tunnels leave theirs themselves.
void Daemon::leave_wishes() {
    for (auto& [name, entry] : entries_) {
        if (entry.left) {
            entry.left->leave();
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
        if (entry.tunnel && options_.connect == name) {
            entry.tunnel->disconnect();  // a run in the foreground is its wish
        } else if (entry.tunnel) {
            entry.tunnel->end_run();
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

// SPDX-License-Identifier: Apache-2.0
#include "agent/base/clock.hpp"
#include "agent/daemon/daemon.hpp"
#include "agent/path/portal.hpp"

#include <sys/epoll.h>

#include <algorithm>

namespace agent {

ike::Result<void, SystemError> Daemon::watch_network() {
    auto monitor = netwatch::Monitor::open(log_);
    if (!monitor) {
        return ike::Fail{SystemError{monitor.error().text, 0, {}}};
    }
    monitor_.emplace(std::move(*monitor));
    network_ = monitor_->snapshot();
    recorder_.note(network_, monotonic_now());
    network_events_ =
        loop_.watch(monitor_->fd(), EPOLLIN, [this](std::uint32_t) { network_readable(); });
    sleep_.emplace(loop_,
                   SleepWatch::Events{.slept = [this](ike::Duration slept) { woke_up(slept); },
                                      .clock_stepped = [this] { clock_stepped(); }});
    return {};
}

/// Nothing depends on them: without NetworkManager, or without a bus, the kernel alone is watched.
ike::Result<void, SystemError> Daemon::find_services() {
    if (!options_.services_bus) {
        return {};
    }
    SystemServices::Events events;
    events.network = [this](const netwatch::ManagedNetwork& said) {
        if (monitor_->set_managed(said)) {
            network_changed(monotonic_now());
            announce_changes();
        }
    };
    events.sleep = {.about_to_sleep = [this] { about_to_sleep(); },
                    .awake = [this] { sleep_->look(); }};
    events.lost = [this] { services_again_.start(); };
    auto opened =
        SystemServices::open({*options_.services_bus}, loop_, log_, resolved_, std::move(events));
    if (!opened) {
        return ike::Fail{opened.error()};
    }
    services_ = std::move(*opened);
    return {};
}

bool Daemon::reopen_services() {
    services_.reset();
    if (const auto found = find_services(); !found) {
        log_.debug("there is no bus of the services still", {{"error", found.error().text()}});
        return false;
    }
    log_.info("the services' bus is there");
    return true;
}

/// What the tunnels show of NetworkManager's connections, or of name servers, is another.
void Daemon::announce_changes() {
    for (const std::string& name : service_ ? names() : std::vector<std::string>()) {
        service_->tunnel_changed(name);
    }
}

void Daemon::network_readable() {
    const MonotonicTime event = monotonic_now();
    const auto changed = monitor_->read();
    if (!changed) {
        log_.error("the network cannot be watched", {{"error", changed.error().text}});
        network_events_.reset();
        look_again_.clear();
        network_again_.start();
        return;
    }
    if (*changed) {
        network_changed(event);
    }
    if (const ike::Duration wait = pace_.after_look(loop_.now()); wait > ike::Duration{}) {
        EventLoop::enable(network_events_, false);
        look_again_.set(loop_.now() + wait);
    }
}

/// By new sockets, with all that is there now. The tunnels go by the old snapshot until then.
bool Daemon::reopen_network() {
    auto monitor = netwatch::Monitor::open(log_);
    if (!monitor) {
        log_.debug("the network cannot be watched still", {{"error", monitor.error().text}});
        return false;
    }
    monitor->set_managed(network_.managed);
    monitor->set_nat64(network_.nat64);
    monitor_.emplace(std::move(*monitor));
    network_events_ =
        loop_.watch(monitor_->fd(), EPOLLIN, [this](std::uint32_t) { network_readable(); });
    log_.info("the network is watched again");
    network_changed(monotonic_now());
    return true;
}

void Daemon::network_changed(MonotonicTime event) {
    look_for_nat64();
    network_ = monitor_->snapshot();
    const bool hides_checks = std::ranges::any_of(entries_, [](const auto& item) {
        return item.second.tunnel && item.second.tunnel->hides_checks();
    });
    if (hides_checks) {
        doubt_limited(network_.managed);
    }
    recorder_.note(network_, event);
    for (auto& [name, entry] : entries_) {
        if (entry.tunnel) {
            entry.tunnel->network_changed(event);
        }
    }
    for (auto& [name, entry] : entries_) {  // behind what is urgent
        if (entry.tunnel) {
            entry.tunnel->protect();
        }
    }
}

/// By a network without IPv4 the gateway may be had through a NAT64. Nobody is asked as long as no
/// tunnel is wanted.
void Daemon::look_for_nat64() {
    const bool wanted = std::ranges::any_of(entries_, [](const auto& item) {
        return item.second.tunnel && !item.second.tunnel->at_rest();
    });
    if (wanted) {
        monitor_->set_nat64(nat64_.look(monitor_->snapshot()));
    }
}

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon.hpp"
#include "agent/monotonic.hpp"

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
    rules_.emplace(loop_, log_, [this] {
        for (auto& [name, entry] : entries_) {
            if (entry.tunnel) {
                entry.tunnel->rules_removed();
            }
        }
    });
    sleep_.emplace(loop_, [this](ike::Duration slept) { woke_up(slept); });
    return {};
}

/// Nothing depends on them: without NetworkManager, or without a bus, the kernel alone is watched.
void Daemon::find_services() {
    if (!options_.services_bus) {
        return;
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
    auto opened =
        SystemServices::open({*options_.services_bus}, loop_, log_, resolved_, std::move(events));
    if (!opened) {
        log_.warning("NetworkManager is not followed", {{"error", opened.error().text()}});
        return;
    }
    services_ = std::move(*opened);
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
        log_.error("the network cannot be watched any more", {{"error", changed.error().text}});
        stop(exit_system);
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

void Daemon::network_changed(MonotonicTime event) {
    look_for_nat64();
    network_ = monitor_->snapshot();
    recorder_.note(network_, event);
    for (auto& [name, entry] : entries_) {
        if (entry.tunnel) {
            entry.tunnel->network_changed(event);
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

// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/daemon.hpp"

#include <utility>

namespace agent {

using ike::Fail;

namespace {

TunnelError unknown_tunnel(const std::string& name) {
    return {"unknown-tunnel", "no tunnel is called " + name, "roamctl list shows the tunnels"};
}

}  // namespace

std::vector<std::string> Daemon::names() const {
    std::vector<std::string> names;
    for (const auto& [name, entry] : entries_) {
        names.push_back(name);
    }
    return names;
}

TunnelStatus Daemon::status(const std::string& name) const {
    const Entry& entry = entries_.at(name);
    TunnelStatus status;
    if (entry.tunnel) {
        status = entry.tunnel->status();
    } else {
        status.name = name;
        status.state = TunnelState::failed;
        status.wanted = entry.wish.has_value();
    }
    if (entry.fault && !status.error) {
        status.error = entry.fault;
    }
    return status;
}

std::vector<RoamRecord> Daemon::roams(const std::string& name) const {
    const Entry& entry = entries_.at(name);
    if (!entry.tunnel) {
        return {};
    }
    return {entry.tunnel->roams().begin(), entry.tunnel->roams().end()};
}

TunnelCounters Daemon::counters(const std::string& name) const {
    const Entry& entry = entries_.at(name);
    return entry.tunnel ? entry.tunnel->counters() : TunnelCounters{};
}

std::string Daemon::recording() const {
    Recording recording;
    for (const auto& [name, entry] : entries_) {
        if (entry.tunnel) {
            recording.tunnels.push_back(entry.tunnel->recorded());
        }
    }
    recording.moments = recorder_.moments();
    return recording_text(recording);
}

ike::Result<void, TunnelError> Daemon::connect(const std::string& name) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) {
        return Fail{unknown_tunnel(name)};
    }
    Entry& entry = found->second;
    if (!entry.tunnel || !entry.tunnel->carries()) {
        reload_tunnel(entry, name);  // it may have been changed, or corrected
    }
    if (entry.fault) {
        return Fail{*entry.fault};
    }
    entry.tunnel->connect(WishLasts::until_ended);
    return {};
}

ike::Result<void, TunnelError> Daemon::disconnect(const std::string& name) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) {
        return Fail{unknown_tunnel(name)};
    }
    Entry& entry = found->second;
    if (entry.tunnel) {
        entry.tunnel->disconnect();
    }
    if (std::exchange(entry.wish, {})) {
        memory_.forget(name);
        entry.left.reset();
        guard_.release_left(name);
        tunnel_changed(name);
    }
    return {};
}

void Daemon::free() {
    log_.warning("the plain network is wanted back: every tunnel ends, with its protection", {});
    for (auto& [name, entry] : entries_) {
        if (entry.tunnel) {
            entry.tunnel->free();
        }
    }
    guard_.release_all();
}

}  // namespace agent

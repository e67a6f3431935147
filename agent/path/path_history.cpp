// SPDX-License-Identifier: Apache-2.0
#include "agent/path/path_history.hpp"

#include "agent/path/standby_paths.hpp"

#include <algorithm>

namespace agent {

using namespace std::chrono_literals;
using ike::Duration;
using ike::Instant;
using ike::session::AddressPair;

namespace {

constexpr Duration first_wait = 10s;
constexpr Duration longest_wait = 5min;
constexpr Duration forgiven_after = 5min;  // of good conduct, then it begins with first_wait again

constexpr Duration flap_period = 30s;
constexpr std::size_t flaps_allowed = 3;  // in that period: doors and lifts
constexpr Duration longest_dwell = 1min;

template <class Item>
bool contains(const std::vector<Item>& items, const Item& item) {
    return std::ranges::find(items, item) != items.end();
}

}  // namespace

void PathHistory::Death::again(Instant now) {
    const bool soon = wait != Duration{} && now < until + forgiven_after;
    wait = soon ? std::min(wait * 2, longest_wait) : first_wait;
    until = now + wait;
}

void PathHistory::died(const AddressPair& path, Instant now) {
    entries_[path.interface].death.again(now);
    died_alone(path, now);
}

void PathHistory::died_alone(const AddressPair& path, Instant now) {
    paths_[path].again(now);
}

void PathHistory::vanished(ike::InterfaceIndex interface, Instant now) {
    std::deque<Instant>& times = entries_[interface].vanished;
    times.push_back(now);
    while (times.front() + flap_period < now || times.size() > 2 * flaps_allowed) {
        times.pop_front();
    }
    if (times.size() > flaps_allowed) {
        const auto doublings = times.size() - flaps_allowed - 1;
        const Duration dwell = std::min<Duration>(dwell_ * (1U << doublings), longest_dwell);
        entries_[interface].unsteady_until = now + dwell;
    }
}

void PathHistory::renewed(ike::InterfaceIndex interface) {
    if (const auto entry = entries_.find(interface); entry != entries_.end()) {
        entry->second.death = {};
    }
}

void PathHistory::note_paths(const std::vector<AddressPair>& before,
                             const std::vector<AddressPair>& usable, Instant now) {
    const auto had = interfaces_of(before);
    const auto has = interfaces_of(usable);
    for (const ike::InterfaceIndex interface : had) {
        if (!contains(has, interface)) {
            renewed(interface);
            vanished(interface, now);
        }
    }
    for (const AddressPair& path : usable) {
        if (contains(had, path.interface) && !contains(before, path)) {
            renewed(path.interface);
        }
    }
    std::erase_if(paths_, [&](const auto& entry) { return !contains(usable, entry.first); });
}

std::vector<AddressPair> PathHistory::suspected(Instant now) const {
    std::vector<AddressPair> suspected;
    for (const auto& [path, death] : paths_) {
        if (now < death.until + forgiven_after) {
            suspected.push_back(path);
        }
    }
    return suspected;
}

std::vector<ike::InterfaceIndex> PathHistory::avoided(Instant now) const {
    std::vector<ike::InterfaceIndex> interfaces;
    for (const auto& [interface, entry] : entries_) {
        if (now < entry.until()) {
            interfaces.push_back(interface);
        }
    }
    return interfaces;
}

std::optional<Instant> PathHistory::next(Instant now) const {
    std::optional<Instant> next;
    for (const auto& [interface, entry] : entries_) {
        if (now < entry.until() && (!next || entry.until() < *next)) {
            next = entry.until();
        }
    }
    return next;
}

}  // namespace agent

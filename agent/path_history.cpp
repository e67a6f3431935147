// SPDX-License-Identifier: Apache-2.0
#include "agent/path_history.hpp"

#include <algorithm>

namespace agent {

using namespace std::chrono_literals;
using ike::Duration;
using ike::Instant;

namespace {

constexpr Duration first_wait = 10s;
constexpr Duration longest_wait = 5min;
constexpr Duration forgiven_after = 5min;  // of good conduct, then it begins with first_wait again

constexpr Duration flap_period = 30s;
constexpr std::size_t flaps_allowed = 3;  // in that period: doors and lifts
constexpr Duration longest_dwell = 1min;

}  // namespace

void PathHistory::died(ike::InterfaceIndex interface, Instant now) {
    Entry& entry = entries_[interface];
    const bool again = entry.dead_wait != Duration{} && now < entry.dead_until + forgiven_after;
    entry.dead_wait = again ? std::min(entry.dead_wait * 2, longest_wait) : first_wait;
    entry.dead_until = now + entry.dead_wait;
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
        entry->second.dead_until = {};
        entry->second.dead_wait = {};
    }
}

void PathHistory::note_uplinks(const std::vector<ike::InterfaceIndex>& before,
                               const std::vector<ike::InterfaceIndex>& usable, Instant now) {
    for (const ike::InterfaceIndex interface : before) {
        if (std::ranges::find(usable, interface) == usable.end()) {
            renewed(interface);
            vanished(interface, now);
        }
    }
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

// SPDX-License-Identifier: Apache-2.0
#include "ike/session/values/flow_experience.hpp"

#include <algorithm>

namespace ike::session {

const FlowExperience::Entry* FlowExperience::find(const AddressPair& path) const {
    const auto found = std::ranges::find(entries_, path, &Entry::path);
    return found == entries_.end() ? nullptr : &*found;
}

void FlowExperience::set(const AddressPair& path, Udp udp, bool fresh) {
    std::erase_if(entries_, [&](const Entry& entry) { return entry.path == path; });
    entries_.push_back({path, udp, fresh});
    if (entries_.size() > most_paths) {
        entries_.pop_front();
    }
}

bool FlowExperience::wants_udp(const AddressPair& path) const {
    const Entry* entry = find(path);
    return entry != nullptr && entry->udp != Udp::in_vain;
}

bool FlowExperience::may_try_udp(const AddressPair& path) const {
    return find(path) == nullptr;
}

void FlowExperience::try_udp(const AddressPair& path) {
    set(path, Udp::tried, true);
}

void FlowExperience::udp_refused(const AddressPair& path) {
    set(path, Udp::in_vain, true);
}

void FlowExperience::came_in(const AddressPair& path, bool udp) {
    reconnections_ = 0;
    if (find(path) == nullptr) {
        return;
    }
    if (udp) {
        set(path, Udp::works, false);
    } else {
        std::erase_if(entries_, [&](const Entry& entry) { return entry.path == path; });
    }
}

void FlowExperience::reconnected(const AddressPair& path) {
    ++reconnections_;
    const Entry* entry = find(path);
    if (entry == nullptr || entry->udp == Udp::works) {
        return;
    }
    const bool stays = entry->fresh;
    const Udp other = entry->udp == Udp::tried ? Udp::in_vain : Udp::tried;
    set(path, stays ? entry->udp : other, false);
}

}  // namespace ike::session

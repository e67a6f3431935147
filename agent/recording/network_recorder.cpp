// SPDX-License-Identifier: Apache-2.0
#include "agent/recording/network_recorder.hpp"

#include <algorithm>
#include <set>

namespace agent {

using netwatch::Snapshot;

namespace {

std::size_t rows_of(const Snapshot& snapshot) {
    return 1 + snapshot.links.size() + snapshot.addresses.size() + snapshot.routes.size();
}

}  // namespace

void NetworkRecorder::note(const Snapshot& snapshot, MonotonicTime time) {
    static const Snapshot nothing;
    Snapshot part = recorded_part(snapshot, moments_.empty() ? nothing : moments_.back().snapshot);
    if (!moments_.empty() && moments_.back().snapshot == part) {
        return;
    }
    rows_ += rows_of(part);
    moments_.push_back({time, std::move(part)});
    while (moments_.size() > 1 && (moments_.size() > max_moments || rows_ > max_rows)) {
        rows_ -= rows_of(moments_.front().snapshot);
        moments_.pop_front();
    }
}

Snapshot recorded_part(const Snapshot& snapshot, const Snapshot& before) {
    Snapshot part{.generation = snapshot.generation,
                  .links = {},
                  .addresses = {},
                  .routes = {},
                  .managed = snapshot.managed,
                  .nat64 = snapshot.nat64};
    std::set<ike::InterfaceIndex> routed;
    for (const netwatch::Route& route : snapshot.routes) {
        if (!route.destination.address.is_link_local()) {
            part.routes.push_back(route);
            routed.insert(route.out);
        }
    }
    std::set<ike::InterfaceIndex> kept;
    for (const netwatch::Link& link : snapshot.links) {
        if (routed.contains(link.index) || link.loopback ||
            snapshot.managed.find_device(link.name) != nullptr ||
            before.find_link(link.index) != nullptr) {
            part.links.push_back(link);
            kept.insert(link.index);
        }
    }
    std::ranges::copy_if(
        snapshot.addresses, std::back_inserter(part.addresses),
        [&kept](const netwatch::Address& address) { return kept.contains(address.interface); });
    return part;
}

}  // namespace agent

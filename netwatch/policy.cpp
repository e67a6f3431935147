// SPDX-License-Identifier: Apache-2.0
#include "netwatch/policy.hpp"

#include <algorithm>

namespace netwatch {

std::string_view name(RoamReason reason) {
    using enum RoamReason;
    switch (reason) {
        case link_gone:
            return "link-gone";
        case link_down:
            return "link-down";
        case carrier_lost:
            return "carrier-lost";
        case address_removed:
            return "address-removed";
        case address_unusable:
            return "address-unusable";
        case route_removed:
            return "route-removed";
        case weak_signal:
            return "weak-signal";
        case better_path:
            return "better-path";
        case portal:
            return "portal";
        case limited:
            return "limited-connectivity";
        case first_path:
            return "first-path";
        case no_path:
            return "no-path";
    }
    return "unknown";
}

namespace {

bool hindered(const Uplink& uplink) {
    return uplink.rank.hindrance != Hindrance::none;
}

/// To the best, unless something stands against it, and so against all of them.
Decision go(const std::vector<Uplink>& candidates, bool forced, RoamReason reason) {
    if (candidates.empty()) {
        return NoPath{reason};
    }
    if (hindered(candidates.front())) {
        return NoPath{reason_of(candidates.front().rank.hindrance)};
    }
    return Move{.to = candidates.front(), .forced = forced, .reason = reason};
}

/// Between devices only the route counts: an equal one with a nicer source address is no reason to
/// leave a path that works.
bool beats(const Uplink& challenger, const Uplink& current) {
    Rank rank = challenger.rank;
    if (challenger.interface != current.interface) {
        rank.source = current.rank.source;
    }
    return rank < current.rank;
}

}  // namespace

Decision decide(const Snapshot& snapshot, const std::vector<Uplink>& candidates,
                const std::optional<Current>& current) {
    if (!current) {
        return go(candidates, false,
                  candidates.empty() ? RoamReason::no_path : RoamReason::first_path);
    }
    const auto mine = std::ranges::find_if(candidates, [&current](const Uplink& uplink) {
        return uplink.interface == current->interface && uplink.local == current->local;
    });
    if (mine == candidates.end()) {
        return go(candidates, true, why_gone(snapshot, *current));
    }
    if (shut_in(*mine, *current)) {
        return go(candidates, true, RoamReason::portal);
    }
    const auto better = std::ranges::find_if(candidates, [&mine](const Uplink& uplink) {
        return !hindered(uplink) && beats(uplink, *mine);
    });
    if (better == candidates.end()) {
        return Keep{};
    }
    return Move{.to = *better, .forced = false, .reason = why_better(better->rank, mine->rank)};
}

bool shut_in(const Uplink& mine, const Current& current) {
    return mine.rank.hindrance == Hindrance::portal && !current.answered;
}

RoamReason why_better(const Rank& better, const Rank& mine) {
    if (mine.hindrance != Hindrance::none) {
        return reason_of(mine.hindrance);
    }
    return mine.weak && !better.weak ? RoamReason::weak_signal : RoamReason::better_path;
}

RoamReason reason_of(Hindrance hindrance) {
    return hindrance == Hindrance::portal ? RoamReason::portal : RoamReason::limited;
}

RoamReason why_gone(const Snapshot& snapshot, const Current& current) {
    const Link* const link = snapshot.find_link(current.interface);
    if (link == nullptr) {
        return RoamReason::link_gone;
    }
    if (!link->up) {
        return RoamReason::link_down;
    }
    if (!link->running) {
        return RoamReason::carrier_lost;
    }
    // On the link itself, or on loopback: a route may prefer a source of another device.
    const auto address = std::ranges::find_if(snapshot.addresses, [&](const Address& candidate) {
        const Link* const home = snapshot.find_link(candidate.interface);
        return candidate.address == current.local &&
               (candidate.interface == current.interface || (home != nullptr && home->loopback));
    });
    if (address == snapshot.addresses.end()) {
        return RoamReason::address_removed;
    }
    if (address->tentative || address->dad_failed) {
        return RoamReason::address_unusable;
    }
    return RoamReason::route_removed;
}

}  // namespace netwatch

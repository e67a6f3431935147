// SPDX-License-Identifier: Apache-2.0
#include "agent/path_choice.hpp"

#include "ike/base/overloaded.hpp"

#include <algorithm>

namespace agent {

using ike::IpAddress;
using ike::session::AddressPair;
using ike::session::MoveKind;
using netwatch::Snapshot;
using netwatch::Uplink;

namespace {

TakePath take(const Uplink& uplink, const IpAddress& gateway, MoveKind kind,
              netwatch::RoamReason reason) {
    return {{uplink.interface, uplink.local, gateway},
            uplink.name,
            uplink.mtu,
            kind,
            std::string(name(reason))};
}

PathChoice choose_to_gateway(const Snapshot& snapshot, const IpAddress& gateway,
                             const std::vector<Uplink>& candidates,
                             const std::optional<netwatch::Current>& current) {
    return std::visit(ike::Overloaded{
                          [](const netwatch::Keep&) -> PathChoice { return KeepPath{}; },
                          [&](const netwatch::Move& move) -> PathChoice {
                              const bool lives = current && !move.forced;
                              const auto kind = lives ? MoveKind::preferred : MoveKind::forced;
                              return take(move.to, gateway, kind, move.reason);
                          },
                          [](const netwatch::NoPath& none) -> PathChoice {
                              return HoldPath{std::string(name(none.reason))};
                          },
                      },
                      decide(snapshot, candidates, current));
}

/// What leads to one address of the gateway, best first.
struct Reach {
    IpAddress gateway;
    std::vector<Uplink> uplinks;
    [[nodiscard]] std::uint32_t metric() const { return uplinks.front().rank.metric; }
};

std::vector<Reach> reachable(const Snapshot& snapshot, const std::vector<IpAddress>& gateways,
                             const netwatch::DeviceNames& own_devices) {
    std::vector<Reach> found;
    for (const IpAddress& gateway : gateways) {
        auto candidates = uplinks(snapshot, gateway, own_devices);
        if (!candidates.empty()) {
            found.push_back({gateway, std::move(candidates)});
        }
    }
    return found;
}

PathChoice change_gateway(const Snapshot& snapshot, const Reach& reach, const AddressPair& current,
                          bool lives) {
    const Uplink& best = reach.uplinks.front();
    if (lives) {
        return take(best, reach.gateway, MoveKind::preferred, netwatch::RoamReason::better_path);
    }
    const auto reason = why_gone(snapshot, {current.interface, current.local});
    return take(best, reach.gateway, MoveKind::forced, reason);
}

}  // namespace

PathChoice choose_path(const Snapshot& snapshot, const std::vector<IpAddress>& gateways,
                       const std::optional<AddressPair>& current,
                       const netwatch::DeviceNames& own_devices) {
    std::optional<netwatch::Current> in_use;
    if (current) {
        in_use = {current->interface, current->local};
    }
    const auto reaches = reachable(snapshot, gateways, own_devices);
    if (reaches.empty()) {
        const auto none = in_use ? why_gone(snapshot, *in_use) : netwatch::RoamReason::no_path;
        return HoldPath{std::string(name(none))};
    }
    const auto best = std::ranges::min_element(reaches, {}, &Reach::metric);
    if (!current) {
        return choose_to_gateway(snapshot, best->gateway, best->uplinks, in_use);
    }
    const auto mine = std::ranges::find(reaches, current->remote, &Reach::gateway);
    if (mine != reaches.end() && mine->metric() <= best->metric()) {
        return choose_to_gateway(snapshot, mine->gateway, mine->uplinks, in_use);
    }
    const bool lives =
        mine != reaches.end() && std::ranges::any_of(mine->uplinks, [&](const Uplink& uplink) {
            return uplink.interface == current->interface && uplink.local == current->local;
        });
    return change_gateway(snapshot, *best, *current, lives);
}

}  // namespace agent

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

PathChoice change_gateway(const Snapshot& snapshot, const IpAddress& gateway, const Uplink& best,
                          const AddressPair& current, const netwatch::DeviceNames& own_devices) {
    const auto before = uplinks(snapshot, current.remote, own_devices);
    const bool lives = std::any_of(before.begin(), before.end(), [&](const Uplink& uplink) {
        return uplink.interface == current.interface && uplink.local == current.local;
    });
    if (lives) {
        return take(best, gateway, MoveKind::preferred, netwatch::RoamReason::better_path);
    }
    const auto reason = why_gone(snapshot, {current.interface, current.local});
    return take(best, gateway, MoveKind::forced, reason);
}

}  // namespace

PathChoice choose_path(const Snapshot& snapshot, const std::vector<IpAddress>& gateways,
                       const std::optional<AddressPair>& current,
                       const netwatch::DeviceNames& own_devices) {
    std::optional<netwatch::Current> in_use;
    if (current) {
        in_use = {current->interface, current->local};
    }
    for (const IpAddress& gateway : gateways) {
        const auto candidates = uplinks(snapshot, gateway, own_devices);
        if (candidates.empty()) {
            continue;
        }
        if (current && current->remote != gateway) {
            return change_gateway(snapshot, gateway, candidates.front(), *current, own_devices);
        }
        return choose_to_gateway(snapshot, gateway, candidates, in_use);
    }
    const auto none = in_use ? why_gone(snapshot, *in_use) : netwatch::RoamReason::no_path;
    return HoldPath{std::string(name(none))};
}

}  // namespace agent

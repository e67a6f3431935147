// SPDX-License-Identifier: Apache-2.0
#include "agent/path/path_choice.hpp"

#include "agent/path/local_addresses.hpp"
#include "agent/path/path_rank.hpp"
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
    return {
        {uplink.interface, uplink.local, gateway}, uplink.name, kind, std::string(name(reason))};
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

/// The uplinks that lead to one address of the gateway, the best first; at least one.
struct Reach {
    IpAddress gateway;
    std::vector<Uplink> uplinks;
    [[nodiscard]] bool restricted() const {
        return uplinks.front().rank.hindrance != netwatch::Hindrance::none;
    }
    /// The rank of the best path.
    [[nodiscard]] PathRank rank() const { return path_rank(uplinks.front()); }
};

/// A path that carried nothing comes behind the other addresses of its device.
void put_back_suspected(std::vector<Uplink>& candidates, const IpAddress& gateway,
                        const std::vector<AddressPair>& suspected) {
    constexpr std::uint8_t behind_all_sources = 0x80;
    for (Uplink& uplink : candidates) {
        const AddressPair path{uplink.interface, uplink.local, gateway};
        if (std::ranges::find(suspected, path) != suspected.end()) {
            uplink.rank.source |= behind_all_sources;
        }
    }
    std::ranges::stable_sort(candidates, {}, &Uplink::rank);
}

std::vector<Reach> reachable(const Snapshot& snapshot, const std::vector<IpAddress>& gateways,
                             const netwatch::DeviceNames& own_devices,
                             const std::vector<AddressPair>& suspected) {
    std::vector<Reach> found;
    for (const IpAddress& gateway : gateways) {
        auto candidates = uplinks(snapshot, gateway, own_devices);
        put_back_suspected(candidates, gateway, suspected);
        if (!candidates.empty()) {
            found.push_back({gateway, std::move(candidates)});
        }
    }
    return found;
}

void disregard_restrictions(std::vector<Reach>& reaches) {
    for (Reach& reach : reaches) {
        for (Uplink& uplink : reach.uplinks) {
            uplink.rank.hindrance = netwatch::Hindrance::none;
        }
        std::ranges::stable_sort(reach.uplinks, {}, &Uplink::rank);
    }
}

/// The best uplink leads to another address of the gateway than `current`. `mine` is the current
/// path, if it still is an uplink.
PathChoice change_gateway(const Snapshot& snapshot, const Reach& best, const Uplink* mine,
                          const netwatch::Current& current) {
    using netwatch::Hindrance;
    const Uplink& to = best.uplinks.front();
    const bool lives = mine != nullptr && !shut_in(*mine, current);
    if (to.rank.hindrance != Hindrance::none) {
        const auto reason = name(reason_of(to.rank.hindrance));
        return lives ? PathChoice(KeepPath{}) : HoldPath{std::string(reason)};
    }
    if (mine == nullptr) {
        return take(to, best.gateway, MoveKind::forced, why_gone(snapshot, current));
    }
    const auto reason = why_better(to.rank, mine->rank);
    return take(to, best.gateway, lives ? MoveKind::preferred : MoveKind::forced, reason);
}

const Uplink* find_uplink(const std::vector<Uplink>& uplinks, const netwatch::Current& current) {
    const auto found = std::ranges::find_if(uplinks, [&](const Uplink& uplink) {
        return uplink.interface == current.interface && uplink.local == current.local;
    });
    return found != uplinks.end() ? &*found : nullptr;
}

}  // namespace

TakePath forced_path(const netwatch::Snapshot& snapshot, const ike::session::AddressPair& addresses,
                     std::string reason) {
    const netwatch::Link* link = snapshot.find_link(addresses.interface);
    return {.addresses = addresses,
            .interface = link != nullptr ? link->name : "",
            .kind = ike::session::MoveKind::forced,
            .reason = std::move(reason)};
}

netwatch::DeviceNames avoided_devices(const Snapshot& snapshot,
                                      const std::vector<ike::InterfaceIndex>& avoided,
                                      const std::optional<AddressPair>& current,
                                      const netwatch::DeviceNames& own_devices) {
    netwatch::DeviceNames excluded = own_devices;
    for (const ike::InterfaceIndex interface : avoided) {
        const netwatch::Link* link = snapshot.find_link(interface);
        if (link != nullptr && (!current || current->interface != interface)) {
            excluded.insert(link->name);
        }
    }
    return excluded;
}

PathChoice choose_path(const Snapshot& snapshot, const std::vector<IpAddress>& gateways,
                       const std::optional<AddressPair>& current,
                       const netwatch::DeviceNames& own_devices, const Experience& experience) {
    std::optional<netwatch::Current> in_use;
    if (current) {
        in_use = {current->interface, current->local, experience.answered};
    }
    auto reaches = reachable(snapshot, gateways, own_devices, experience.suspected);
    if (experience.tries_restricted && std::ranges::all_of(reaches, &Reach::restricted)) {
        disregard_restrictions(reaches);
    }
    if (reaches.empty()) {
        const auto none = in_use ? why_gone(snapshot, *in_use) : netwatch::RoamReason::no_path;
        return HoldPath{std::string(name(none))};
    }
    const auto best = std::ranges::min_element(reaches, {}, &Reach::rank);
    if (!current) {
        return choose_to_gateway(snapshot, best->gateway, best->uplinks, in_use);
    }
    const auto mine = std::ranges::find(reaches, current->remote, &Reach::gateway);
    if (mine == reaches.end()) {
        return change_gateway(snapshot, *best, nullptr, *in_use);
    }
    if (mine->rank() <= best->rank()) {
        return choose_to_gateway(snapshot, mine->gateway, mine->uplinks, in_use);
    }
    return change_gateway(snapshot, *best, find_uplink(mine->uplinks, *in_use), *in_use);
}

PathChoice choose_path_among(const Snapshot& snapshot, const PeerAddressSet& gateway,
                             const std::optional<AddressPair>& current,
                             const netwatch::DeviceNames& own_devices,
                             const Experience& experience) {
    std::vector<IpAddress> first = gateway.named;
    if (current &&
        std::ranges::find(gateway.additional, current->remote) != gateway.additional.end()) {
        first = gateway_destinations(first, {current->remote});
    }
    const PathChoice choice = choose_path(snapshot, first, current, own_devices, experience);
    return std::holds_alternative<HoldPath>(choice)
               ? choose_path(snapshot, gateway_destinations(gateway.named, gateway.additional),
                             current, own_devices, experience)
               : choice;
}

}  // namespace agent

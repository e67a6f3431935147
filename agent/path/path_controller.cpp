// SPDX-License-Identifier: Apache-2.0
#include "agent/path/path_controller.hpp"

#include "agent/path/local_addresses.hpp"
#include "agent/path/standby_paths.hpp"

#include <algorithm>
#include <utility>

namespace agent {

using ike::session::AddressPair;
using ike::session::MoveKind;

namespace {

std::vector<ike::IpAddress> all(const PeerAddressSet& peer) {
    return gateway_destinations(peer.named, peer.additional);
}

}  // namespace

PathStatus path_status(const netwatch::Snapshot& network, const ike::Path& path) {
    const netwatch::Link* link = network.find_link(path.interface);
    const std::string name = link != nullptr ? link->name : std::to_string(path.interface.value);
    return {name, path.local, path.remote};
}

std::uint32_t uplink_mtu(const PathSurroundings& around, const ike::Path& path) {
    for (const netwatch::Uplink& uplink :
         netwatch::uplinks(around.network, path.remote.address, around.own_devices)) {
        if (uplink.interface == path.interface && uplink.local == path.local.address) {
            return uplink.mtu;
        }
    }
    const netwatch::Link* link = around.network.find_link(path.interface);
    return link != nullptr ? link->mtu : 0;
}

bool leaves_at_once(const PathChoice& choice) {
    const auto* path = std::get_if<TakePath>(&choice);
    return std::holds_alternative<HoldPath>(choice) ||
           (path != nullptr && path->kind == MoveKind::forced);
}

void PathController::begin(ike::Duration dwell) {
    *this = PathController();
    history_ = PathHistory(dwell);
}

void PathController::data_moved(const netwatch::Snapshot& network, const ike::Path& path) {
    data_path_ = DataPath{path, path_status(network, path).interface};
}

void PathController::go_back() {
    taken_->addresses = addresses_of(data_path_->path);
}

void PathController::died(const AddressPair& path, const std::optional<ike::Path>& answered,
                          ike::Instant now) {
    if (answered && answered->interface == path.interface) {
        history_.died_alone(path, now);
    } else {
        history_.died(path, now);
    }
}

void PathController::forget_session() {
    taken_.reset();
    data_path_.reset();
    refused_.clear();
}

PathChoice PathController::choose(const PathSurroundings& around, bool answers,
                                  bool tries_restricted) const {
    const bool answered = answers || (taken_ && taken_->reason == path_dead);
    const auto goes_by = data_path_ ? std::optional(addresses_of(data_path_->path)) : tried_;
    if (taken_ && goes_by) {
        const bool tests_another = *goes_by != taken_->addresses;
        PathChoice choice =
            choose_from(goes_by, around, answered || tests_another, tries_restricted);
        if (leaves_at_once(choice)) {
            return choice;
        }
    }
    return choose_from(taken_ ? std::optional(taken_->addresses) : std::nullopt, around, answered,
                       tries_restricted);
}

/// Avoid uplinks that recently failed, unless no other uplink leads to the gateway.
PathChoice PathController::choose_from(const std::optional<AddressPair>& current,
                                       const PathSurroundings& around, bool answers,
                                       bool tries_restricted) const {
    const auto excluded =
        avoided_devices(around.network, history_.avoided(around.now), current, around.own_devices);
    const Experience experience{answers, tries_restricted, history_.suspected(around.now)};
    const PathChoice choice =
        choose_path_among(around.network, around.peer, current, excluded, experience);
    return std::holds_alternative<HoldPath>(choice)
               ? choose_path_among(around.network, around.peer, current, around.own_devices,
                                   experience)
               : choice;
}

std::optional<TakePath> PathController::to_additional_address(
    const PathSurroundings& around) const {
    const PathChoice choice =
        choose_path(around.network, around.peer.additional, std::nullopt, around.own_devices);
    const auto* path = std::get_if<TakePath>(&choice);
    if (path == nullptr) {
        return std::nullopt;
    }
    TakePath better = *path;
    better.kind = MoveKind::preferred;
    better.reason = "gateway-moved";
    return better;
}

std::optional<TakePath> PathController::after_refusal(const PathSurroundings& around,
                                                      const ike::Path& refused) {
    refused_.push_back(addresses_of(refused));
    const auto next =
        not_refused(standby_paths(around.network, all(around.peer), around.own_devices), refused_);
    if (!next) {
        return std::nullopt;
    }
    return forced_path(around.network, *next, "path-refused");
}

std::vector<AddressPair> PathController::to_named(const PathSurroundings& around) {
    return standby_paths(around.network, around.peer.named, around.own_devices);
}

std::vector<AddressPair> PathController::standbys(const PathSurroundings& around,
                                                  bool unresponsive) const {
    auto paths = to_named(around);
    if (paths.size() < 2 || unresponsive) {
        paths = standby_paths(around.network, all(around.peer), around.own_devices);
        if (taken_) {
            same_family_first(paths, taken_->addresses.remote.family());
        }
    }
    return paths;
}

std::vector<ike::InterfaceIndex> PathController::on_network(const PathSurroundings& around) {
    auto usable = standby_paths(around.network, all(around.peer), around.own_devices);
    history_.note_paths(usable_, usable, around.now);
    const auto before = interfaces_of(usable_);
    auto fresh = interfaces_of(usable);
    std::erase_if(fresh, [&](const ike::InterfaceIndex interface) {
        return std::ranges::find(before, interface) != before.end();
    });
    usable_ = std::move(usable);
    return fresh;
}

}  // namespace agent

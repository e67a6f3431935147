// SPDX-License-Identifier: Apache-2.0
#include "agent/path/standby_paths.hpp"
#include "agent/tunnel/tunnel.hpp"

namespace agent {

using ike::session::AddressPair;
using ike::session::MoveKind;

namespace {

/// What was asked about is gone.
bool leaves_at_once(const PathChoice& choice) {
    const auto* path = std::get_if<TakePath>(&choice);
    return std::holds_alternative<HoldPath>(choice) ||
           (path != nullptr && path->kind == MoveKind::forced);
}

}  // namespace

/// What failed on the path before may work on this one; a name may be resolved by it.
bool Tunnel::another_path_appeared() const {
    const PathChoice choice = choose();
    const auto* path = std::get_if<TakePath>(&choice);
    return peer_.known_named().empty() ||
           (path != nullptr && path->addresses != tried_ && !round_.had_turn(path->addresses));
}

/// After a better path was refused: the one that data went back to may be gone meanwhile.
void Tunnel::leave_if_gone() {
    if (phase_ == Phase::session && path_ && leaves_at_once(choose())) {
        network_changed(env_.loop.monotonic());
    }
}

/// While a better path is tested data goes by the old one, and while an IKE SA is made its messages
/// do: when that goes, nothing is waited for.
PathChoice Tunnel::choose() const {
    const bool answered = gateway_answers() || (path_ && path_->reason == path_dead);
    const auto goes_by = data_path_ ? std::optional(addresses_of(data_path_->path)) : tried_;
    if (path_ && goes_by) {
        const bool tests_another = *goes_by != path_->addresses;
        PathChoice choice = choose(*goes_by, answered || tests_another);
        if (leaves_at_once(choice)) {
            return choice;
        }
    }
    return choose(path_ ? std::optional(path_->addresses) : std::nullopt, answered);
}

/// One that did badly lately is gone to only where there is no other.
PathChoice Tunnel::choose(const std::optional<AddressPair>& current, bool answered) const {
    const auto excluded = avoided_devices(*env_.network, history_->avoided(env_.loop.now()),
                                          current, network_.own_devices());
    const Experience experience{answered, hold_.tries_restricted(),
                                history_->suspected(env_.loop.now())};
    const PeerAddressSet gateway = peer_.reachable();
    const PathChoice choice =
        choose_path_among(*env_.network, gateway, current, excluded, experience);
    return std::holds_alternative<HoldPath>(choice)
               ? choose_path_among(*env_.network, gateway, current, network_.own_devices(),
                                   experience)
               : choice;
}

}  // namespace agent

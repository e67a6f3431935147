// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/tunnel.hpp"

namespace agent {

PathSurroundings Tunnel::around() const {
    return {*env_.network, peer_.reachable(), network_.own_devices(), env_.loop.now()};
}

PathChoice Tunnel::choose() const {
    return paths_.choose(around(), gateway_answers(), hold_.tries_restricted());
}

/// What failed on the path before may work on this one; a name may be resolved by it.
bool Tunnel::another_path_appeared() const {
    const PathChoice choice = choose();
    const auto* path = std::get_if<TakePath>(&choice);
    return peer_.known_named().empty() ||
           (path != nullptr && path->addresses != paths_.last_tried() &&
            !attempts_.had_turn(path->addresses));
}

/// After a better path was refused: the one that data went back to may be gone meanwhile.
void Tunnel::leave_if_gone() {
    if (phase_ == Phase::session && paths_.taken() && leaves_at_once(choose())) {
        network_changed(env_.loop.monotonic());
    }
}

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/path.hpp"
#include "ike/session/event.hpp"

namespace ike::session {

/// The addresses of the IKE SA and of the Child SAs, as RFC 4555 3.5 tells an initiator to keep
/// them. A plain value; core_move.cpp acts on it.
struct Mobike {
    bool supported = false;       // the gateway sent MOBIKE_SUPPORTED
    Path current;                 // requests of ours leave by this one
    Path data;                    // ESP does; differs while a preferred path is unproved
    bool pending_update = false;  // the gateway is to be told of `current`
    unsigned generation = 0;      // counts changes of `current`; an UPDATE of an older one is stale
    unsigned strays = 0;          // answers in a row that came in by another path than `current`
    NatVerdict nat;

    [[nodiscard]] bool proving() const { return data != current; }
    /// From now on `path`, and the gateway has to hear of it.
    void change(const Path& path) {
        current = path;
        pending_update = true;
        ++generation;
    }
};

}  // namespace ike::session

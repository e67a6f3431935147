// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/base/path.hpp"
#include "ike/session/values/event.hpp"

#include <algorithm>
#include <optional>

namespace ike::session {

/// A better path has passed its test. It is taken when what is under way by the present, slower one
/// has arrived.
struct Overtaking {
    Path path;
    Instant until;
};

/// The addresses of the IKE SA and of the Child SAs, as RFC 4555 3.5 tells an initiator to keep
/// them. A plain value; core_move.cpp acts on it.
struct Mobike {
    bool supported = false;         // the gateway sent MOBIKE_SUPPORTED
    Path current;                   // ESP leaves by this one, or soon will
    std::optional<Path> esp_stays;  // until `current` has passed its return routability check
    std::optional<Instant> esp_waits_until;  // then too: for the gateway to follow to `current`
    bool pending_update = false;             // the gateway is to be told of `current`
    Instant update_from{};                   // not before: it was busy
    unsigned postponed = 0;                  // how often it was, one after the other
    std::optional<Path> candidate;           // a better one, that is being tested
    std::optional<Overtaking> overtaking;
    std::optional<Path> left;  // lives, and was left for `current`, which is not confirmed yet
    NatVerdict nat;
    bool claims_nat = false;  // the gateway was told of a NAT for the sake of ESP in UDP

    [[nodiscard]] const Path& esp() const { return esp_stays ? *esp_stays : current; }
    /// Where requests of ours leave. All do by a candidate, for the path in use may be no good.
    [[nodiscard]] const Path& requests() const {
        return candidate ? *candidate : overtaking ? overtaking->path : current;
    }
    /// The gateway has yet to say whether it can be had by a better path.
    [[nodiscard]] bool can_go_back() const { return candidate || overtaking || left; }
    [[nodiscard]] bool lives(const Path& path) const {
        return path == current || path == candidate || path == left ||
               (overtaking && path == overtaking->path);
    }
    /// RFC 7296 2.25: TEMPORARY_FAILURE, so it is told again after a moment that grows up to 4 s.
    /// False: it has been busy for half a minute.
    [[nodiscard]] bool postpone_update(Instant now) {
        using namespace std::chrono_literals;
        constexpr unsigned most = 10;
        pending_update = postponed < most;
        update_from = now + std::min<Duration>(500ms * (1U << std::min(postponed, 3U)), 4s);
        return ++postponed <= most;
    }
    void update_at_once() {
        update_from = {};
        postponed = 0;
    }
};

}  // namespace ike::session

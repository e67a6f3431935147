// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/base/path.hpp"

#include <optional>

namespace ike::session {

/// The path in use is in doubt: a request asks by it and by the others whether the gateway can be
/// had. Or it is new, and the first request by it is repeated soon, for a path may be flooded or
/// not carry yet. A plain value; core_rescue.cpp acts on it.
struct Rescue {
    Instant since;                 // when it was asked first
    std::optional<Instant> again;  // when to ask by all of them; none: only with retransmissions
    Duration interval{};           // to the next time
    bool silence = false;          // because data goes out and none comes in
    bool new_path = false;         // not in doubt: others are not asked yet
    std::optional<Path> answered;  // this one carries; the path in use is given a moment more
    MessageId answer{};            // of that answer, that another copy may come of
};

}  // namespace ike::session

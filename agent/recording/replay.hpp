// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/path/path_choice.hpp"
#include "agent/recording/recording.hpp"

#include <optional>
#include <vector>

namespace agent {

/// What was decided on one snapshot.
struct ReplayStep {
    MonotonicTime time{};
    std::uint64_t generation = 0;
    std::optional<ike::session::AddressPair> before;  // the path in use when it was asked
    std::string interface_before;
    PathChoice choice;
    bool waited =
        false;  // no new snapshot: a network that was avoided for a while may be used again
};

/// What a tunnel would have decided on each snapshot at its time, were the gateway to answer by
/// every path it takes. What only packets show (a path that carries nothing) is not in a recording.
std::vector<ReplayStep> replay(const Recording& recording, const RecordedTunnel& tunnel);

}  // namespace agent

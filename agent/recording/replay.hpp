// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/path/path_choice.hpp"
#include "agent/recording/recording.hpp"

#include <optional>
#include <vector>

namespace agent {

/// The decision on one snapshot.
struct ReplayStep {
    MonotonicTime time{};
    std::uint64_t generation = 0;
    std::optional<ike::session::AddressPair> before;  // the path in use when it was asked
    std::string interface_before;
    PathChoice choice;
    bool waited =
        false;  // no new snapshot: a network that was avoided for a while may be used again
};

/// The decisions of a tunnel on each snapshot at its time, were the gateway to answer by
/// every path it takes. A recording lacks what only packets show: that a path carries nothing.
std::vector<ReplayStep> replay(const Recording& recording, const RecordedTunnel& tunnel);

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/recording/replay.hpp"

#include <string>
#include <vector>

namespace agent::ctl {

/// The decisions of one tunnel.
struct TunnelReplay {
    RecordedTunnel tunnel;
    std::vector<ReplayStep> steps;
};

/// The decision in a sentence: "roams by force from wlan0 to wwan0: wlan0 was taken down".
std::string decision_text(const ReplayStep& step);

/// A line for each step, its time counted from the first.
std::string replay_text(const std::vector<TunnelReplay>& replays);
/// [{"tunnel": ..., "time_us": ..., "generation": ..., "decision": "keep", "move" or "hold", ...}]
std::string replay_json(const std::vector<TunnelReplay>& replays);

}  // namespace agent::ctl

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/status/tunnel_counters.hpp"
#include "agent/status/tunnel_status.hpp"

#include <string>
#include <vector>

namespace agent {

// The text that `roamctl --json` prints, without a line end. A part that does not exist is null;
// times are microseconds of CLOCK_MONOTONIC; SPIs are text.

std::string status_json(const std::vector<TunnelStatus>& tunnels);
/// Name, state and gateway of each.
std::string list_json(const std::vector<TunnelStatus>& tunnels);
std::string roams_json(const std::vector<RoamRecord>& roams);
/// The counters of a tunnel and its name.
struct NamedCounters {
    std::string tunnel;
    bool mobike = false;  // in use now
    TunnelCounters counters;
};
/// {"tunnels": [{"tunnel": ..., ...}, ...], "total": {...}}
std::string counters_json(const std::vector<NamedCounters>& tunnels);
/// One object on one line: {"event":"state","tunnel":...,"time_us":..., and all of the status}.
std::string state_event_json(const TunnelStatus& tunnel, MonotonicTime when);
/// Likewise "roamed", and all of the record.
std::string roamed_event_json(const RoamRecord& roam, MonotonicTime when);

}  // namespace agent

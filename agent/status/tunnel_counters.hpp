// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/status/tunnel_status.hpp"
#include "ike/session/values/counters.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace agent {

/// How often, by a stable word: "link-down", "moved".
using WordCounts = std::map<std::string, std::uint64_t>;

/// The counters of one tunnel since the daemon started, over all its sessions.
struct TunnelCounters {
    ike::session::MobikeCounters mobike;
    WordCounts roams_by_reason;
    WordCounts roams_by_result;

    TunnelCounters& operator+=(const TunnelCounters& more);
    friend bool operator==(const TunnelCounters&, const TunnelCounters&) = default;
};

/// The counters of MOBIKE by their names, all of them; and back, where a name that is not there
/// counts zero.
WordCounts by_name(const ike::session::MobikeCounters& counters);
ike::session::MobikeCounters mobike_counters_from(const WordCounts& counts);

}  // namespace agent

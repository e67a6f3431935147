// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/status/tunnel_status.hpp"

#include <string>
#include <vector>

namespace agent::ctl {

// The text that roamctl prints for people, whole lines with their ends. Control characters, which
// might have come from a gateway, are shown as '?'.

/// A table: name, state, gateway, and the path in use.
std::string list_text(const std::vector<TunnelStatus>& tunnels);
/// A paragraph about one tunnel; `now` is CLOCK_MONOTONIC.
std::string status_text(const TunnelStatus& tunnel, MonotonicTime now);
/// "home: connected to vpn.example.org by wlan0", or the failure, its reason, and what to do.
std::string state_line(const TunnelStatus& tunnel);
/// Of a tunnel that needs a secret: "Password of alice for vpn.example.org: "
std::string secret_question(const TunnelStatus& tunnel);
/// Likewise for somebody who is not asked: what is needed, and the command that gives it.
std::string secret_line(const TunnelStatus& tunnel);
/// Without a line end: "2 by wlan0 to 203.0.113.10: gateway-unreachable: no answer"
std::string attempt_text(const AttemptStatus& attempt);
/// "roamed wlan0 -> wwan0 in 12.3 ms (forced, link-down)", without a line end.
std::string roam_phrase(const RoamRecord& roam);
/// A table: each roam and when its steps happened, counted from the kernel's event.
std::string roams_text(const std::vector<RoamRecord>& roams);

}  // namespace agent::ctl

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/status/status_json.hpp"

#include <string>
#include <vector>

namespace agent::ctl {

// Counters for people; the names are those of JSON and D-Bus.

/// A table: a row for each counter, a column for each tunnel, and one for their sum.
std::string counters_text(const std::vector<NamedCounters>& tunnels);

/// The same figures as Cisco's gateways list theirs (ASR 5500, IPSec Reference, MOBIKE): "show
/// crypto statistics ikev2", the line of "show crypto ikev2-ikesa security-associations", and the
/// variables of the bulk statistics. A figure sent here is a figure received at the gateway.
std::string cisco_text(const std::vector<NamedCounters>& tunnels);

}  // namespace agent::ctl

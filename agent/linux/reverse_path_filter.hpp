// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace agent {

/// A warning with a remedy for a person, if reverse path filtering of this uplink is strict (RFC
/// 3704 2.2): UplinkRoute gets the gateway's own IPv4 packets past it, but not what routers on the
/// way report. None if it is not strict.
std::optional<std::string> strict_reverse_path(const std::string& interface);

}  // namespace agent

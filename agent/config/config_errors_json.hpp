// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/tunnel_config.hpp"

#include <string>

namespace agent {

/// The faults of tunnel files as `roamctl --json check` prints them: a list of objects, without a
/// line end. A field that a fault lacks is null.
std::string config_errors_json(const ConfigErrors& errors);

}  // namespace agent

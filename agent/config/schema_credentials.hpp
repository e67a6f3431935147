// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/json_object_reader.hpp"
#include "agent/config/tunnel_config.hpp"

namespace agent {

/// Takes the keys about who is who, and what proves it, out of a tunnel file whose gateway is
/// known.
void read_credentials(ObjectReader& root, FaultList& faults, TunnelConfig& config);

}  // namespace agent

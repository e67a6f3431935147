// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/json_object_reader.hpp"
#include "agent/config/tunnel_config.hpp"

namespace agent {

/// Reads the keys of a tunnel file into `config`, whose name and file are set, and notes every
/// fault. With faults the configuration is not whole.
void read_tunnel(const JsonObject& root, unsigned line, FaultList& faults, TunnelConfig& config);

}  // namespace agent

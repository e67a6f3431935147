// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/json_object_reader.hpp"
#include "agent/config/tunnel_config.hpp"

namespace agent {

/// Takes the keys about RFC 4555 out of a tunnel file.
void read_mobike(ObjectReader& root, FaultList& faults, MobikeConfig& config);

}  // namespace agent

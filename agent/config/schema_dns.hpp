// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/json_object_reader.hpp"
#include "agent/config/tunnel_config.hpp"

namespace agent {

/// Takes the keys about name servers out of a tunnel file.
void read_dns(ObjectReader& root, FaultList& faults, DnsConfig& config);

}  // namespace agent

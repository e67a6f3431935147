// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/json_object_reader.hpp"

namespace agent {

/// Reads the algorithms to offer. A proposal that would make, or carry, nothing but Child SAs that
/// are stronger than their IKE SA is a fault (NIAP FCS_IPSEC_EXT.1.14), and so is an algorithm that
/// is too weak and not listed in insecure_algorithms.
void read_proposals(ObjectReader& root, FaultList& faults, TunnelConfig& config);

}  // namespace agent

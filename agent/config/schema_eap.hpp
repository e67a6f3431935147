// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/json_object_reader.hpp"

namespace agent {

/// The key local.eap: by which methods we log in, and what they need. The other keys of `local`
/// have been read.
void read_eap(ObjectReader& local, FaultList& faults, LocalConfig& config);

/// Whether a method of `local` has the EAP server behind the gateway prove itself.
bool judges_eap_server(const TunnelConfig& config);

/// The key remote.eap_server, for such methods. All else of `remote` has been read.
void read_eap_server(ObjectReader& remote, FaultList& faults, TunnelConfig& config);

}  // namespace agent

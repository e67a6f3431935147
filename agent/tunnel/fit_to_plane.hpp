// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/data_plane.hpp"
#include "ike/session/values/config.hpp"

namespace agent {

/// Restricts `config` to the plane: to its ciphers, and to UDP where the plane needs UDP.
void fit_to_plane(ike::session::SessionConfig& config, const DataPlane& plane);

}  // namespace agent

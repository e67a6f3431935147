// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/data_plane.hpp"
#include "ike/session/values/config.hpp"

namespace agent {

/// Leaves of the session's wishes only what the plane can do: its ciphers, and UDP where it has to
/// be.
void fit_to_plane(ike::session::SessionConfig& config, const DataPlane& plane);

}  // namespace agent

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/tunnel_config.hpp"
#include "agent/dataplane/data_plane.hpp"
#include "agent/dataplane/data_plane_context.hpp"

#include <memory>
#include <vector>

namespace agent {

/// A data plane and the event sources that wake it.
struct OpenedPlane {
    std::unique_ptr<DataPlane> plane;
    std::vector<EventSource> sources;
};

/// The plane that the configuration asks for; with `auto` the kernel's if it can, else the one in
/// userspace, and the log says why.
ike::Result<OpenedPlane, SystemError> open_data_plane(DataPlaneChoice choice,
                                                      const DataPlaneContext& environment,
                                                      const DataPlaneEvents& events);

}  // namespace agent

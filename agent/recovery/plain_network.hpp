// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/recovery/stale_state.hpp"

#include <filesystem>
#include <set>
#include <string>

namespace agent {

/// All that was taken away to have the plain network back.
struct TakenAway {
    Leftovers kernel;
    std::set<std::string> protections;  // the tunnels that the packet filter protected
    std::size_t wishes = 0;             // remembered for the next start of the daemon
    [[nodiscard]] bool any() const { return kernel.any() || !protections.empty() || wishes != 0; }
};

/// Takes away all that a daemon with this runtime directory has left in the kernel and in there. By
/// whoever holds the InstanceLock. It goes on after an error, and gives the first one in the end.
ike::Result<TakenAway, SystemError> take_all_away(const std::filesystem::path& runtime_dir);

}  // namespace agent

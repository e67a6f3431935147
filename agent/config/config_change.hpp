// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/tunnel_config.hpp"

namespace agent {

/// How a tunnel's configuration that was read anew differs from the one it runs by.
enum class ConfigChange : std::uint8_t {
    none,
    settings,    // keys that a connection need not be made anew for: autoconnect, hold
    connection,  // any other key
};

ConfigChange change_between(const TunnelConfig& running, const TunnelConfig& read);

}  // namespace agent

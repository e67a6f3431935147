// SPDX-License-Identifier: Apache-2.0
#include "agent/config/config_change.hpp"

namespace agent {

ConfigChange change_between(const TunnelConfig& running, const TunnelConfig& read) {
    if (running == read) {
        return ConfigChange::none;
    }
    TunnelConfig but_settings = read;
    but_settings.autoconnect = running.autoconnect;
    but_settings.hold = running.hold;
    return running == but_settings ? ConfigChange::settings : ConfigChange::connection;
}

}  // namespace agent

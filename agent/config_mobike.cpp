// SPDX-License-Identifier: Apache-2.0
#include "agent/config_mobike.hpp"

namespace agent {

void read_mobike(ObjectReader& root, MobikeConfig& config) {
    config.enabled = root.flag("mobike").value_or(config.enabled);
}

}  // namespace agent
